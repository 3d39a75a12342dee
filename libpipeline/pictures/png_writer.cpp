#include "pictures/png_writer.h"

#include <algorithm>
#include <cstdlib>

#include "core/error.h"

namespace cohort::pictures {
namespace {

using Row = std::vector<std::uint8_t>;

void put_u32(Bytes& out, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::byte>(value >> shift));
}

/// Length, type, data, CRC-32 over type and data (PNG 1.2, section 3.2).
void put_chunk(Bytes& out, std::string_view type, std::span<const std::byte> data) {
    put_u32(out, static_cast<std::uint32_t>(data.size()));
    const auto name = bytes_of(type);
    out.insert(out.end(), name.begin(), name.end());
    out.insert(out.end(), data.begin(), data.end());
    put_u32(out, crc32(data, crc32(name)));
}

std::uint8_t paeth(int left, int up, int corner) {
    const int guess = left + up - corner;
    const int to_left = std::abs(guess - left), to_up = std::abs(guess - up), to_corner = std::abs(guess - corner);
    if (to_left <= to_up && to_left <= to_corner) return static_cast<std::uint8_t>(left);
    return static_cast<std::uint8_t>(to_up <= to_corner ? up : corner);
}

/// Filter `kind` (0–4) of a row; `above` is the row before, zeros at the top.
void filter_row(const Row& row, const Row& above, std::size_t channels, int kind, Row& out) {
    for (std::size_t i = 0; i < row.size(); ++i) {
        const int left = i >= channels ? row[i - channels] : 0;
        const int up = above[i];
        const int corner = i >= channels ? above[i - channels] : 0;
        int guess = 0;
        if (kind == 1)
            guess = left;
        else if (kind == 2)
            guess = up;
        else if (kind == 3)
            guess = (left + up) / 2;
        else if (kind == 4)
            guess = paeth(left, up, corner);
        out[i] = static_cast<std::uint8_t>(row[i] - guess);
    }
}

/// Sum of the filtered bytes taken as signed: small where deflate will do well.
long roughness(const Row& row) {
    long sum = 0;
    for (const std::uint8_t v : row) sum += std::abs(static_cast<int>(static_cast<std::int8_t>(v)));
    return sum;
}

Bytes filtered(const Raster& picture, std::size_t channels) {
    const std::size_t length = static_cast<std::size_t>(picture.width()) * channels;
    Row above(length, 0), row(length), trial(length), best(length);
    Bytes out;
    out.reserve((length + 1) * static_cast<std::size_t>(picture.height()));
    for (int y = 0; y < picture.height(); ++y) {
        for (int x = 0; x < picture.width(); ++x) {
            const Rgb p = picture.at(x, y);
            const std::size_t i = static_cast<std::size_t>(x) * channels;
            row[i] = p.r;
            if (channels == 3) row[i + 1] = p.g, row[i + 2] = p.b;
        }
        int best_kind = 0;
        best = row;
        for (int kind = 1; kind <= 4; ++kind) {
            filter_row(row, above, channels, kind, trial);
            if (roughness(trial) < roughness(best)) {
                best_kind = kind;
                best.swap(trial);
            }
        }
        out.push_back(static_cast<std::byte>(best_kind));
        for (const std::uint8_t v : best) out.push_back(static_cast<std::byte>(v));
        above = row;
    }
    return out;
}

}  // namespace

Bytes encode_png(const Raster& picture) {
    if (picture.width() <= 0 || picture.height() <= 0)
        throw Error(Exit::bug, "a picture without pixels was to be written as PNG; please report this.");
    const bool grey =
        std::all_of(picture.pixels().begin(), picture.pixels().end(), [](Rgb p) { return p.r == p.g && p.g == p.b; });
    Bytes out;
    for (const unsigned v : {0x89u, 0x50u, 0x4eu, 0x47u, 0x0du, 0x0au, 0x1au, 0x0au})
        out.push_back(static_cast<std::byte>(v));
    Bytes header;
    put_u32(header, static_cast<std::uint32_t>(picture.width()));
    put_u32(header, static_cast<std::uint32_t>(picture.height()));
    for (const unsigned v : {8u, grey ? 0u : 2u, 0u, 0u, 0u}) header.push_back(static_cast<std::byte>(v));
    put_chunk(out, "IHDR", header);
    put_chunk(out, "IDAT", zlib_compress(filtered(picture, grey ? 1 : 3), 9));
    put_chunk(out, "IEND", {});
    return out;
}

}  // namespace cohort::pictures
