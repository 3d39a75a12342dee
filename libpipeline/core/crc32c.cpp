// CRC-32C (Castagnoli polynomial, reflected 0x82F63B78): table-driven, and with SSE 4.2's instruction in three lanes.
#include <array>
#include <cstring>

#include "core/deflate.h"

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace cohort {

namespace {

constexpr std::uint32_t polynomial = 0x82F63B78;

constexpr std::array<std::uint32_t, 256> make_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t crc = i;
        for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ polynomial : crc >> 1;
        table[i] = crc;
    }
    return table;
}
constexpr auto table = make_table();

std::uint32_t portable(std::span<const std::byte> bytes, std::uint32_t crc) {
    for (const auto byte : bytes) crc = table[(crc ^ static_cast<std::uint32_t>(byte)) & 0xFF] ^ crc >> 8;
    return crc;
}

#if defined(__x86_64__)

// The instruction takes 3 cycles but one can start each cycle: three lanes of `lane` bytes run side by side, and are
// joined by shifting the earlier ones over the zeros that the later ones stand for.
constexpr std::size_t lane = 1024;

/// shift[k][b]: the register whose byte k was b and all else 0, after `lane` zero bytes. Linear, so four look-ups do.
constexpr std::array<std::array<std::uint32_t, 256>, 4> make_shift() {
    std::array<std::uint32_t, 32> column{};
    for (std::uint32_t bit = 0; bit < 32; ++bit) {
        std::uint32_t crc = std::uint32_t{1} << bit;
        for (std::size_t i = 0; i < lane; ++i) crc = table[crc & 0xFF] ^ crc >> 8;
        column[bit] = crc;
    }
    std::array<std::array<std::uint32_t, 256>, 4> shift{};
    for (std::size_t k = 0; k < 4; ++k)
        for (std::uint32_t b = 0; b < 256; ++b)
            for (std::uint32_t bit = 0; bit < 8; ++bit)
                if (b >> bit & 1) shift[k][b] ^= column[8 * k + bit];
    return shift;
}

std::uint32_t shifted(std::uint32_t crc) {
    static constexpr auto shift = make_shift();
    return shift[0][crc & 0xFF] ^ shift[1][crc >> 8 & 0xFF] ^ shift[2][crc >> 16 & 0xFF] ^ shift[3][crc >> 24];
}

__attribute__((target("sse4.2"))) std::uint32_t with_instruction(std::span<const std::byte> bytes, std::uint32_t crc) {
    const auto word = [](const std::byte* at) {
        std::uint64_t value = 0;
        std::memcpy(&value, at, 8);
        return value;
    };
    const std::byte* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= 3 * lane; at += 3 * lane, left -= 3 * lane) {
        std::uint64_t a = crc, b = 0, c = 0;
        for (std::size_t i = 0; i < lane; i += 8) {
            a = _mm_crc32_u64(a, word(at + i));
            b = _mm_crc32_u64(b, word(at + lane + i));
            c = _mm_crc32_u64(c, word(at + 2 * lane + i));
        }
        crc = shifted(shifted(static_cast<std::uint32_t>(a)) ^ static_cast<std::uint32_t>(b)) ^ static_cast<std::uint32_t>(c);
    }
    std::uint64_t wide = crc;
    for (; left >= 8; at += 8, left -= 8) wide = _mm_crc32_u64(wide, word(at));
    crc = static_cast<std::uint32_t>(wide);
    for (; left > 0; ++at, --left) crc = _mm_crc32_u8(crc, static_cast<unsigned char>(*at));
    return crc;
}

#endif

}  // namespace

std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t so_far) {
    const std::uint32_t start = ~so_far;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2")) return ~with_instruction(bytes, start);
#endif
    return ~portable(bytes, start);
}

}  // namespace cohort
