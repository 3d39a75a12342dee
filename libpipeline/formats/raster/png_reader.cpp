#include "formats/raster/png_reader.h"

#include <png.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstring>
#include <memory>

#include "core/checked_math.h"
#include "core/files.h"

namespace cohort::raster {

namespace {

using Span = std::span<const std::byte>;

/// Deflate cannot expand further than this (RFC 1951).
constexpr std::int64_t most_expansion = 1032;
constexpr std::uint32_t most_side = 1'000'000;
constexpr std::size_t header_bytes = 33;  // signature (8), IHDR's length, name, data and checksum (25)

Quarantined refuse(std::string_view reason, std::string_view name, const std::string& what) {
    return {std::string(reason), printable(name) + ": " + what, Json::object()};
}

struct Plan {
    std::uint32_t width = 0, height = 0;
    int bit_depth = 0, colour_type = 0, interlace = 0;
    std::size_t samples = 1;  // per pixel, as we keep them
    std::size_t sample_bytes = 1;
    std::size_t row_bytes() const { return std::size_t{width} * samples * sample_bytes; }
};

std::uint32_t big_endian(Span bytes, std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8 | std::to_integer<std::uint32_t>(bytes[at + i]);
    return value;
}

constexpr std::array<unsigned char, 8> signature{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

bool has_signature(Span bytes) {
    return bytes.size() >= header_bytes && std::memcmp(bytes.data(), signature.data(), signature.size()) == 0;
}

/// The most bytes that an image of this header may take once read (four samples a pixel).
std::optional<std::int64_t> most_bytes(Span header) {
    const std::int64_t sample = std::to_integer<int>(header[24]) == 16 ? 2 : 1;
    return checked_product({big_endian(header, 16), big_endian(header, 20), 4, sample});
}

/// What libpng is given to read from, and where its complaint goes.
struct Source {
    Span rest;
    std::array<char, 128> complaint{};
};

void take(png_structp png, png_bytep into, std::size_t bytes) {
    auto& source = *static_cast<Source*>(png_get_io_ptr(png));
    if (source.rest.size() < bytes) png_error(png, "the file ends early");
    std::memcpy(into, source.rest.data(), bytes);
    source.rest = source.rest.subspan(bytes);
}

[[noreturn]] void complain(png_structp png, png_const_charp what) {
    auto& source = *static_cast<Source*>(png_get_error_ptr(png));
    std::strncpy(source.complaint.data(), what, source.complaint.size() - 1);
    longjmp(*png_set_longjmp_fn(png, longjmp, sizeof(jmp_buf)), 1);
}

void stay_silent(png_structp, png_const_charp) {}

/// libpng's handles. The functions below that call libpng hold nothing with a destructor across setjmp.
struct Png {
    png_structp read = nullptr;
    png_infop info = nullptr;
    explicit Png(Source& source) {
        read = png_create_read_struct(PNG_LIBPNG_VER_STRING, &source, complain, stay_silent);
        if (read) info = png_create_info_struct(read);
        if (!info) return;
        png_set_read_fn(read, &source, take);
        png_set_user_limits(read, most_side, most_side);
        png_set_chunk_malloc_max(read, png_alloc_size_t{8} << 20);
        png_set_chunk_cache_max(read, 128);
    }
    ~Png() { png_destroy_read_struct(&read, &info, nullptr); }
    Png(const Png&) = delete;
    Png& operator=(const Png&) = delete;
};

/// Reads up to the pixels and chooses the transformations; false when libpng gave up.
bool read_info(Png& png, bool palette_as_index, Plan& plan) {
    if (setjmp(*png_set_longjmp_fn(png.read, longjmp, sizeof(jmp_buf))) != 0) return false;
    png_read_info(png.read, png.info);
    png_get_IHDR(png.read, png.info, &plan.width, &plan.height, &plan.bit_depth, &plan.colour_type, &plan.interlace,
                 nullptr, nullptr);
    if (plan.bit_depth == 16) png_set_swap(png.read);
    if (plan.bit_depth < 8) png_set_packing(png.read);
    if (plan.colour_type == PNG_COLOR_TYPE_PALETTE && !palette_as_index) {
        png_set_palette_to_rgb(png.read);
        if (png_get_valid(png.read, png.info, PNG_INFO_tRNS)) png_set_tRNS_to_alpha(png.read);
    }
    png_set_interlace_handling(png.read);
    png_read_update_info(png.read, png.info);
    plan.samples = png_get_channels(png.read, png.info);
    plan.sample_bytes = plan.bit_depth == 16 ? 2 : 1;
    return png_get_rowbytes(png.read, png.info) == plan.row_bytes();
}

bool read_rows(Png& png, png_bytepp rows) {
    if (setjmp(*png_set_longjmp_fn(png.read, longjmp, sizeof(jmp_buf))) != 0) return false;
    png_read_image(png.read, rows);
    png_read_end(png.read, nullptr);
    return true;
}

template <class T>
void copy_planes(const std::byte* from, Volume& voxels, std::size_t samples) {
    auto to = voxels.values<T>();
    const std::size_t pixels = to.size() / samples;
    for (std::size_t c = 0; c < samples; ++c)
        for (std::size_t i = 0; i < pixels; ++i)
            std::memcpy(&to[c * pixels + i], from + (i * samples + c) * sizeof(T), sizeof(T));
}

std::vector<Axis> axes_for(std::size_t samples) {
    auto axes = axes_named("xy");
    if (samples == 2) axes.push_back({"c", {}, "", {"grey", "alpha"}});
    if (samples == 3) axes.push_back({"c", {}, colour_unit, {"red", "green", "blue"}});
    if (samples == 4) axes.push_back({"c", {}, colour_unit, {"red", "green", "blue", "alpha"}});
    return axes;
}

Json record_of(const Png& png, const Plan& plan) {
    Json fields{{"width", plan.width},
                {"height", plan.height},
                {"bit_depth", plan.bit_depth},
                {"colour_type", plan.colour_type},
                {"interlaced", plan.interlace != 0}};
    png_uint_32 x = 0, y = 0;
    int unit = 0;
    if (png_get_pHYs(png.read, png.info, &x, &y, &unit))
        fields["pixels_per_unit"] = {{"x", x}, {"y", y}, {"unit", unit == PNG_RESOLUTION_METER ? "metre" : "unknown"}};
    return {{"format", "png"}, {"fields", fields}};
}

}  // namespace

bool is_png_name(std::string_view name) { return name.ends_with(".png") || name.ends_with(".PNG"); }

std::uint64_t promised_png_bytes(Span beginning, std::uint64_t file_bytes) {
    if (!has_signature(beginning)) return 0;
    const auto most = checked_product({static_cast<std::int64_t>(file_bytes), most_expansion, 4});
    const auto promised = most_bytes(beginning);
    return 2 * static_cast<std::uint64_t>(std::min(promised.value_or(0), most.value_or(0)));
}

ReadImage read_png(std::string_view name, Span file, const ReadOptions& options) {
    if (file.empty()) return refuse("empty-file", name, "the file is empty.");
    if (!has_signature(file)) return refuse("wrong-type", name, "this is not a PNG file.");
    // The smallest stored form of a row of w pixels is w/8 bytes and a filter byte, expanded at most 1032 times.
    const auto bits = checked_product({big_endian(file, 16), big_endian(file, 20)});
    const auto most = checked_product({static_cast<std::int64_t>(file.size()), most_expansion, 8});
    if (!bits || !most || *bits > *most || !most_bytes(file))
        return refuse("truncated", name,
                      "the header promises more pixels than the file can hold; it is cut short or damaged.");

    Source source{file, {}};
    const auto damaged = [&] {
        return refuse(source.rest.empty() ? "truncated" : "damaged", name,
                      "the PNG cannot be decoded (" + std::string(source.complaint.data()) + "); copy the file again.");
    };
    Png png(source);
    if (!png.info) return refuse("too-large", name, "there is not enough memory to decode it; lower --threads.");
    Plan plan;
    if (!read_info(png, options.palette_as_index, plan)) return damaged();
    const std::size_t bytes = plan.row_bytes() * plan.height;
    const auto pixels = std::make_unique_for_overwrite<std::byte[]>(bytes);
    std::vector<png_bytep> rows(plan.height);
    for (std::size_t y = 0; y < rows.size(); ++y)
        rows[y] = reinterpret_cast<png_bytep>(pixels.get() + y * plan.row_bytes());
    if (!read_rows(png, rows.data())) return damaged();

    Image image;
    Shape shape{plan.width, plan.height};
    if (plan.samples > 1) shape.push_back(static_cast<std::int64_t>(plan.samples));
    image.voxels =
        Volume(plan.sample_bytes == 2 ? VoxelType::u16 : VoxelType::u8, std::move(shape), axes_for(plan.samples));
    if (plan.sample_bytes == 2)
        copy_planes<std::uint16_t>(pixels.get(), image.voxels, plan.samples);
    else
        copy_planes<std::uint8_t>(pixels.get(), image.voxels, plan.samples);
    if (!source.rest.empty())
        image.remarks.push_back(
            {"trailing-bytes", human_bytes(source.rest.size()) + " follow the image and are not read."});
    image.header = record_of(png, plan);
    return image;
}

}  // namespace cohort::raster
