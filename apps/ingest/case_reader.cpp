#include "apps/ingest/case_reader.h"

#include <algorithm>

#include "apps/ingest/label_values.h"
#include "core/error.h"
#include "core/files.h"
#include "core/spatial_shape.h"
#include "formats/registry.h"
#include "store/raw_tree.h"

namespace cohort::ingest {

/// Everything about one array of the sample to be.
struct ArrayToBe {
    std::string name;
    const layouts::Source* source = nullptr;
    store::Role role = store::Role::image;
    std::string channel;  ///< name where the array has no axis c
    Image image;
};

namespace {

using layouts::Source;

/// Deflate cannot expand further (RFC 1951).
constexpr std::uint64_t most_expansion = 1032;
constexpr std::uint64_t peek_bytes = 4096;

/// A file's bytes and digest; a file that cannot be read is quarantined, and stands in sources.jsonl with the digest of
/// these words, since nothing else is known of it.
struct ReadBytes {
    Bytes bytes;
    std::optional<Quarantined> fault;
};

/// A source below its root; the root itself where that is a file.
std::filesystem::path file_below(const std::filesystem::path& root, const std::string& path) {
    std::error_code unknown;
    return std::filesystem::is_directory(root, unknown) ? root / path : root.parent_path() / path;
}

ReadBytes read_and_hash(const std::filesystem::path& root, const std::string& path, const std::string& input,
                        std::vector<store::SourceFile>& files) {
    const auto file = file_below(root, path);
    ReadBytes read;
    store::SourceFile record{store::json_name(path), 0, {}, input};
    try {
        read.bytes = read_file(file);
        record.bytes = read.bytes.size();
        record.digest = sha256(read.bytes);
    } catch (const Error& error) {
        if (error.code() != Exit::bad_input) throw;
        std::error_code ignored;
        const auto size = std::filesystem::file_size(file, ignored);
        record.bytes = ignored ? 0 : size;
        record.digest = sha256(std::string_view("not readable"));
        read.fault = Quarantined{
            "not-readable", printable(path) + ": the file cannot be read (" + error.sentence() + ")", Json::object()};
    }
    files.push_back(std::move(record));
    return read;
}

std::vector<std::string> names_along_c(const Image& image, const std::vector<std::string>& declared) {
    for (std::size_t i = 0; i < image.voxels.axes().size(); ++i) {
        const auto& axis = image.voxels.axes()[i];
        if (axis.name != "c") continue;
        if (!axis.labels.empty()) return axis.labels;
        if (declared.size() == static_cast<std::size_t>(image.voxels.shape()[i])) return declared;
        return {};
    }
    return {};
}

void note_channels(const ArrayToBe& array, const std::vector<std::string>& along_c, std::vector<ChannelPlace>& places) {
    const auto count = array.image.voxels.extent("c");
    bool has_c = false;
    for (const auto& axis : array.image.voxels.axes()) has_c = has_c || axis.name == "c";
    if (!has_c) {
        places.push_back({array.channel, array.name, 0});
        return;
    }
    for (std::int64_t i = 0; i < count; ++i) {
        const auto k = static_cast<std::size_t>(i);
        places.push_back({k < along_c.size() ? along_c[k] : array.channel + "_" + std::to_string(i), array.name, i});
    }
}

std::string array_name(std::size_t channel, std::size_t channels) {
    if (channels <= 1) return "image";
    const std::string number = std::to_string(channel);
    return "image_" + std::string(number.size() < 4 ? 4 - number.size() : 0, '0') + number;
}

Shape space_of(const Image& image) { return spatial_shape(image.voxels.shape(), image.voxels.axes()); }

std::optional<Quarantined> check_grids(const std::vector<ArrayToBe>& arrays) {
    const ArrayToBe* first = nullptr;
    for (const auto& array : arrays) {
        if (array.role != store::Role::image) continue;
        if (!first)
            first = &array;
        else if (!same_grid(first->image.geometry, space_of(first->image), array.image.geometry, space_of(array.image)))
            return Quarantined{"geometry-mismatch",
                               printable(array.source->path) + ": this channel lies on another grid than " +
                                   printable(first->source->path) + "; resample one of them first.",
                               Json::object()};
    }
    return std::nullopt;
}

}  // namespace

void CaseOutcome::set_aside(const std::string& source, Quarantined why) {
    if (is_set_aside()) return;
    fault_source = store::json_name(source);
    fault = std::move(why);
}

std::filesystem::path CaseReader::root_of(const Source& source) const {
    return source.input == "labels" ? *parameters_.labels : *parameters_.input;
}

std::uint64_t CaseReader::bytes_needed(const layouts::Case& one, std::uint64_t unworried) const {
    std::vector<const Source*> sources;
    for (const auto& image : one.images) sources.push_back(&image.source);
    if (one.label) sources.push_back(&*one.label);

    // File, unpacked file, volume and packed chunks may be there at once.
    std::uint64_t bound = 0;
    for (const auto* source : sources) {
        const bool plain = source->path.ends_with(".nii") || source->path.ends_with(".hdr");
        bound += source->bytes * (plain ? 3 : 1 + 3 * most_expansion);
    }
    if (bound <= unworried) return bound;
    std::uint64_t needed = 0;
    for (const auto* source : sources) {
        const auto root = root_of(*source);
        const auto file = file_below(root, source->path);
        std::uint64_t promised = 0;
        try {
            const auto handle = open_for_reading(file);
            Bytes beginning(std::min(peek_bytes, source->bytes));
            if (const auto* format = formats::format_for(source->path); format && read_at(handle.get(), 0, beginning))
                promised = format->promised(source->path, beginning, source->bytes);
        } catch (const Error&) {
            // It will be quarantined when it is read.
        }
        // A promise beyond what these bytes can hold is broken when the file is read, before anything is allocated.
        const bool plain = source->path.ends_with(".nii") || source->path.ends_with(".hdr");
        if (promised > source->bytes * (plain ? 1 : most_expansion) && !source->path.ends_with(".hdr")) promised = 0;
        needed += source->bytes + promised + promised / 2;
    }
    return std::min(needed, bound);
}

std::vector<ArrayToBe> CaseReader::arrays_of(const layouts::Case& one) const {
    std::vector<ArrayToBe> arrays;
    for (const auto& image : one.images)
        arrays.push_back({array_name(image.channel, listing_.channels.size()),
                          &image.source,
                          store::Role::image,
                          listing_.channels[image.channel],
                          {}});
    if (one.label) arrays.push_back({"label", &*one.label, store::Role::label, {}, {}});
    return arrays;
}

void CaseReader::read_files(std::vector<ArrayToBe>& arrays, CaseOutcome& outcome) const {
    // All files are read, even behind a bad one: their digests belong to the raw input's.
    for (auto& array : arrays) {
        const Source& source = *array.source;
        const auto root = root_of(source);
        auto file = read_and_hash(root, source.path, source.input, outcome.files);
        outcome.bytes += source.bytes;
        ReadBytes second;
        if (!source.second.empty()) second = read_and_hash(root, source.second, source.input, outcome.files);
        for (auto* fault : {&file.fault, &second.fault})
            if (*fault) outcome.set_aside(source.path, **fault);
        if (outcome.is_set_aside()) continue;
        const bool is_label = array.role == store::Role::label;
        const ReadOptions options{
            .fourth_axis_channels = is_label || listing_.channels.size() > 1
                                        ? 0
                                        : static_cast<std::int64_t>(listing_.declared_channels.size()),
            .palette_as_index = is_label};
        auto read = formats::read_image(
            source.path, file.bytes,
            source.second.empty() ? std::nullopt : std::optional<std::span<const std::byte>>(second.bytes), options);
        if (auto* fault = std::get_if<Quarantined>(&read))
            outcome.set_aside(source.path, std::move(*fault));
        else
            array.image = std::get<Image>(std::move(read));
    }
}

void CaseReader::check_together(const std::vector<ArrayToBe>& arrays, CaseOutcome& outcome) {
    if (outcome.is_set_aside()) return;
    if (auto fault = check_grids(arrays)) outcome.set_aside(arrays.front().source->path, std::move(*fault));
    if (outcome.is_set_aside() || arrays.back().role != store::Role::label) return;
    const auto& path = arrays.back().source->path;
    auto values = label_values(arrays.back().image, path);
    if (auto* fault = std::get_if<Quarantined>(&values))
        outcome.set_aside(path, std::move(*fault));
    else
        outcome.label_values = std::get<std::vector<std::int64_t>>(std::move(values));
}

store::NewArray CaseReader::entry_of(ArrayToBe& array, std::vector<std::string> along_c) const {
    store::NewArray entry;
    entry.info = {.role = array.role,
                  .type = array.image.voxels.type(),
                  .shape = array.image.voxels.shape(),
                  .axes = array.image.voxels.axes(),
                  .geometry = array.image.geometry,
                  .scale = array.image.scale,
                  .channels = std::move(along_c),
                  .native = std::nullopt,
                  .digest = {}};
    entry.voxels = std::move(array.image.voxels);
    entry.header = std::move(array.image.header);
    (*entry.header)["source"] = store::json_name(array.source->path);
    if (array.source->input == "labels" && parameters_.input) (*entry.header)["input"] = "labels";
    return entry;
}

CaseOutcome CaseReader::read(CaseItem& item) const {
    CaseOutcome outcome;
    const auto& one = item.one;
    auto arrays = arrays_of(one);
    for (const auto& array : arrays) {
        outcome.sources.push_back(store::json_name(array.source->path));
        if (!array.source->second.empty()) outcome.sources.push_back(store::json_name(array.source->second));
    }
    read_files(arrays, outcome);
    check_together(arrays, outcome);
    if (outcome.is_set_aside()) {
        outcome.fault.details["id"] = one.id;
        return outcome;
    }
    store::Sample sample{
        one.id, store::json_name(one.subject), store::json_name(one.session), {}, item.values, outcome.sources, {}};
    std::map<std::string, store::NewArray> packed;
    for (auto& array : arrays) {
        for (const auto& remark : array.image.remarks)
            sample.flags.push_back({remark.check, std::string(array.name).append(": ").append(remark.message)});
        auto along_c = names_along_c(array.image, listing_.declared_channels);
        if (array.role == store::Role::image) note_channels(array, along_c, outcome.channels);
        packed.emplace(array.name, entry_of(array, std::move(along_c)));
    }
    outcome.packed =
        std::make_unique<store::PackedSample>(std::move(*writer_.pack(std::move(sample), std::move(packed))));
    return outcome;
}

}  // namespace cohort::ingest
