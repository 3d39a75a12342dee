#include "formats/@name@/@name@_reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>

#include "core/checked_math.h"
#include "core/deflate.h"
#include "core/files.h"

namespace cohort::@name@ {
namespace {

constexpr std::string_view first_word = "@name@ ";

struct Header {
    Shape shape;
    Vec3 spacing_mm{};
    std::uint64_t voxels = 0;
    std::size_t bytes = 0;  ///< of the header itself
};

/// Takes a number and the blank or newline after it off the front; nothing when there is none.
template <class Number>
std::optional<Number> take_number(std::string_view& text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end == text.data() + text.size()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
    return number;
}

std::optional<Header> parse_header(std::string_view text) {
    const auto newline = text.substr(0, longest_header).find('\n');
    if (newline == std::string_view::npos || !text.starts_with(first_word)) return std::nullopt;
    Header header;
    header.bytes = newline + 1;
    text = text.substr(first_word.size(), header.bytes - first_word.size());
    for (int axis = 0; axis < 3; ++axis) {
        const auto extent = take_number<std::int64_t>(text);
        if (!extent || *extent < 1) return std::nullopt;
        header.shape.push_back(*extent);
    }
    for (auto& spacing : header.spacing_mm) {
        const auto number = take_number<double>(text);
        if (!number || !std::isfinite(*number) || *number <= 0) return std::nullopt;
        spacing = *number;
    }
    const auto voxels = checked_product(header.shape);
    if (!voxels || !text.empty()) return std::nullopt;
    header.voxels = static_cast<std::uint64_t>(*voxels);
    return header;
}

Quarantined refused(const char* reason, std::string_view name, const std::string& what) {
    return {reason, printable(name) + ": " + what, Json::object()};
}

}  // namespace

bool is_@name@_name(std::string_view name) { return name.ends_with(".@name@"); }

ReadImage read_@name@(std::string_view name, std::span<const std::byte> file, const ReadOptions&) {
    const auto text = text_of(file);
    if (text.empty()) return refused("empty-file", name, "the file holds no bytes.");
    if (!text.starts_with(first_word)) return refused("wrong-type", name, "it does not begin as a .@name@ file does.");
    const auto header = parse_header(text);
    if (!header) return refused("bad-header", name, "its first line is not '@name@ X Y Z SPACING SPACING SPACING'.");
    const auto held = file.size() - header->bytes;
    if (held < header->voxels)
        return refused("truncated", name, "header promises " + human_bytes(header->voxels) + ", file holds " +
                                              human_bytes(held) + "; it is cut short.");
    Image image{Volume(VoxelType::u8, header->shape, axes_named("xyz")), {}, {}, {}};
    std::memcpy(image.voxels.bytes().data(), file.data() + header->bytes, static_cast<std::size_t>(header->voxels));
    image.geometry.raster_spacing_mm = header->spacing_mm;
    image.header = {{"format", "@name@"}, {"fields", {{"spacing_mm", header->spacing_mm}}}};
    if (held > header->voxels) image.remarks.push_back({"surplus-bytes", "Bytes follow the last voxel; they are not read."});
    return image;
}

std::uint64_t promised_@name@_bytes(std::span<const std::byte> beginning, std::uint64_t file_bytes) {
    const auto header = parse_header(text_of(beginning));
    return header ? std::min(header->voxels, file_bytes) : 0;
}

}  // namespace cohort::@name@
