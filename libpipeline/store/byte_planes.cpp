#include "store/byte_planes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "store/huffman_blocks.h"
#include "store/huffman_reader.h"

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

constexpr std::size_t longest_block = 65535;

/// A plane with more than this part of one value has long runs: telling them is smaller and faster.
constexpr double nearly_all = 0.9;

/// Planes from which on the tables of read_huffman_blocks cost less than they save.
constexpr std::size_t worth_a_table = 8192;

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

/// The length of the stored block (RFC 1951, section 3.2.4) that begins the bytes and is not the last; 0 if there is
/// none.
std::size_t stored_block(std::span<const std::byte> bytes) {
    if (bytes.size() < 5 || bytes[0] != std::byte{0} || (bytes[1] ^ bytes[3]) != std::byte{0xFF} ||
        (bytes[2] ^ bytes[4]) != std::byte{0xFF})
        return 0;
    return static_cast<std::size_t>(bytes[1]) | static_cast<std::size_t>(bytes[2]) << 8;
}

}  // namespace

void shuffle_bytes(std::size_t size, std::span<const std::byte> voxels, std::span<std::byte> planes) {
    const std::size_t count = voxels.size() / size;
    switch (size) {
        case 2:
            return shuffle<2>(voxels.data(), count, planes.data());
        case 4:
            return shuffle<4>(voxels.data(), count, planes.data());
        case 8:
            return shuffle<8>(voxels.data(), count, planes.data());
        default:
            return shuffle<16>(voxels.data(), count, planes.data());
    }
}

void unshuffle_run(std::size_t size, const Planes& planes, std::size_t first, std::size_t count, std::byte* out) {
    switch (size) {
        case 2:
            return unshuffle<std::uint16_t, 1>(planes, first, count, out);
        case 4:
            return unshuffle<std::uint32_t, 1>(planes, first, count, out);
        case 8:
            return unshuffle<std::uint64_t, 1>(planes, first, count, out);
        default:
            return unshuffle<std::uint64_t, 2>(planes, first, count, out);
    }
}

double byte_entropy(const ByteCounts& counts) {
    double total = 0, bits = 0;
    for (const std::uint32_t n : counts) total += n;
    for (const std::uint32_t n : counts)
        if (n > 0) bits -= n * std::log2(n / total);
    return total > 0 ? bits / total : 0;
}

void append_zlib_planes(std::span<const std::byte> planes, std::size_t plane, std::size_t stored, PlaneCoding coding,
                        Bytes& packed) {
    packed.push_back(std::byte{0x78});
    packed.push_back(coding == PlaneCoding::deflate_9 ? std::byte{0xDA} : std::byte{0x01});
    const auto rest = planes.subspan(stored);
    append_stored(planes.first(stored), plane, rest.empty(), packed);
    if (coding == PlaneCoding::literals) {
        HuffmanStream stream(packed);
        for (std::size_t at = 0; at < rest.size(); at += plane) {
            const auto part = rest.subspan(at, std::min(plane, rest.size() - at));
            const bool last = at + part.size() == rest.size();
            const ByteCounts counts = count_bytes(part);
            if (*std::max_element(counts.begin(), counts.end()) > nearly_all * static_cast<double>(part.size()))
                stream.append_runs(part, last);
            else
                stream.append_block(part, counts, last);
        }
        stream.finish();
    } else if (!rest.empty()) {
        // Two bytes of header and four of checksum surround the blocks.
        const Bytes tail = zlib_compress(rest, coding == PlaneCoding::deflate_9 ? 9 : 1);
        packed.insert(packed.end(), tail.begin() + 2, tail.end() - 4);
    }
    const std::uint32_t sum = adler32(planes);
    for (const int shift : {24, 16, 8, 0}) packed.push_back(static_cast<std::byte>(sum >> shift & 0xFF));
}

std::optional<Planes> planes_of(std::span<const std::byte> packed, std::size_t size, std::size_t plane,
                                std::span<std::byte> room) {
    Planes planes{};
    std::size_t stored = 0;
    auto rest = packed.subspan(std::min<std::size_t>(packed.size(), 2));
    while (stored + 1 < size && stored_block(rest) == plane && rest.size() >= 5 + plane) {
        planes[stored++] = rest.data() + 5;
        rest = rest.subspan(5 + plane);
    }
    if (rest.size() < 4) return std::nullopt;
    const auto blocks = rest.first(rest.size() - 4);
    const auto into = room.subspan(stored * plane);
    if (plane < worth_a_table || !read_huffman_blocks(blocks, into)) {
        if (stored == 0 ? !zlib_decompress(packed, room) : !inflate_raw(blocks, into)) return std::nullopt;
    }
    for (std::size_t p = stored; p < size; ++p) planes[p] = room.data() + p * plane;
    return planes;
}

}  // namespace cohort::store
