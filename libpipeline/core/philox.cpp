#include "core/philox.h"

#include <cmath>
#include <numbers>
#include <string>

#include "core/digest.h"

namespace cohort {

namespace {

std::uint64_t first_eight(const Digest& digest) {
    std::uint64_t value = 0;
    for (std::size_t i = 8; i-- > 0;) value = value << 8 | digest.bytes[i];
    return value;
}

constexpr std::size_t lanes = 16;  // blocks made side by side: what the widest vectors hold

/// `lanes` consecutive blocks of a stream, one after the other.
__attribute__((target_clones("avx512f", "avx2", "default")))
void consecutive_blocks(std::uint64_t first, std::uint64_t item, std::array<std::uint32_t, 2> key, std::uint32_t* out) {
    constexpr std::uint64_t m0 = 0xD2511F53, m1 = 0xCD9E8D57;
    constexpr std::uint32_t w0 = 0x9E3779B9, w1 = 0xBB67AE85;
    std::uint32_t c0[lanes], c1[lanes], c2[lanes], c3[lanes];
    for (std::size_t i = 0; i < lanes; ++i) {
        c0[i] = static_cast<std::uint32_t>(first + i);
        c1[i] = static_cast<std::uint32_t>((first + i) >> 32);
        c2[i] = static_cast<std::uint32_t>(item);
        c3[i] = static_cast<std::uint32_t>(item >> 32);
    }
    for (int round = 0; round < 10; ++round) {
        for (std::size_t i = 0; i < lanes; ++i) {
            const std::uint64_t p0 = m0 * c0[i], p1 = m1 * c2[i];
            c0[i] = static_cast<std::uint32_t>(p1 >> 32) ^ c1[i] ^ key[0];
            c1[i] = static_cast<std::uint32_t>(p1);
            c2[i] = static_cast<std::uint32_t>(p0 >> 32) ^ c3[i] ^ key[1];
            c3[i] = static_cast<std::uint32_t>(p0);
        }
        key = {key[0] + w0, key[1] + w1};
    }
    for (std::size_t i = 0; i < lanes; ++i) {
        out[4 * i] = c0[i];
        out[4 * i + 1] = c1[i];
        out[4 * i + 2] = c2[i];
        out[4 * i + 3] = c3[i];
    }
}

}  // namespace

std::array<std::uint32_t, 4> philox4x32_10(std::array<std::uint32_t, 4> c, std::array<std::uint32_t, 2> k) {
    // Multipliers and Weyl constants of the paper's table 2.
    constexpr std::uint64_t m0 = 0xD2511F53, m1 = 0xCD9E8D57;
    constexpr std::uint32_t w0 = 0x9E3779B9, w1 = 0xBB67AE85;
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t p0 = m0 * c[0], p1 = m1 * c[2];
        c = {static_cast<std::uint32_t>(p1 >> 32) ^ c[1] ^ k[0], static_cast<std::uint32_t>(p1),
             static_cast<std::uint32_t>(p0 >> 32) ^ c[3] ^ k[1], static_cast<std::uint32_t>(p0)};
        k = {k[0] + w0, k[1] + w1};
    }
    return c;
}

std::uint64_t item_of(std::string_view id, std::uint64_t copy) {
    return first_eight(Sha256().update(id).update(std::to_string(copy)).finish());
}

RandomStream::RandomStream(std::uint64_t seed, std::string_view purpose, std::uint64_t item) : item_(item) {
    std::array<std::byte, 8> little{};
    for (std::size_t i = 0; i < 8; ++i) little[i] = static_cast<std::byte>(seed >> (8 * i));
    const std::uint64_t key = first_eight(Sha256().update(little).update(purpose).finish());
    key_ = {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)};
}

std::uint32_t RandomStream::next_u32() {
    if (used_ == 4) {
        words_ = philox4x32_10({static_cast<std::uint32_t>(block_), static_cast<std::uint32_t>(block_ >> 32),
                                static_cast<std::uint32_t>(item_), static_cast<std::uint32_t>(item_ >> 32)},
                               key_);
        ++block_;
        used_ = 0;
    }
    return words_[used_++];
}

void RandomStream::fill(std::span<std::uint32_t> words) {
    std::size_t i = 0;
    while (i < words.size() && used_ < 4) words[i++] = words_[used_++];
    for (; words.size() - i >= 4 * lanes; i += 4 * lanes, block_ += lanes)
        consecutive_blocks(block_, item_, key_, words.data() + i);
    while (i < words.size()) words[i++] = next_u32();
}

std::uint64_t RandomStream::next_u64() {
    const std::uint64_t low = next_u32();
    return low | static_cast<std::uint64_t>(next_u32()) << 32;
}

double RandomStream::uniform() { return static_cast<double>(next_u64() >> 11) * 0x1.0p-53; }
double RandomStream::uniform(double low, double high) { return low + (high - low) * uniform(); }

std::uint64_t RandomStream::below(std::uint64_t n) {
    // Rejects the incomplete last interval, so that every value is equally likely.
    const std::uint64_t limit = (0 - n) % n;  // 2^64 mod n
    for (;;) {
        const std::uint64_t draw = next_u64();
        if (draw >= limit) return draw % n;
    }
}

double RandomStream::normal() {
    if (has_spare_) {
        has_spare_ = false;
        return spare_;
    }
    const double radius = std::sqrt(-2.0 * std::log1p(-uniform())), angle = 2.0 * std::numbers::pi * uniform();
    spare_ = radius * std::sin(angle);
    has_spare_ = true;
    return radius * std::cos(angle);
}

bool RandomStream::chance(double probability) { return uniform() < probability; }

}  // namespace cohort
