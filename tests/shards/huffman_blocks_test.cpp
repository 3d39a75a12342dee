#include "store/huffman_blocks.h"

#include <zlib.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <numeric>
#include <random>
#include <vector>

#include "store/huffman_reader.h"

using namespace cohort;
using namespace cohort::store;

namespace {

Bytes huffman(std::span<const std::byte> plain, std::size_t block) {
    Bytes packed;
    HuffmanStream stream(packed);
    for (std::size_t at = 0; at == 0 || at < plain.size(); at += block) {
        const auto part = plain.subspan(at, std::min(block, plain.size() - at));
        stream.append_block(part, count_bytes(part), at + block >= plain.size());
    }
    stream.finish();
    return packed;
}

Bytes with_runs(std::span<const std::byte> plain, std::size_t block) {
    Bytes packed;
    HuffmanStream stream(packed);
    for (std::size_t at = 0; at == 0 || at < plain.size(); at += block)
        stream.append_runs(plain.subspan(at, std::min(block, plain.size() - at)), at + block >= plain.size());
    stream.finish();
    return packed;
}

/// By zlib, which refuses incomplete codes and wants the stream to end where the bytes do.
bool zlib_reads(const Bytes& packed, const Bytes& plain) {
    Bytes back(plain.size() + 1);
    z_stream stream{};
    if (inflateInit2(&stream, -15) != Z_OK) return false;
    stream.next_in = const_cast<z_const Bytef*>(reinterpret_cast<const Bytef*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(back.data());
    stream.avail_out = static_cast<uInt>(back.size());
    const int state = inflate(&stream, Z_FINISH);
    const bool whole = state == Z_STREAM_END && stream.avail_in == 0 && stream.total_out == plain.size();
    inflateEnd(&stream);
    back.resize(plain.size());
    return whole && back == plain;
}

/// The cost of Huffman's tree by its definition: the two lightest become one, again and again.
std::uint64_t cost_by_definition(std::vector<std::uint64_t> weights) {
    std::uint64_t cost = 0;
    while (weights.size() > 1) {
        std::sort(weights.begin(), weights.end(), std::greater<>());
        const std::uint64_t two = weights[weights.size() - 1] + weights[weights.size() - 2];
        weights.resize(weights.size() - 2);
        weights.push_back(two);
        cost += two;
    }
    return cost;
}

/// The least cost with a longest code, by package-merge: Larmore and Hirschberg, J. ACM 37 (1990).
std::uint64_t least_limited_cost(const std::vector<std::uint64_t>& weights, unsigned longest) {
    std::vector<std::uint64_t> sorted = weights, list;
    std::sort(sorted.begin(), sorted.end());
    for (unsigned level = 0; level < longest; ++level) {
        std::vector<std::uint64_t> merged = sorted;
        for (std::size_t i = 0; i + 1 < list.size(); i += 2) merged.push_back(list[i] + list[i + 1]);
        std::sort(merged.begin(), merged.end());
        list = merged;
    }
    return std::accumulate(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(2 * weights.size() - 2),
                           std::uint64_t{0});
}

Bytes bytes_like(int kind, std::size_t size, std::mt19937_64& random) {
    Bytes bytes(size);
    std::normal_distribution<float> normal;
    std::geometric_distribution<int> geometric(0.03);
    for (std::size_t i = 0; i < size; ++i) {
        const float value = normal(random);
        std::uint32_t bits = 0;
        std::memcpy(&bits, &value, 4);
        switch (kind) {
            case 0:
                bytes[i] = static_cast<std::byte>(random());
                break;
            case 1:
                bytes[i] = std::byte{7};
                break;
            case 2:
                bytes[i] = random() & 1 ? std::byte{3} : std::byte{200};
                break;
            case 3:
                bytes[i] = static_cast<std::byte>(bits >> 24);
                break;
            case 4:
                bytes[i] = static_cast<std::byte>(std::min(geometric(random), 255));
                break;
            default: {  // Fibonacci counts: the deepest tree that there is
                std::uint64_t a = 1, b = 1, sum = 1;
                int symbol = 0;
                for (; sum <= i; ++symbol, sum += a) a = std::exchange(b, a + b);
                bytes[i] = static_cast<std::byte>(symbol);
            }
        }
    }
    return bytes;
}

}  // namespace

TEST_CASE(
    "blocks of noise, a constant, two values, exponents, skewed and deepest counts come back by libdeflate and by "
    "zlib") {
    std::mt19937_64 random(1);
    for (int kind = 0; kind < 6; ++kind)
        for (const std::size_t size : {0U, 1U, 2U, 4U, 5U, 6U, 257U, 4099U, 32768U, 200001U})
            for (const std::size_t block : {std::size_t{1000}, std::size_t{32768}, std::size_t{1} << 20}) {
                const Bytes plain = bytes_like(kind, size, random), packed = huffman(plain, block);
                INFO("kind " << kind << ", " << size << " bytes in blocks of " << block);
                Bytes back(size);
                REQUIRE(inflate_raw(packed, back));
                CHECK(back == plain);
                CHECK(zlib_reads(packed, plain));
            }
}

TEST_CASE("runs of every length come back, and a constant takes less than a hundred bytes") {
    std::mt19937_64 random(7);
    Bytes every;
    for (std::size_t run = 1; run < 1100; ++run) every.insert(every.end(), run, static_cast<std::byte>(run % 3));
    std::vector<Bytes> plains{every, Bytes(1), Bytes(2), Bytes(3), Bytes(4), Bytes{}};
    for (int kind = 0; kind < 6; ++kind) plains.push_back(bytes_like(kind, 33000, random));
    for (const Bytes& plain : plains)
        for (const std::size_t block : {std::size_t{1000}, std::size_t{32768}, std::size_t{1} << 20}) {
            const Bytes packed = with_runs(plain, block);
            Bytes back(plain.size());
            INFO(plain.size() << " bytes in blocks of " << block);
            REQUIRE(inflate_raw(packed, back));
            CHECK(back == plain);
            CHECK(zlib_reads(packed, plain));
            if (plain.empty()) continue;
            std::fill(back.begin(), back.end(), std::byte{0xEE});
            REQUIRE(read_huffman_blocks(packed, back));
            CHECK(back == plain);
            CHECK_FALSE(read_huffman_blocks(packed, std::span(back).first(plain.size() - 1)));
        }
    CHECK(with_runs(Bytes(32768), 32768).size() < 100);
}

TEST_CASE("our reader gives the same bytes for any block length, and none for a cut, longer or shorter stream") {
    std::mt19937_64 random(5);
    for (int kind = 0; kind < 6; ++kind)
        for (const std::size_t size : {1U, 2U, 5U, 37U, 38U, 39U, 257U, 4099U, 32768U})
            for (const std::size_t block : {std::size_t{1000}, std::size_t{32768}}) {
                const Bytes plain = bytes_like(kind, size, random);
                Bytes packed = huffman(plain, block), back(size), other(size + 1);
                INFO("kind " << kind << ", " << size << " bytes in blocks of " << block);
                REQUIRE(read_huffman_blocks(packed, back));
                REQUIRE(back == plain);
                CHECK_FALSE(read_huffman_blocks(packed, other));
                CHECK_FALSE(read_huffman_blocks(packed, std::span(back).first(size - 1)));
                for (std::size_t cut = 0; cut < packed.size(); cut += 1 + packed.size() / 50)
                    CHECK_FALSE(read_huffman_blocks(std::span(packed).first(cut), back));
                CHECK_FALSE(read_huffman_blocks(std::span(packed).first(packed.size() - 1), back));
                packed.push_back(std::byte{0});
                CHECK_FALSE(read_huffman_blocks(packed, back));
            }
}

TEST_CASE("whatever bits are flipped, our reader reads what zlib reads or nothing") {
    std::mt19937_64 random(6);
    std::size_t read = 0;
    for (int trial = 0; trial < 20000; ++trial) {
        const Bytes plain = bytes_like(trial / 2 % 6, 300 + random() % 300, random);
        Bytes packed = trial % 2 != 0 ? with_runs(plain, 256) : huffman(plain, 256);
        Bytes back(plain.size()), general(plain.size());
        for (std::size_t flips = 1 + random() % 3; flips > 0; --flips)
            packed[random() % packed.size()] ^= static_cast<std::byte>(1U << random() % 8);
        if (!read_huffman_blocks(packed, back)) continue;
        ++read;
        REQUIRE(inflate_raw(packed, general));
        REQUIRE(back == general);
    }
    CHECK(read > 100);
}

TEST_CASE("streams with other matches than runs, or stored blocks, are left to a general inflater") {
    Bytes pairs(5000);
    for (std::size_t i = 0; i < pairs.size(); i += 2) pairs[i] = std::byte{7};
    for (const int level : {1, 6}) {
        const Bytes packed = zlib_compress(pairs, level);
        Bytes back(pairs.size());
        CHECK_FALSE(read_huffman_blocks(std::span(packed).subspan(2, packed.size() - 6), back));
    }
    const Bytes stored{std::byte{1}, std::byte{1}, std::byte{0}, std::byte{0xFE}, std::byte{0xFF}, std::byte{9}};
    Bytes one(1);
    REQUIRE(inflate_raw(stored, one));
    CHECK_FALSE(read_huffman_blocks(stored, one));
}

TEST_CASE("a stream goes on behind bytes that are there, and another behind it") {
    std::mt19937_64 random(2);
    const Bytes plain = bytes_like(4, 999, random), alone = huffman(plain, 400);
    Bytes both{std::byte{1}, std::byte{2}, std::byte{3}};
    for (int copy = 0; copy < 2; ++copy) {
        HuffmanStream stream(both);
        for (std::size_t at = 0; at < 999; at += 400) {
            const auto part = std::span(plain).subspan(at, std::min<std::size_t>(400, 999 - at));
            stream.append_block(part, count_bytes(part), at == 800);
        }
        stream.finish();
    }
    REQUIRE(both.size() == 3 + 2 * alone.size());
    CHECK(std::equal(alone.begin(), alone.end(), both.begin() + 3));
    CHECK(std::equal(alone.begin(), alone.end(), both.end() - static_cast<std::ptrdiff_t>(alone.size())));
}

TEST_CASE("a block's bytes are those worked out by hand") {
    // Code: a, the end → 0, 1. Told: 97 zeros (18), 1, 138 + 20 zeros, 1, and 1 1 for distances.
    // Header 1 10, 00000, 10000, HCLEN 14 (symbol 1 stands 18th); lengths in the order 16 17 18 … 1: 18 has 1 bit, 1
    // has 1 bit.
    const Bytes packed = huffman(bytes_of("aaaa"), 10);
    std::string bits;
    for (const std::byte byte : packed)
        for (int bit = 0; bit < 8; ++bit) bits += (static_cast<int>(byte) >> bit & 1) != 0 ? '1' : '0';
    std::string lengths;
    for (const int symbol : {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1})
        lengths += symbol == 18 || symbol == 1 ? "100" : "000";
    const auto zeros = [](int run) {
        std::string told = "1";
        for (int bit = 0; bit < 7; ++bit) told += ((run - 11) >> bit & 1) != 0 ? '1' : '0';
        return told;
    };
    std::string expected =
        "101"
        "00000"
        "10000"
        "0111" +
        lengths + zeros(97) + "0" + zeros(138) + zeros(20) + "0" + "00" + "0000" + "1";
    expected.resize((expected.size() + 7) / 8 * 8, '0');
    CHECK(bits == expected);
}

TEST_CASE(
    "code lengths are complete, within the limit, Huffman's own where they fit, and near the least cost where not") {
    std::mt19937_64 random(3);
    for (int trial = 0; trial < 400; ++trial) {
        const std::size_t symbols = 2 + random() % 256;
        std::vector<std::uint32_t> counts(symbols);
        const auto skew = static_cast<int>(random() % 24);
        for (auto& count : counts)
            count = static_cast<std::uint32_t>(
                random() % 4 == 0 ? 0 : 1 + (random() >> 40 >> random() % static_cast<unsigned>(skew + 1)));
        counts[0] = counts[1] = 1;
        std::vector<std::uint64_t> weights;
        for (const auto count : counts)
            if (count > 0) weights.push_back(count);
        for (const unsigned longest : {9U, 11U, 15U}) {
            std::vector<std::uint8_t> lengths(symbols);
            code_lengths(counts, longest, lengths);
            std::uint64_t room = 0, cost = 0;
            for (std::size_t s = 0; s < symbols; ++s) {
                REQUIRE((lengths[s] == 0) == (counts[s] == 0));
                REQUIRE(lengths[s] <= longest);
                if (lengths[s] > 0) room += std::uint64_t{1} << (longest - lengths[s]);
                cost += std::uint64_t{counts[s]} * lengths[s];
            }
            REQUIRE(room == std::uint64_t{1} << longest);
            const std::uint64_t free = cost_by_definition(weights), least = least_limited_cost(weights, longest);
            REQUIRE(cost >= least);
            if (least == free) CHECK(cost == free);
            CHECK(static_cast<double>(cost) <= (longest < 11 ? 1.2 : 1.03) * static_cast<double>(least));
        }
    }
}

TEST_CASE("lengths are no more than entropy plus a bit a byte, and noise grows by less than a hundredth") {
    std::mt19937_64 random(4);
    for (int kind = 0; kind < 5; ++kind) {
        const Bytes plain = bytes_like(kind, 32768, random);
        double bits = 0;
        for (const std::uint32_t n : count_bytes(plain))
            if (n > 0) bits -= n * std::log2(n / 32768.0);
        INFO("kind " << kind);
        CHECK(static_cast<double>(huffman(plain, 32768).size()) < bits / 8 + 32768 / 8.0 + 300);
    }
    CHECK(huffman(bytes_like(0, 32768, random), 32768).size() < 33096);
}
