#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "pictures/colours.h"
#include "pictures/contact_sheet.h"
#include "pictures/png_writer.h"

using namespace cohort;
using namespace cohort::pictures;

namespace {

std::uint32_t u32_at(const Bytes& b, std::size_t at) {
    std::uint32_t v = 0;
    for (std::size_t i = 0; i < 4; ++i) v = v << 8 | std::to_integer<std::uint32_t>(b.at(at + i));
    return v;
}

/// A reader of just what the writer may write: one IDAT, 8-bit grey or RGB, filters 0 to 4.
Raster decoded(const Bytes& png) {
    REQUIRE(u32_at(png, 0) == 0x89504e47u);
    std::size_t at = 8;
    int width = 0, height = 0;
    std::size_t channels = 0;
    Bytes packed;
    while (at < png.size()) {
        const auto length = u32_at(png, at);
        const std::span<const std::byte> body(png.data() + at + 4, length + 4);
        REQUIRE(u32_at(png, at + 8 + length) == crc32(body));
        const std::string_view type = text_of(body.first(4));
        if (type == "IHDR") {
            width = static_cast<int>(u32_at(png, at + 8));
            height = static_cast<int>(u32_at(png, at + 12));
            channels = png.at(at + 17) == std::byte{0} ? 1 : 3;
        } else if (type == "IDAT") {
            packed.assign(body.begin() + 4, body.end());
        }
        at += 12 + length;
    }
    const auto n = static_cast<std::size_t>(width) * channels;
    Bytes plain((n + 1) * static_cast<std::size_t>(height));
    REQUIRE(zlib_decompress(packed, plain));
    std::vector<int> above(n, 0), row(n);
    Raster out(width, height);
    for (int y = 0; y < height; ++y) {
        const std::byte* line = plain.data() + static_cast<std::size_t>(y) * (n + 1);
        for (std::size_t i = 0; i < n; ++i) {
            const int a = i >= channels ? row[i - channels] : 0, b = above[i],
                      c = i >= channels ? above[i - channels] : 0;
            const int p = a + b - c, pa = std::abs(p - a), pb = std::abs(p - b), pc = std::abs(p - c);
            const std::array<int, 5> guess{0, a, b, (a + b) / 2, pa <= pb && pa <= pc ? a : pb <= pc ? b : c};
            row[i] = (std::to_integer<int>(line[i + 1]) + guess.at(std::to_integer<std::size_t>(line[0]))) & 255;
        }
        for (int x = 0; x < width; ++x) {
            const auto i = static_cast<std::size_t>(x) * channels;
            const auto u8 = [&](std::size_t k) { return static_cast<std::uint8_t>(row[k]); };
            out.at(x, y) = channels == 1 ? Rgb{u8(i), u8(i), u8(i)} : Rgb{u8(i), u8(i + 1), u8(i + 2)};
        }
        above = row;
    }
    return out;
}

}  // namespace

TEST_CASE("a PNG gives back the pixels that went in, grey and coloured") {
    const auto seed = GENERATE(range(0u, 12u));
    INFO("seed " << seed);
    std::mt19937 random(seed);
    Raster picture(1 + static_cast<int>(random() % 40), 1 + static_cast<int>(random() % 40));
    for (int y = 0; y < picture.height(); ++y)
        for (int x = 0; x < picture.width(); ++x) {
            const auto v = static_cast<std::uint8_t>(seed % 3 == 0 ? random() : static_cast<unsigned>(x * 3 + y * 5));
            picture.at(x, y) =
                seed % 2 == 0 ? Rgb{v, v, v} : Rgb{v, static_cast<std::uint8_t>(v + y), static_cast<std::uint8_t>(x)};
        }
    const Bytes png = encode_png(picture);
    CHECK(decoded(png).pixels() == picture.pixels());
    CHECK(png == encode_png(picture));
}

TEST_CASE("another reader (Pillow) sees the same pixels") {
    if (std::system("/usr/bin/python3 -c 'import PIL' 2>/dev/null") != 0) {
        WARN("skipped: python3-pil not present");
        return;
    }
    const auto folder = std::filesystem::temp_directory_path() / ("cohort_png_test_" + std::to_string(getpid()));
    std::filesystem::create_directory(folder);
    Raster picture(37, 11);
    for (int y = 0; y < 11; ++y)
        for (int x = 0; x < 37; ++x) picture.at(x, y) = label_colour(x + 37 * y);
    const Bytes png = encode_png(picture);
    std::ofstream(folder / "p.png", std::ios::binary)
        .write(reinterpret_cast<const char*>(png.data()), static_cast<std::streamsize>(png.size()));
    std::ofstream raw(folder / "p.rgb", std::ios::binary);
    for (const Rgb p : picture.pixels())
        raw.put(static_cast<char>(p.r)).put(static_cast<char>(p.g)).put(static_cast<char>(p.b));
    raw.close();
    const std::string script = "from PIL import Image; import sys; i=Image.open('" + (folder / "p.png").string() +
                               "'); sys.exit(0 if i.size==(37,11) and i.convert('RGB').tobytes()==open('" +
                               (folder / "p.rgb").string() + "','rb').read() else 1)";
    CHECK(std::system(("/usr/bin/python3 -c \"" + script + "\"").c_str()) == 0);
    std::filesystem::remove_all(folder);
}

TEST_CASE("label colours differ from their neighbours, and 0 is black") {
    CHECK(label_colour(0) == Rgb{});
    for (int a = 1; a < 60; ++a) {
        CHECK_FALSE(label_colour(a) == Rgb{});
        for (int b = a + 1; b < 60; ++b) {
            INFO(a << " and " << b);
            CHECK_FALSE(label_colour(a) == label_colour(b));
        }
    }
}

TEST_CASE("colour maps rise in brightness, clip, and take NaN as their lowest") {
    for (const ColourMap map : {ColourMap::grey, ColourMap::heat}) {
        int before = -1;
        for (int i = 0; i <= 100; ++i) {
            const Rgb c = mapped_colour(i / 100.0, map);
            const int brightness = 299 * c.r + 587 * c.g + 114 * c.b;
            CHECK(brightness > before);
            before = brightness;
        }
        CHECK(mapped_colour(-5, map) == mapped_colour(0, map));
        CHECK(mapped_colour(7, map) == mapped_colour(1, map));
        CHECK(mapped_colour(std::nan(""), map) == mapped_colour(0, map));
    }
}

TEST_CASE("a contact sheet places pictures row by row") {
    std::vector<Raster> pictures;
    for (std::uint8_t i = 1; i <= 5; ++i) pictures.emplace_back(4, 3, Rgb{i, 0, 0});
    const Raster sheet = contact_sheet(pictures, 2, 1);
    CHECK(sheet.width() == 9);
    CHECK(sheet.height() == 11);
    CHECK(sheet.at(0, 0) == Rgb{1, 0, 0});
    CHECK(sheet.at(5, 0) == Rgb{2, 0, 0});
    CHECK(sheet.at(4, 0) == Rgb{});
    CHECK(sheet.at(0, 8) == Rgb{5, 0, 0});
    CHECK(sheet.at(5, 8) == Rgb{});
    CHECK(contact_sheet({}, 3, 1).width() == 0);
}
