#include <catch2/catch.hpp>
#include <cstring>

#include "core/deflate.h"
#include "formats/raster/png_reader.h"
#include "tests/formats/test_data.h"

using namespace cohort;

namespace {

void put_u32(std::string& out, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
}

void put_chunk(std::string& out, const std::string& type, const std::string& data) {
    put_u32(out, static_cast<std::uint32_t>(data.size()));
    out += type + data;
    put_u32(out, crc32(bytes_of(type + data)));
}

/// Packs samples (as stored, width × height × samples) into a PNG of this bit depth and colour type, filter 0.
std::string make_png(std::uint32_t width, std::uint32_t height, int depth, int colour_type,
                     const std::vector<unsigned>& samples, const std::string& palette = {},
                     const std::string& transparency = {}) {
    const std::size_t per_row = samples.size() / height;
    std::string rows;
    for (std::uint32_t y = 0; y < height; ++y) {
        rows += '\0';
        unsigned bits = 0, held = 0;
        for (std::size_t i = 0; i < per_row; ++i) {
            const unsigned sample = samples[y * per_row + i];
            if (depth == 16)
                rows += {static_cast<char>(sample >> 8), static_cast<char>(sample)};
            else if (depth == 8)
                rows += static_cast<char>(sample);
            else {
                bits = bits << depth | sample;
                held += static_cast<unsigned>(depth);
                if (held == 8) rows += static_cast<char>(bits), bits = held = 0;
            }
        }
        if (held) rows += static_cast<char>(bits << (8 - held));
    }
    std::string header;
    put_u32(header, width);
    put_u32(header, height);
    header += {static_cast<char>(depth), static_cast<char>(colour_type), '\0', '\0', '\0'};
    std::string png("\x89PNG\r\n\x1A\n", 8);
    put_chunk(png, "IHDR", header);
    if (!palette.empty()) put_chunk(png, "PLTE", palette);
    if (!transparency.empty()) put_chunk(png, "tRNS", transparency);
    put_chunk(png, "IDAT", std::string(text_of(zlib_compress(bytes_of(rows), 6))));
    put_chunk(png, "IEND", "");
    return png;
}

Image read(const std::string& png, bool as_index = false) {
    auto result = raster::read_png("a.png", bytes_of(png), {.fourth_axis_channels = 0, .palette_as_index = as_index});
    if (auto* fault = std::get_if<Quarantined>(&result)) FAIL(fault->message);
    return std::get<Image>(std::move(result));
}

double mean_of(const Image& image, std::size_t channel) {
    const auto pixels = image.voxels.extent("x") * image.voxels.extent("y");
    double sum = 0;
    visit(image.voxels, [&](auto values) {
        for (std::int64_t i = 0; i < pixels; ++i)
            sum += as_double(values[channel * static_cast<std::size_t>(pixels) + static_cast<std::size_t>(i)]);
    });
    return sum / static_cast<double>(pixels);
}

}  // namespace

TEST_CASE("samples of 1 to 16 bits, one to four a pixel, come back as stored and planar") {
    struct Kind {
        int colour_type;
        std::size_t samples;
        std::vector<int> depths;
    };
    for (const auto& kind :
         {Kind{0, 1, {1, 2, 4, 8, 16}}, Kind{4, 2, {8, 16}}, Kind{2, 3, {8, 16}}, Kind{6, 4, {8, 16}}})
        for (const int depth : kind.depths) {
            INFO("colour type " << kind.colour_type << " depth " << depth);
            const std::uint32_t width = 13, height = 5;
            std::vector<unsigned> samples(width * height * kind.samples);
            for (std::size_t i = 0; i < samples.size(); ++i)
                samples[i] = static_cast<unsigned>(i * 40503u >> 3) & ((1u << depth) - 1);
            const auto image = read(make_png(width, height, depth, kind.colour_type, samples));
            CHECK(image.voxels.type() == (depth == 16 ? VoxelType::u16 : VoxelType::u8));
            CHECK(image.voxels.extent("x") == width);
            CHECK(image.voxels.extent("y") == height);
            CHECK(image.voxels.extent("c") == static_cast<std::int64_t>(kind.samples));
            CHECK_FALSE(image.geometry.affine.has_value());
            visit(image.voxels, [&](auto values) {
                for (std::size_t c = 0; c < kind.samples; ++c)
                    for (std::size_t i = 0; i < width * height; ++i)
                        CHECK(as_double(values[c * width * height + i]) == samples[i * kind.samples + c]);
            });
        }
}

TEST_CASE("a palette gives its colours, with transparency a fourth channel, and as a label its indices") {
    const std::vector<unsigned> indices{0, 1, 2, 3, 2, 1};
    const std::string palette("\x0A\x14\x1E\x28\x32\x3C\x46\x50\x5A\x64\x6E\x78", 12);
    for (const int depth : {2, 4, 8}) {
        const auto colour = read(make_png(3, 2, depth, 3, indices, palette));
        CHECK(colour.voxels.shape() == Shape{3, 2, 3});
        CHECK(colour.voxels.axes()[2].unit == colour_unit);
        for (std::size_t i = 0; i < 6; ++i)
            for (std::size_t c = 0; c < 3; ++c)
                CHECK(colour.voxels.values<std::uint8_t>()[c * 6 + i] == 10 * (3 * indices[i] + c + 1));
        const auto see_through = read(make_png(3, 2, depth, 3, indices, palette, std::string("\x00\x80", 2)));
        CHECK(see_through.voxels.shape() == Shape{3, 2, 4});
        CHECK(see_through.voxels.values<std::uint8_t>()[18] == 0);
        CHECK(see_through.voxels.values<std::uint8_t>()[19] == 0x80);
        CHECK(see_through.voxels.values<std::uint8_t>()[20] == 255);
        const auto label = read(make_png(3, 2, depth, 3, indices, palette, std::string("\x00\x80", 2)), true);
        CHECK(label.voxels.shape() == Shape{3, 2});
        for (std::size_t i = 0; i < 6; ++i) CHECK(label.voxels.values<std::uint8_t>()[i] == indices[i]);
    }
}

TEST_CASE("a PNG cut anywhere, or with any byte of its data changed, is refused") {
    std::vector<unsigned> samples(64 * 3);
    for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = static_cast<unsigned>(i * 7 % 256);
    const auto png = make_png(8, 8, 8, 2, samples);
    const auto end_of_data = png.size() - 12;  // IEND may be cut without loss
    for (std::size_t bytes = 0; bytes < end_of_data; ++bytes)
        CHECK(std::holds_alternative<Quarantined>(raster::read_png("a.png", bytes_of(png.substr(0, bytes)), {})));
    for (std::size_t at = 33; at < end_of_data; ++at) {
        auto bent = png;
        bent[at] = static_cast<char>(bent[at] ^ 0x10);
        const auto result = raster::read_png("a.png", bytes_of(bent), {});
        INFO(at);
        REQUIRE(std::holds_alternative<Quarantined>(result));
        CHECK(is_reason(std::get<Quarantined>(result).reason));
    }
}

TEST_CASE("a PNG that promises 10^12 pixels is refused before anything is allocated") {
    auto png = make_png(1, 1, 8, 6, {1, 2, 3, 4});
    const std::string side("\x00\x0F\x42\x40", 4);
    png.replace(16, 4, side);
    png.replace(20, 4, side);
    const auto result = raster::read_png("a.png", bytes_of(png), {});
    REQUIRE(std::holds_alternative<Quarantined>(result));
    CHECK(std::get<Quarantined>(result).reason == "truncated");
    CHECK(raster::promised_png_bytes(bytes_of(png), png.size()) <= 8 * 1032 * png.size());
}

TEST_CASE("known images have their known means", "[data]") {
    const auto folder = test_data::folder("raster");
    if (!folder) return;
    const auto load = [&](const char* name) { return std::get<Image>(test_data::read(*folder / name)); };
    const auto sample = load("libvips/sample.png");
    CHECK(sample.voxels.type() == VoxelType::u16);
    CHECK(sample.voxels.shape() == Shape{290, 442, 3});
    CHECK(mean_of(sample, 0) == Approx(33239.839195).epsilon(1e-10));
    CHECK(mean_of(sample, 1) == Approx(30376.731854).epsilon(1e-10));
    CHECK(mean_of(sample, 2) == Approx(27878.019379).epsilon(1e-10));
    const auto indexed = load("libvips/indexed.png");
    CHECK(mean_of(indexed, 0) == Approx(129.34402).epsilon(1e-7));
    CHECK(mean_of(indexed, 1) == Approx(118.18085).epsilon(1e-7));
    CHECK(mean_of(indexed, 2) == Approx(108.46916).epsilon(1e-7));
    CHECK(load("libvips/rgba.png").voxels.shape() == Shape{128, 128, 4});
    double image = 0, membrane = 0;
    for (int i = 0; i < 30; ++i) {
        const std::string name = (i < 10 ? "0" : "") + std::to_string(i) + ".png";
        image += mean_of(load(("isbi2012/image/" + name).c_str()), 0) / 30;
        membrane += (1 - mean_of(load(("isbi2012/label/" + name).c_str()), 0) / 255) / 30;
    }
    CHECK(image == Approx(126.16322).epsilon(1e-7));
    CHECK(membrane == Approx(.21963).epsilon(1e-4));
}
