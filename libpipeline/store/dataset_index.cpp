#include "store/dataset_index.h"

#include <algorithm>
#include <charconv>

#include "core/checked_math.h"
#include "core/error.h"
#include "core/files.h"
#include "core/json.h"

namespace cohort::store {
namespace {

constexpr std::size_t longest_line = std::size_t{16} << 20;
/// Ours are at most 1 MiB; a larger chunk is no chunk of ours, and would be allocated before it is read.
constexpr std::int64_t largest_chunk_bytes = std::int64_t{1} << 26;

[[noreturn]] void refuse(const std::string& where, const std::string& what) {
    throw Error(Exit::bad_input, where + ": " + what + "; the index is damaged. Make the dataset again.");
}

std::uint64_t unsigned_of(const Json& object, std::string_view key, const std::string& where, std::uint64_t most) {
    const std::int64_t value = integer_member(object, key, where);
    if (value < 0 || static_cast<std::uint64_t>(value) > most) refuse(where, "'" + std::string(key) + "' is out of range");
    return static_cast<std::uint64_t>(value);
}

std::uint32_t number_of(const Json& object, std::string_view key, const std::string& where, std::uint64_t end) {
    const std::uint64_t value = unsigned_of(object, key, where, no_number - 1);
    if (value >= end) refuse(where, "'" + std::string(key) + "' is out of range");
    return static_cast<std::uint32_t>(value);
}

Shape shape_of(const Json& object, std::string_view key, const std::string& where) {
    const Json& list = member(object, key, where);
    if (!list.is_array() || list.empty() || list.size() > most_axes) refuse(where, "'" + std::string(key) + "' is no shape");
    Shape shape;
    for (const Json& entry : list) {
        if (!entry.is_number_integer() || entry.get<std::int64_t>() < 1) refuse(where, "'" + std::string(key) + "' is no shape");
        shape.push_back(entry.get<std::int64_t>());
    }
    return shape;
}

ShardRecord shard_of(const Json& line, std::size_t expected, const std::string& where) {
    if (number_of(line, "shard", where, no_number) != expected) refuse(where, "shards are not numbered in order");
    constexpr std::uint64_t most = std::uint64_t{1} << 53;
    ShardRecord shard{unsigned_of(line, "bytes", where, most), unsigned_of(line, "index_at", where, most),
                      unsigned_of(line, "chunks", where, no_number), {}};
    const auto digest = digest_from_text(text_member(line, "index", where));
    if (!digest) refuse(where, "'index' is no SHA-256");
    shard.index = *digest;
    return shard;
}

Form form_of(const Json& line, std::size_t expected, const std::string& where) {
    if (number_of(line, "form", where, no_number) != expected) refuse(where, "forms are not numbered in order");
    const auto type = voxel_type_named(text_member(line, "type", where));
    const auto filters = filters_named(text_member(line, "filters", where));
    if (!type || !filters || !can_hold(*filters, *type)) refuse(where, "type or filters are not known to this version");
    Form form{text_member(line, "array", where), *type, shape_of(line, "shape", where), shape_of(line, "chunk", where), *filters};
    if (form.shape.size() != form.chunk.size()) refuse(where, "shape and chunk have not as many axes");
    for (std::size_t a = 0; a < form.shape.size(); ++a)
        if (form.chunk[a] > form.shape[a]) refuse(where, "a chunk is larger than its array");
    const auto chunk = checked_product(form.chunk);
    const auto voxels = checked_product(form.shape);
    if (!chunk || *chunk > largest_chunk_bytes / static_cast<std::int64_t>(size_of(*type))) refuse(where, "a chunk is too large");
    if (!voxels || *voxels > std::numeric_limits<std::int64_t>::max() / static_cast<std::int64_t>(16 * *chunk))
        refuse(where, "the shape is too large");
    return form;
}

std::uint64_t prefix_of(const std::string& text, const std::string& where) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (text.size() != 16 || error != std::errc{} || end != text.data() + text.size()) refuse(where, "'digest' has not 16 digits");
    return value;
}

std::string hex16(std::uint64_t value) {
    std::string text(16, '0');
    for (std::size_t i = 16; i-- > 0; value >>= 4) text[i] = "0123456789abcdef"[value & 15];
    return text;
}

ArrayPlace place_of(const Json& entry, const DatasetIndex& index, const std::string& name, const std::string& where) {
    ArrayPlace place;
    place.digest = prefix_of(text_member(entry, "digest", where), where);
    place.form = number_of(entry, "form", where, index.forms.size());
    place.shard = number_of(entry, "shard", where, index.shards.size());
    place.first = number_of(entry, "first", where, no_number);
    if (entry.contains("row")) place.row = number_of(entry, "row", where, no_number);
    if (entry.contains("header")) place.header = number_of(entry, "header", where, no_number);
    if (index.forms[place.form].array != name) refuse(where, "'" + printable(name) + "' has a form of another array");
    const auto chunks = static_cast<std::uint64_t>(index.grids[place.form].chunks), held = index.shards[place.shard].chunks;
    if (chunks > held || place.first > held - chunks) refuse(where, "'" + printable(name) + "' has chunks beyond its shard's end");
    return place;
}

}  // namespace

std::string stack_name(const Form& form) {
    std::string name(name_of(form.type));
    for (std::size_t a = 0; a < form.shape.size(); ++a) name += (a == 0 ? "_" : "x") + std::to_string(form.shape[a]);
    return name + "_" + std::string(name_of(form.filters));
}

std::string shard_name(std::size_t number) {
    const std::string digits = std::to_string(number);
    return (digits.size() < 5 ? std::string(5 - digits.size(), '0') : "") + digits + ".h5";
}

std::uint64_t digest_prefix(const Digest& digest) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 8; ++i) value = value << 8 | digest.bytes[i];
    return value;
}

std::string_view DatasetIndex::id(std::size_t sample) const {
    const std::uint64_t begin = sample == 0 ? 0 : id_ends_[sample - 1];
    return std::string_view(ids_).substr(begin, id_ends_[sample] - begin);
}

std::optional<std::size_t> DatasetIndex::find(std::string_view wanted) const {
    std::size_t low = 0, high = samples();
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        if (id(middle) < wanted) low = middle + 1;
        else high = middle;
    }
    if (low == samples() || id(low) != wanted) return std::nullopt;
    return low;
}

std::span<const ArrayPlace> DatasetIndex::arrays(std::size_t sample) const {
    const std::uint32_t begin = sample == 0 ? 0 : place_ends_[sample - 1];
    return std::span(places_).subspan(begin, place_ends_[sample] - begin);
}

const ArrayPlace* DatasetIndex::find(std::size_t sample, std::string_view array) const {
    for (const ArrayPlace& place : arrays(sample))
        if (forms[place.form].array == array) return &place;
    return nullptr;
}

const ArrayPlace* DatasetIndex::find(std::string_view wanted, std::string_view array) const {
    const auto sample = find(wanted);
    return sample ? find(*sample, array) : nullptr;
}

void DatasetIndex::add_sample(std::string_view id) {
    ids_ += id;
    id_ends_.push_back(ids_.size());
    place_ends_.push_back(static_cast<std::uint32_t>(places_.size()));
}

std::size_t DatasetIndex::add_place(const ArrayPlace& place) {
    if (places_.size() >= no_number) throw Error(Exit::resources, "A dataset holds at most 2^32 arrays; make several.");
    places_.push_back(place);
    place_ends_.back() = static_cast<std::uint32_t>(places_.size());
    return places_.size() - 1;
}

std::uint32_t DatasetIndex::intern(const Form& form) {
    const auto [at, is_new] = form_numbers_.try_emplace(form, static_cast<std::uint32_t>(forms.size()));
    if (is_new) {
        forms.push_back(form);
        grids.push_back(chunk_grid(form.shape, form.chunk));
    }
    return at->second;
}

void IndexLines::take(std::string_view text) {
    const std::string where = name_ + " line " + std::to_string(++line_);
    const Json line = parse_json(text, where);
    if (!line.is_object()) refuse(where, "it is no object");
    if (line.contains("shard") && index_.forms.empty() && index_.samples() == 0) {
        index_.shards.push_back(shard_of(line, index_.shards.size(), where));
    } else if (line.contains("form") && index_.samples() == 0) {
        const Form form = form_of(line, index_.forms.size(), where);
        if (index_.intern(form) + 1 != index_.forms.size() || index_.forms.back() != form) refuse(where, "a form is there twice");
    } else {
        const std::string id = text_member(line, "id", where);
        if (index_.samples() > 0 && id <= previous_id_) refuse(where, "id '" + printable(id) + "' is not in ascending order");
        const Json& arrays = member(line, "arrays", where);
        if (!arrays.is_object()) refuse(where, "'arrays' is no object");
        index_.add_sample(id);
        for (const auto& [name, entry] : arrays.items()) index_.add_place(place_of(entry, index_, name, where));
        previous_id_ = id;
    }
}

DatasetIndex IndexLines::finish() { return std::move(index_); }

DatasetIndex read_index(const std::filesystem::path& file) {
    const FileHandle handle = open_for_reading(file);
    const std::uint64_t total = std::filesystem::file_size(file);
    IndexLines lines(printable(file.string()));
    std::string buffer;
    for (std::uint64_t at = 0; at < total;) {
        const std::size_t held = buffer.size(), part = static_cast<std::size_t>(std::min<std::uint64_t>(total - at, 1 << 20));
        buffer.resize(held + part);
        if (!read_at(handle.get(), at, std::as_writable_bytes(std::span(buffer).subspan(held))))
            throw Error(Exit::bad_input, printable(file.string()) + " became shorter while it was read; run the step that wrote it to its end.");
        at += part;
        std::size_t begin = 0;
        for (std::size_t end = buffer.find('\n', held); end != std::string::npos; end = buffer.find('\n', begin)) {
            lines.take(std::string_view(buffer).substr(begin, end - begin));
            begin = end + 1;
        }
        buffer.erase(0, begin);
        if (buffer.size() > longest_line) throw Error(Exit::bad_input, printable(file.string()) + " has a line that is no index line. Make the dataset again.");
    }
    if (!buffer.empty()) throw Error(Exit::bad_input, printable(file.string()) + " does not end with a newline; it is cut short. Make the dataset again.");
    return lines.finish();
}

void write_index(const DatasetIndex& index, const std::filesystem::path& file) {
    FileWriter out(file);
    const auto put = [&](const Json& line) { out.write(canonical_json(line) + "\n"); };
    for (std::size_t i = 0; i < index.shards.size(); ++i) {
        const ShardRecord& shard = index.shards[i];
        put({{"shard", i}, {"bytes", shard.bytes}, {"chunks", shard.chunks}, {"index", shard.index.text()}, {"index_at", shard.index_at}});
    }
    for (std::size_t i = 0; i < index.forms.size(); ++i) {
        const Form& form = index.forms[i];
        put({{"form", i}, {"array", form.array}, {"type", name_of(form.type)}, {"shape", form.shape}, {"chunk", form.chunk}, {"filters", name_of(form.filters)}});
    }
    for (std::size_t s = 0; s < index.samples(); ++s) {
        Json arrays = Json::object();
        for (const ArrayPlace& place : index.arrays(s)) {
            Json& entry = arrays[index.forms[place.form].array];
            entry = {{"digest", hex16(place.digest)}, {"first", place.first}, {"form", place.form}, {"shard", place.shard}};
            if (place.row != no_number) entry["row"] = place.row;
            if (place.header != no_number) entry["header"] = place.header;
        }
        put({{"arrays", std::move(arrays)}, {"id", index.id(s)}});
    }
    out.close();
}

}  // namespace cohort::store
