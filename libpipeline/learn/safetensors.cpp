#include "learn/safetensors.h"

#include <bit>
#include <cstring>

#include "core/checked_math.h"
#include "core/error.h"
#include "core/files.h"
#include "core/json.h"

namespace cohort::learn {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are written as they lie in memory");

constexpr std::uint64_t longest_header = std::uint64_t{64} << 20;

struct Reading {
    const std::filesystem::path& file;
    FileHandle handle;
    std::uint64_t bytes = 0;

    [[noreturn]] void refuse(const std::string& what) const {
        throw Error(Exit::bad_input, printable(file.filename().string()) + ": " + what);
    }
    void read(std::uint64_t at, std::span<std::byte> into) const {
        if (!read_at(handle.get(), at, into)) refuse("it is cut short.");
    }
};

struct Entry {
    std::string name;
    HostTensor tensor;
    std::uint64_t begin = 0, end = 0;
};

std::uint64_t offset_of(const Reading& in, const Json& entry, std::size_t which, const std::string& name) {
    const auto& offsets = member(entry, "data_offsets", name);
    if (!offsets.is_array() || offsets.size() != 2 || !offsets[which].is_number_unsigned())
        in.refuse("tensor '" + printable(name) + "' has no valid data_offsets; the file is damaged.");
    return offsets[which].get<std::uint64_t>();
}

/// One tensor's entry, its size checked against its place and the place against the file.
Entry entry_of(const Reading& in, const std::string& name, const Json& json, std::uint64_t data_bytes) {
    Entry entry{name, {}, 0, 0};
    if (text_member(json, "dtype", name) != "F32")
        in.refuse("tensor '" + printable(name) + "' is not of type F32, the only one used here.");
    const auto& shape = member(json, "shape", name);
    if (!shape.is_array() || shape.size() > 8) in.refuse("tensor '" + printable(name) + "' has no valid shape.");
    for (const auto& extent : shape) {
        if (!extent.is_number_unsigned() || extent.get<std::uint64_t>() > (std::uint64_t{1} << 40))
            in.refuse("tensor '" + printable(name) + "' has no valid shape.");
        entry.tensor.shape.push_back(extent.get<std::int64_t>());
    }
    entry.begin = offset_of(in, json, 0, name);
    entry.end = offset_of(in, json, 1, name);
    const auto count = checked_product(entry.tensor.shape);
    if (entry.begin > entry.end || !count || *count > (std::int64_t{1} << 58) ||
        static_cast<std::uint64_t>(*count) * 4 != entry.end - entry.begin)
        in.refuse("tensor '" + printable(name) + "' has a shape that does not fit its place; the file is damaged.");
    if (entry.end > data_bytes)
        in.refuse("it promises " + human_bytes(entry.end) + " of tensors, but holds " + human_bytes(data_bytes) +
                  "; it is cut short.");
    return entry;
}

}  // namespace

void write_tensors(const std::filesystem::path& file, const TensorFile& content) {
    Json header = Json::object();
    header["__metadata__"] = content.metadata;
    std::uint64_t at = 0;
    for (const auto& [name, tensor] : content.tensors) {
        const auto bytes = std::uint64_t{tensor.values.size()} * 4;
        header[name] = {{"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {at, at + bytes}}};
        at += bytes;
    }
    auto text = canonical_json(header);
    text.append((8 - text.size() % 8) % 8, ' ');
    Bytes out(8 + text.size() + at);
    const std::uint64_t length = text.size();
    std::memcpy(out.data(), &length, 8);
    std::memcpy(out.data() + 8, text.data(), text.size());
    auto* place = out.data() + 8 + text.size();
    for (const auto& [name, tensor] : content.tensors) {
        if (!tensor.values.empty()) std::memcpy(place, tensor.values.data(), tensor.values.size() * 4);
        place += tensor.values.size() * 4;
    }
    write_file_atomically(file, std::span<const std::byte>(out));
}

TensorFile read_tensors(const std::filesystem::path& file) {
    Reading in{file, open_for_reading(file), std::filesystem::file_size(file)};
    std::uint64_t length = 0;
    if (in.bytes < 8) in.refuse("it holds " + human_bytes(in.bytes) + ", not even a header; it is cut short.");
    in.read(0, std::as_writable_bytes(std::span(&length, 1)));
    if (length > longest_header)
        in.refuse("its header claims " + human_bytes(length) + "; it is no checkpoint of ours.");
    if (length > in.bytes - 8) in.refuse("its header is cut short.");
    std::string text(length, '\0');
    in.read(8, std::as_writable_bytes(std::span(text)));
    const auto header = parse_json(text, printable(file.filename().string()));
    if (!header.is_object()) in.refuse("its header is no JSON object; it is no checkpoint of ours.");

    TensorFile content;
    std::vector<Entry> entries;
    const auto data_bytes = in.bytes - 8 - length;
    std::uint64_t promised = 0;
    for (const auto& [name, json] : header.items()) {
        if (name == "__metadata__") {
            if (!json.is_object()) in.refuse("its metadata is no JSON object; it is damaged.");
            for (const auto& [key, value] : json.items())
                if (value.is_string()) content.metadata[key] = value.get<std::string>();
            continue;
        }
        entries.push_back(entry_of(in, name, json, data_bytes));
        promised += entries.back().end - entries.back().begin;  // each at most data_bytes, entries at most 2^26
        if (promised > data_bytes) in.refuse("its tensors overlap; it is damaged.");
    }
    if (promised != data_bytes) in.refuse("it holds bytes that belong to no tensor; it is damaged.");
    for (auto& entry : entries) {
        entry.tensor.values.resize((entry.end - entry.begin) / 4);
        in.read(8 + length + entry.begin, std::as_writable_bytes(std::span(entry.tensor.values)));
        content.tensors.emplace(entry.name, std::move(entry.tensor));
    }
    return content;
}

}  // namespace cohort::learn
