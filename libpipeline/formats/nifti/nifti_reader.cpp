#include "formats/nifti/nifti_reader.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <memory>

#include "core/base64.h"
#include "core/checked_math.h"
#include "core/deflate.h"
#include "core/files.h"
#include "formats/nifti/nifti_fields.h"
#include "formats/nifti/nifti_header.h"

namespace cohort::nifti {

namespace {

using Span = std::span<const std::byte>;

/// Deflate cannot expand further than this (RFC 1951: 258 bytes from two bits).
constexpr std::uint64_t most_expansion = 1032;

bool ends_with(std::string_view name, std::string_view ending) {
    return name.size() > ending.size() && std::equal(ending.rbegin(), ending.rend(), name.rbegin(), [](char a, char b) {
               return a == std::tolower(static_cast<unsigned char>(b));
           });
}

bool is_gzip(Span bytes) { return bytes.size() >= 2 && bytes[0] == std::byte{0x1F} && bytes[1] == std::byte{0x8B}; }

Quarantined refuse(std::string_view reason, std::string_view name, const std::string& what) {
    return {std::string(reason), printable(name) + ": " + what, Json::object()};
}

/// Name and content must agree on gzip: a reader that guesses hides mistakes that the next program stumbles over.
std::optional<Quarantined> check_wrapping(std::string_view name, Span file) {
    if (file.empty()) return refuse("empty-file", name, "the file is empty.");
    const bool named_gz = ends_with(name, ".gz");
    if (named_gz && !is_gzip(file))
        return refuse("wrong-type", name, "named .gz, but the content is not gzip-compressed.");
    if (!named_gz && is_gzip(file))
        return refuse("wrong-type", name,
                      "the content is gzip-compressed, but the name does not end in .gz; rename it.");
    return std::nullopt;
}

/// The beginning of what the file holds, unpacked if need be.
Bytes beginning_of(Span file, std::size_t most) {
    if (is_gzip(file)) return gunzip_prefix(file, most);
    const auto part = file.first(std::min(most, file.size()));
    return {part.begin(), part.end()};
}

/// A file's content from byte 0 to `bytes`, in place if it is not packed.
struct Content {
    Span plain;
    std::unique_ptr<std::byte[]> unpacked;  // owns `plain` when the file was packed; not initialised, so not a vector
    std::vector<Remark> remarks;
};

std::variant<Content, Quarantined> content_of(std::string_view name, Span file, std::uint64_t bytes) {
    const auto cut = [&](std::uint64_t held) {
        return refuse("truncated", name,
                      "the header promises " + human_bytes(bytes) + ", the file holds " + human_bytes(held) +
                          "; it is cut short or damaged.");
    };
    Content content;
    if (!is_gzip(file)) {
        if (file.size() < bytes) return cut(file.size());
        if (file.size() > bytes)
            content.remarks.push_back(
                {"trailing-bytes", human_bytes(file.size() - bytes) + " follow the voxels and are not read."});
        content.plain = file.first(bytes);
        return content;
    }
    if (bytes / most_expansion > file.size())
        return refuse("truncated", name,
                      "the header promises " + human_bytes(bytes) + ", but " + human_bytes(file.size()) +
                          " of gzip cannot hold that much; it is cut short or damaged.");
    content.unpacked = std::make_unique_for_overwrite<std::byte[]>(bytes);
    content.plain = {content.unpacked.get(), bytes};
    const auto got = gunzip_into(file, {content.unpacked.get(), bytes});
    if (got.crc_wrong)
        return refuse("damaged", name, "the gzip checksum disagrees with the data; copy the file again.");
    if (got.bytes < bytes && got.truncated) return cut(got.bytes);
    if (got.bytes < bytes && !got.whole)
        return refuse("damaged", name,
                      "the gzip data cannot be unpacked beyond " + human_bytes(got.bytes) + "; copy the file again.");
    if (got.bytes < bytes) return cut(got.bytes);
    if (got.truncated) return refuse("truncated", name, "the gzip data end before their trailer; copy the file again.");
    if (got.trailing_garbage)
        content.remarks.push_back(
            {"trailing-bytes", "bytes that are no gzip follow the compressed data and are not read."});
    else if (!got.whole)
        content.remarks.push_back({"trailing-bytes", "compressed bytes follow the voxels and are not read."});
    return content;
}

template <class T>
void copy_swapped(Span from, std::span<std::byte> to) {
    for (std::size_t i = 0; i < from.size(); i += sizeof(T)) {
        T value;
        std::memcpy(&value, from.data() + i, sizeof(T));
        if constexpr (sizeof(T) == 2) value = __builtin_bswap16(value);
        if constexpr (sizeof(T) == 4) value = __builtin_bswap32(value);
        if constexpr (sizeof(T) == 8) value = __builtin_bswap64(value);
        std::memcpy(to.data() + i, &value, sizeof(T));
    }
}

/// Interleaved colours (RGBRGB…) to planes (RR…GG…BB…).
void copy_planar(Span from, std::span<std::byte> to, std::size_t colours) {
    const std::size_t pixels = from.size() / colours;
    for (std::size_t c = 0; c < colours; ++c)
        for (std::size_t i = 0; i < pixels; ++i) to[c * pixels + i] = from[i * colours + c];
}

void copy_voxels(Span from, std::span<std::byte> to, const StoredType& stored, ByteOrder order) {
    if (stored.colours != 0) return copy_planar(from, to, static_cast<std::size_t>(stored.colours));
    if (order == ByteOrder::little || stored.component_bytes == 1) {
        if (!from.empty()) std::memcpy(to.data(), from.data(), from.size());
        return;
    }
    if (stored.component_bytes == 2) copy_swapped<std::uint16_t>(from, to);
    if (stored.component_bytes == 4) copy_swapped<std::uint32_t>(from, to);
    if (stored.component_bytes == 8) copy_swapped<std::uint64_t>(from, to);
}

void place(Image& image, const Header& header) {
    const auto affine = affine_of(header);
    if (affine && affine->is_usable()) {
        image.geometry.affine = affine;
        return;
    }
    image.remarks.push_back(
        {"geometry-invalid",
         "the affine is singular or not finite, so the image has no place in the world; the header is kept."});
}

Json record_of(const Header& header, Span raw, Span extensions) {
    Json record{{"format", header.version == Version::one ? "nifti1" : "nifti2"},
                {"byte_order", header.byte_order == ByteOrder::little ? "little" : "big"},
                {"storage", header.storage == Storage::single ? "single" : "pair"},
                {"fields", fields_of(header)},
                {"raw", base64(raw)}};
    if (!extensions.empty()) record["extensions"] = base64(extensions);
    return record;
}

/// Header and what follows it, up to the voxels (single) or the end of the .hdr.
struct Front {
    CheckedHeader checked;
    std::vector<Extension> extensions;
};

std::variant<Front, Quarantined> parse_front(std::string_view name, Span plain, CheckedHeader checked) {
    const auto after = plain.subspan(checked.header.header_bytes());
    auto extensions = parse_extensions(after, checked.header.byte_order, name);
    if (auto* fault = std::get_if<Quarantined>(&extensions)) return std::move(*fault);
    auto& list = std::get<std::vector<Extension>>(extensions);
    for (const auto& extension : list)
        if (extension.code == 32)
            return refuse("unsupported", name,
                          "this is a CIFTI-2 file (extension code 32): surfaces and matrices, not an image.");
    return Front{std::move(checked), std::move(list)};
}

Image assemble(const Front& front, Span voxels, Span raw, Span extensions, const ReadOptions& options) {
    const Header& header = front.checked.header;
    const auto stored = header.stored();
    auto shape = header.shape();
    if (stored.colours != 0) shape.push_back(stored.colours);
    Image image;
    image.remarks = front.checked.remarks;
    image.voxels = Volume(stored.type, std::move(shape), axes_of(header, options.fourth_axis_channels));
    copy_voxels(voxels, image.voxels.bytes(), stored, header.byte_order);
    image.scale = scale_of(header);
    place(image, header);
    image.header = record_of(header, raw, extensions);
    return image;
}

ReadImage read_single(std::string_view name, Span file, CheckedHeader checked, const ReadOptions& options) {
    const auto offset = checked.header.data_offset();
    const auto bytes = checked.header.data_bytes();
    if (offset > most_header_bytes)
        return refuse("bad-header", name,
                      "the voxels begin at " + human_bytes(offset) + "; headers beyond " +
                          human_bytes(most_header_bytes) + " are not read.");
    auto content = content_of(name, file, offset + bytes);
    if (auto* fault = std::get_if<Quarantined>(&content)) return std::move(*fault);
    auto& whole = std::get<Content>(content);
    const auto before = whole.plain.first(offset);
    auto front = parse_front(name, before, std::move(checked));
    if (auto* fault = std::get_if<Quarantined>(&front)) return std::move(*fault);
    const auto header_bytes = std::get<Front>(front).checked.header.header_bytes();
    Image image = assemble(std::get<Front>(front), whole.plain.subspan(offset), before.first(header_bytes),
                           before.subspan(header_bytes), options);
    image.remarks.insert(image.remarks.end(), whole.remarks.begin(), whole.remarks.end());
    return image;
}

ReadImage read_pair(std::string_view name, Span file, std::optional<Span> voxels, CheckedHeader checked,
                    const ReadOptions& options) {
    if (!voxels)
        return refuse("no-data", name,
                      "the header's voxels should stand beside it in an .img file, which is not there.");
    if (is_gzip(*voxels) != is_gzip(file))
        return refuse("wrong-type", name, "one of .hdr and .img is gzip-compressed and the other is not.");
    const Bytes plain = beginning_of(file, most_header_bytes + 1);
    if (plain.size() > most_header_bytes)
        return refuse("bad-header", name, "the .hdr file holds more than " + human_bytes(most_header_bytes) + ".");
    auto front = parse_front(name, plain, std::move(checked));
    if (auto* fault = std::get_if<Quarantined>(&front)) return std::move(*fault);
    const Header& header = std::get<Front>(front).checked.header;
    const auto offset = header.data_offset();
    if (offset > most_header_bytes)
        return refuse("bad-header", name, "vox_offset is unreasonably large for an .img file.");
    auto content = content_of(name, *voxels, offset + header.data_bytes());
    if (auto* fault = std::get_if<Quarantined>(&content)) return std::move(*fault);
    auto& whole = std::get<Content>(content);
    Image image =
        assemble(std::get<Front>(front), whole.plain.subspan(offset), Span(plain).first(header.header_bytes()),
                 Span(plain).subspan(header.header_bytes()), options);
    if (offset != 0) image.header["before_voxels"] = base64(whole.plain.first(offset));
    image.remarks.insert(image.remarks.end(), whole.remarks.begin(), whole.remarks.end());
    return image;
}

}  // namespace

bool is_nifti_name(std::string_view name) {
    for (const auto* ending : {".nii", ".nii.gz", ".hdr", ".hdr.gz"})
        if (ends_with(name, ending)) return true;
    return false;
}

bool is_voxel_name(std::string_view name) { return ends_with(name, ".img") || ends_with(name, ".img.gz"); }

ReadImage read_nifti(std::string_view name, Span file, std::optional<Span> voxels, const ReadOptions& options) {
    if (auto fault = check_wrapping(name, file)) return std::move(*fault);
    const Bytes beginning = beginning_of(file, size_of_header_2);
    if (beginning.empty()) return refuse("damaged", name, "the gzip data cannot be unpacked; copy the file again.");
    auto parsed = parse_header(beginning, name);
    if (auto* fault = std::get_if<Quarantined>(&parsed)) return std::move(*fault);
    auto& checked = std::get<CheckedHeader>(parsed);
    if (checked.header.storage == Storage::single) return read_single(name, file, std::move(checked), options);
    return read_pair(name, file, voxels, std::move(checked), options);
}

std::uint64_t promised_bytes(std::string_view name, Span beginning, std::uint64_t file_bytes) {
    if (beginning.empty() || check_wrapping(name, beginning)) return 0;
    const bool packed = is_gzip(beginning);
    const auto parsed = parse_header(beginning_of(beginning, size_of_header_2), name);
    const auto* checked = std::get_if<CheckedHeader>(&parsed);
    if (!checked) return 0;
    const auto most = packed ? file_bytes * most_expansion : file_bytes;
    const auto voxels = std::min(checked->header.data_bytes(), most);
    return packed ? 2 * voxels + most_header_bytes : voxels;  // the unpacked file, and the volume made from it
}

}  // namespace cohort::nifti
