#include "store/byte_planes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace cohort::store {
namespace {

/// Sizes are constants inside the loops, so that the compiler turns them into vector code.
template <std::size_t size>
void shuffle(const std::byte* voxels, std::size_t count, std::byte* planes) {
    for (std::size_t p = 0; p < size; ++p)
        for (std::size_t i = 0; i < count; ++i) planes[p * count + i] = voxels[i * size + p];
}

template <class Word, std::size_t words>
void unshuffle(const Planes& planes, std::size_t first, std::size_t count, std::byte* out) {
    for (std::size_t w = 0; w < words; ++w) {
        std::array<const std::byte*, sizeof(Word)> from;
        for (std::size_t p = 0; p < sizeof(Word); ++p) from[p] = planes[w * sizeof(Word) + p] + first;
        for (std::size_t i = 0; i < count; ++i) {
            Word word = 0;
            for (std::size_t p = 0; p < sizeof(Word); ++p)
                word = static_cast<Word>(word | static_cast<Word>(static_cast<Word>(from[p][i]) << (8 * p)));
            std::memcpy(out + (i * words + w) * sizeof(Word), &word, sizeof(Word));
        }
    }
}

constexpr std::uint32_t adler_base = 65521;

struct Adler {
    std::uint32_t low = 1, high = 0;
};

/// Adler-32 (RFC 1950, section 8.2) in 32 columns: rows are added up column by column, and weighted at the end.
Adler adler_of(std::span<const std::byte> bytes) {
    constexpr std::size_t columns = 32, rows = 128;  // 128 rows of 255 keep the column sums' sums below 2^32
    Adler sum;
    std::size_t at = 0;
    for (; bytes.size() - at >= columns * rows; at += columns * rows) {
        std::array<std::uint32_t, columns> column{}, before{};
        for (std::size_t r = 0; r < rows; ++r)
            for (std::size_t c = 0; c < columns; ++c) {
                before[c] += column[c];
                column[c] += static_cast<std::uint32_t>(bytes[at + r * columns + c]);
            }
        std::uint64_t low = 0, high = std::uint64_t{sum.low} * columns * rows;
        for (std::size_t c = 0; c < columns; ++c) {
            low += column[c];
            high += std::uint64_t{before[c]} * columns + std::uint64_t{column[c]} * (columns - c);
        }
        sum.low = static_cast<std::uint32_t>((sum.low + low) % adler_base);
        sum.high = static_cast<std::uint32_t>((sum.high + high) % adler_base);
    }
    for (; at < bytes.size(); ++at) {
        sum.low = (sum.low + static_cast<std::uint32_t>(bytes[at])) % adler_base;
        sum.high = (sum.high + sum.low) % adler_base;
    }
    return sum;
}

/// Of two parts one after the other; `bytes` is the second's length.
Adler joined(const Adler& a, const Adler& b, std::size_t bytes) {
    const std::uint64_t shift = (a.low + adler_base - 1) % adler_base;  // what the second part began with beyond 1
    Adler sum;
    sum.low = static_cast<std::uint32_t>((b.low + shift) % adler_base);
    sum.high = static_cast<std::uint32_t>((a.high + b.high + bytes % adler_base * shift) % adler_base);
    return sum;
}

constexpr std::size_t longest_block = 65535;

void append_stored(std::span<const std::byte> plain, std::size_t plane, bool ends_stream, Bytes& out) {
    const std::size_t longest = std::min(plane, longest_block);
    for (std::size_t at = 0; at < plain.size(); at += longest) {
        const auto part = plain.subspan(at, std::min(longest, plain.size() - at));
        const bool last = ends_stream && at + part.size() == plain.size();
        const auto length = static_cast<std::uint16_t>(part.size());
        const auto byte = [](int value) { return static_cast<std::byte>(value & 0xFF); };
        const std::array head{byte(last), byte(length), byte(length >> 8), byte(~length), byte(~length >> 8)};
        out.insert(out.end(), head.begin(), head.end());
        out.insert(out.end(), part.begin(), part.end());
    }
}

/// The length of the stored block (RFC 1951, section 3.2.4) that begins the bytes and is not the last; 0 if there is none.
std::size_t stored_block(std::span<const std::byte> bytes) {
    if (bytes.size() < 5 || bytes[0] != std::byte{0} || (bytes[1] ^ bytes[3]) != std::byte{0xFF} || (bytes[2] ^ bytes[4]) != std::byte{0xFF})
        return 0;
    return static_cast<std::size_t>(bytes[1]) | static_cast<std::size_t>(bytes[2]) << 8;
}

}  // namespace

void shuffle_bytes(std::size_t size, std::span<const std::byte> voxels, std::span<std::byte> planes) {
    const std::size_t count = voxels.size() / size;
    switch (size) {
        case 2: return shuffle<2>(voxels.data(), count, planes.data());
        case 4: return shuffle<4>(voxels.data(), count, planes.data());
        case 8: return shuffle<8>(voxels.data(), count, planes.data());
        default: return shuffle<16>(voxels.data(), count, planes.data());
    }
}

void unshuffle_run(std::size_t size, const Planes& planes, std::size_t first, std::size_t count, std::byte* out) {
    switch (size) {
        case 2: return unshuffle<std::uint16_t, 1>(planes, first, count, out);
        case 4: return unshuffle<std::uint32_t, 1>(planes, first, count, out);
        case 8: return unshuffle<std::uint64_t, 1>(planes, first, count, out);
        default: return unshuffle<std::uint64_t, 2>(planes, first, count, out);
    }
}

double byte_entropy(std::span<const std::byte> bytes) {
    std::array<std::array<std::uint32_t, 256>, 4> counts{};  // four tables: equal neighbours do not wait for each other
    std::size_t i = 0;
    for (; i + 4 <= bytes.size(); i += 4)
        for (std::size_t k = 0; k < 4; ++k) ++counts[k][static_cast<std::size_t>(bytes[i + k])];
    for (; i < bytes.size(); ++i) ++counts[0][static_cast<std::size_t>(bytes[i])];
    const auto total = static_cast<double>(bytes.size());
    double bits = 0;
    for (std::size_t value = 0; value < 256; ++value) {
        const double n = counts[0][value] + counts[1][value] + counts[2][value] + counts[3][value];
        if (n > 0) bits -= n * std::log2(n / total);
    }
    return bytes.empty() ? 0 : bits / total;
}

Bytes zlib_with_stored_planes(std::span<const std::byte> planes, std::size_t plane, std::size_t stored, int level) {
    if (stored == 0) return zlib_compress(planes, level);
    const auto prefix = planes.first(stored), rest = planes.subspan(stored);
    Bytes packed;
    packed.reserve(stored + 64 + rest.size() / 2);
    packed.push_back(std::byte{0x78});
    packed.push_back(std::byte{0x01});
    append_stored(prefix, plane, rest.empty(), packed);
    Adler sum = adler_of(prefix);
    if (!rest.empty()) {
        // Two bytes of header and four of checksum (high word first) surround the blocks of the rest.
        const Bytes tail = zlib_compress(rest, level);
        packed.insert(packed.end(), tail.begin() + 2, tail.end() - 4);
        const auto byte = [&](std::size_t k) { return static_cast<std::uint32_t>(tail[tail.size() - 4 + k]); };
        sum = joined(sum, {byte(2) << 8 | byte(3), byte(0) << 8 | byte(1)}, rest.size());
    }
    for (const std::uint32_t word : {sum.high, sum.low}) {
        packed.push_back(static_cast<std::byte>(word >> 8));
        packed.push_back(static_cast<std::byte>(word & 0xFF));
    }
    return packed;
}

std::optional<Planes> planes_of(std::span<const std::byte> packed, std::size_t size, std::size_t plane, std::span<std::byte> room) {
    Planes planes{};
    std::size_t stored = 0;
    auto rest = packed.subspan(std::min<std::size_t>(packed.size(), 2));
    while (stored + 1 < size && stored_block(rest) == plane && rest.size() >= 5 + plane) {
        planes[stored++] = rest.data() + 5;
        rest = rest.subspan(5 + plane);
    }
    if (stored == 0) {
        if (!zlib_decompress(packed, room)) return std::nullopt;
    } else if (rest.size() < 4 || !inflate_raw(rest.first(rest.size() - 4), room.subspan(stored * plane))) {
        return std::nullopt;
    }
    for (std::size_t p = stored; p < size; ++p) planes[p] = room.data() + p * plane;
    return planes;
}

}  // namespace cohort::store
