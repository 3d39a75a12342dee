// The scale-offset kernels with AVX2. Everything here is checked against the portable ones by a test.
#include "store/scale_offset.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>

#if defined(__x86_64__)
#include <immintrin.h>
#define COHORT_AVX2 __attribute__((target("avx2")))

namespace cohort::store::scale_offset_detail {
namespace {

/// Values are unpacked in blocks of this many to a buffer, where a run does not begin and end with a group.
constexpr std::int64_t block = 256;

void set_lane(ScaleOffsetChunk::Lanes& lanes, std::size_t half, unsigned start_bit, unsigned width) {
    for (unsigned j = 0; j < 4; ++j) {
        const unsigned bit = start_bit + j * width;
        for (unsigned k = 0; k < 4; ++k) lanes.bytes[16 * half + 4 * j + k] = static_cast<std::uint8_t>(bit / 8 + 3 - k);
        lanes.shifts[4 * half + j] = bit % 8;
    }
}

/// The same for two values in 64-bit lanes.
void set_wide_lane(ScaleOffsetChunk::Lanes& lanes, std::size_t half, unsigned start_bit, unsigned width) {
    for (unsigned j = 0; j < 2; ++j) {
        const unsigned bit = start_bit + j * width;
        for (unsigned k = 0; k < 8; ++k) lanes.bytes[16 * half + 8 * j + k] = static_cast<std::uint8_t>(bit / 8 + 7 - k);
        lanes.shifts[4 * half + 2 * j] = bit % 8;
        lanes.shifts[4 * half + 2 * j + 1] = 0;
    }
}

COHORT_AVX2 inline __m256i load_pair(const std::byte* low, const std::byte* high) {
    return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(low))),
                                   _mm_loadu_si128(reinterpret_cast<const __m128i*>(high)), 1);
}
COHORT_AVX2 inline __m256i load_table(const void* from) { return _mm256_load_si256(static_cast<const __m256i*>(from)); }
COHORT_AVX2 inline void store(void* to, __m256i value) { _mm256_storeu_si256(static_cast<__m256i*>(to), value); }

/// Constants of a chunk, held in registers while a run is unpacked.
struct Registers {
    __m256i even_bytes, even_shifts, odd_bytes, odd_shifts, minimum;
    __m128i right;
    std::size_t odd_byte;  ///< where the fifth value of a group begins
    std::size_t width;
};

COHORT_AVX2 inline __m256i values32(__m256i raw, __m256i bytes, __m256i shifts, __m128i right) {
    return _mm256_srl_epi32(_mm256_sllv_epi32(_mm256_shuffle_epi8(raw, bytes), shifts), right);
}

/// 32 values of at most 7 bits.
COHORT_AVX2 inline void group8(const Registers& r, const std::byte* at, std::byte* out) {
    const std::size_t half = 2 * r.width;
    const __m256i a = values32(load_pair(at, at + half), r.even_bytes, r.even_shifts, r.right);
    const __m256i b = values32(load_pair(at + r.odd_byte, at + half + r.odd_byte), r.odd_bytes, r.odd_shifts, r.right);
    at += r.width;
    const __m256i c = values32(load_pair(at, at + half), r.even_bytes, r.even_shifts, r.right);
    const __m256i d = values32(load_pair(at + r.odd_byte, at + half + r.odd_byte), r.odd_bytes, r.odd_shifts, r.right);
    const __m256i packed = _mm256_packus_epi16(_mm256_packus_epi32(a, b), _mm256_packus_epi32(c, d));
    store(out, _mm256_add_epi8(packed, r.minimum));
}

/// 16 values of at most 15 bits.
COHORT_AVX2 inline void group16(const Registers& r, const std::byte* at, std::byte* out) {
    const __m256i a = values32(load_pair(at, at + r.width), r.even_bytes, r.even_shifts, r.right);
    const __m256i b = values32(load_pair(at + r.odd_byte, at + r.width + r.odd_byte), r.odd_bytes, r.odd_shifts, r.right);
    store(out, _mm256_add_epi16(_mm256_packus_epi32(a, b), r.minimum));
}

/// 8 values of at most 25 bits.
COHORT_AVX2 inline void group32(const Registers& r, const std::byte* at, std::byte* out) {
    const __m256i a = values32(load_pair(at, at + r.odd_byte), r.even_bytes, r.even_shifts, r.right);
    store(out, _mm256_add_epi32(a, r.minimum));
}

/// 8 values of 26 to 31 bits: a value may span five bytes, so they pass through 64-bit lanes.
COHORT_AVX2 inline void group32_wide(const Registers& r, const std::byte* at, std::byte* out) {
    const std::size_t w = r.width;
    const __m256i a = _mm256_srl_epi64(_mm256_sllv_epi64(_mm256_shuffle_epi8(load_pair(at, at + 2 * w / 8), r.even_bytes), r.even_shifts), r.right);
    const __m256i b = _mm256_srl_epi64(
        _mm256_sllv_epi64(_mm256_shuffle_epi8(load_pair(at + 4 * w / 8, at + 6 * w / 8), r.odd_bytes), r.odd_shifts), r.right);
    const __m256i low = _mm256_castps_si256(_mm256_shuffle_ps(_mm256_castsi256_ps(a), _mm256_castsi256_ps(b), 0x88));
    store(out, _mm256_add_epi32(_mm256_permute4x64_epi64(low, 0xD8), r.minimum));
}

template <std::size_t size>
COHORT_AVX2 inline __m256i broadcast(std::uint64_t value) {
    if constexpr (size == 1) return _mm256_set1_epi8(static_cast<char>(value));
    else if constexpr (size == 2) return _mm256_set1_epi16(static_cast<short>(value));
    else return _mm256_set1_epi32(static_cast<int>(value));
}

using Group = void (*)(const Registers&, const std::byte*, std::byte*);

/// Overlapping moves instead of a call: runs are short.
COHORT_AVX2 inline void copy_run(std::byte* to, const std::byte* from, std::size_t bytes) {
    if (bytes >= 32) {
        for (std::size_t i = 0; i + 32 <= bytes; i += 32) store(to + i, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + i)));
        store(to + bytes - 32, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + bytes - 32)));
    } else if (bytes >= 16) {
        const __m128i head = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
        const __m128i tail = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + bytes - 16));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to), head);
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to + bytes - 16), tail);
    } else {
        for (std::size_t i = 0; i < bytes; ++i) to[i] = from[i];
    }
}

/// Runs in whole groups, begun at a multiple of eight values (there a byte begins), straight to `out` if the run is made of
/// such groups, else by way of a buffer.
template <std::size_t size, std::int64_t lanes, Group group, unsigned lane_bits>
COHORT_AVX2 void unpack(const ScaleOffsetChunk& chunk, const VoxelRows& rows) {
    const Registers r{load_table(chunk.even.bytes.data()), load_table(chunk.even.shifts.data()), load_table(chunk.odd.bytes.data()),
                      load_table(chunk.odd.shifts.data()), broadcast<size>(chunk.minimum),
                      _mm_cvtsi32_si128(static_cast<int>(lane_bits - chunk.width)), chunk.width / 2, chunk.width};
    alignas(32) std::byte buffer[(block + lanes) * static_cast<std::int64_t>(size)];
    for (std::int64_t row = 0; row < rows.rows; ++row) {
        std::int64_t first = rows.first + row * rows.step, count = rows.count;
        std::byte* out = rows.out + row * rows.out_step;
        while (count > 0) {
            const std::int64_t head = first % 8, run = std::min(count, block - 8);
            const bool direct = head == 0 && run % lanes == 0;
            std::byte* to = direct ? out : buffer;
            const std::byte* at = chunk.bits + static_cast<std::size_t>((first - head) / 8) * chunk.width;
            for (std::int64_t i = 0; i < head + run; i += lanes) {
                group(r, at, to);
                at += static_cast<std::size_t>(lanes / 8) * chunk.width;
                to += static_cast<std::size_t>(lanes) * size;
            }
            const std::size_t bytes = static_cast<std::size_t>(run) * size;
            if (!direct) copy_run(out, buffer + static_cast<std::size_t>(head) * size, bytes);
            first += run;
            count -= run;
            out += bytes;
        }
    }
}

template <class T>
COHORT_AVX2 inline __m256i lower(__m256i a, __m256i b) {
    if constexpr (std::is_same_v<T, std::uint8_t>) return _mm256_min_epu8(a, b);
    else if constexpr (std::is_same_v<T, std::int8_t>) return _mm256_min_epi8(a, b);
    else if constexpr (std::is_same_v<T, std::uint16_t>) return _mm256_min_epu16(a, b);
    else if constexpr (std::is_same_v<T, std::int16_t>) return _mm256_min_epi16(a, b);
    else if constexpr (std::is_same_v<T, std::uint32_t>) return _mm256_min_epu32(a, b);
    else if constexpr (std::is_same_v<T, std::int32_t>) return _mm256_min_epi32(a, b);
    else return _mm256_castps_si256(_mm256_min_ps(_mm256_castsi256_ps(a), _mm256_castsi256_ps(b)));
}

template <class T>
COHORT_AVX2 inline __m256i higher(__m256i a, __m256i b) {
    if constexpr (std::is_same_v<T, std::uint8_t>) return _mm256_max_epu8(a, b);
    else if constexpr (std::is_same_v<T, std::int8_t>) return _mm256_max_epi8(a, b);
    else if constexpr (std::is_same_v<T, std::uint16_t>) return _mm256_max_epu16(a, b);
    else if constexpr (std::is_same_v<T, std::int16_t>) return _mm256_max_epi16(a, b);
    else if constexpr (std::is_same_v<T, std::uint32_t>) return _mm256_max_epu32(a, b);
    else if constexpr (std::is_same_v<T, std::int32_t>) return _mm256_max_epi32(a, b);
    else return _mm256_castps_si256(_mm256_max_ps(_mm256_castsi256_ps(a), _mm256_castsi256_ps(b)));
}

template <class T>
COHORT_AVX2 Range range_of(std::span<const std::byte> plain) {
    constexpr std::size_t lanes = 32 / sizeof(T);
    T value;
    std::memcpy(&value, plain.data(), sizeof value);
    std::array<T, lanes> lows, highs;
    lows.fill(value);
    highs.fill(value);
    __m256i low, high;
    std::memcpy(&low, lows.data(), 32);
    std::memcpy(&high, highs.data(), 32);
    std::size_t at = 0;
    for (; at + 32 <= plain.size(); at += 32) {
        const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(plain.data() + at));
        low = lower<T>(low, v);
        high = higher<T>(high, v);
    }
    std::memcpy(lows.data(), &low, 32);
    std::memcpy(highs.data(), &high, 32);
    T lowest = lows[0], highest = highs[0];
    for (std::size_t i = 1; i < lanes; ++i) {
        lowest = std::min(lowest, lows[i]);
        highest = std::max(highest, highs[i]);
    }
    for (; at < plain.size(); at += sizeof(T)) {
        std::memcpy(&value, plain.data() + at, sizeof value);
        lowest = std::min(lowest, value);
        highest = std::max(highest, value);
    }
    return {static_cast<std::uint64_t>(static_cast<std::int64_t>(lowest)), static_cast<std::uint64_t>(static_cast<std::int64_t>(highest))};
}

COHORT_AVX2 inline void put_be(std::byte* out, std::uint64_t word) {
    word = __builtin_bswap64(word);
    std::memcpy(out, &word, 8);
}

COHORT_AVX2 inline __m128i count_of(unsigned bits) { return _mm_cvtsi32_si128(static_cast<int>(bits)); }

/// Neighbours are joined to twice as wide a lane, the earlier one above the later one, until 64 bits are reached.
COHORT_AVX2 std::size_t pack8(const std::byte* in, std::size_t count, std::uint64_t minimum, unsigned width, std::byte* out) {
    const __m256i low = broadcast<1>(minimum), low8 = _mm256_set1_epi16(0xFF), low16 = _mm256_set1_epi32(0xFFFF),
                  low32 = _mm256_set1_epi64x(0xFFFFFFFF);
    std::size_t i = 0;
    alignas(32) std::uint64_t words[4];
    for (; i + 32 <= count; i += 32) {
        const __m256i v = _mm256_sub_epi8(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(in + i)), low);
        const __m256i two = _mm256_or_si256(_mm256_sll_epi16(_mm256_and_si256(v, low8), count_of(width)), _mm256_srli_epi16(v, 8));
        const __m256i four = _mm256_or_si256(_mm256_sll_epi32(_mm256_and_si256(two, low16), count_of(2 * width)), _mm256_srli_epi32(two, 16));
        const __m256i eight = _mm256_or_si256(_mm256_sll_epi64(_mm256_and_si256(four, low32), count_of(4 * width)), _mm256_srli_epi64(four, 32));
        _mm256_store_si256(reinterpret_cast<__m256i*>(words), _mm256_sll_epi64(eight, count_of(64 - 8 * width)));
        for (const std::uint64_t word : words) {
            put_be(out, word);
            out += width;
        }
    }
    return i;
}

/// Differences of 16 values that fit 16 bits, from values of the type.
template <class T>
COHORT_AVX2 inline __m256i differences16(const std::byte* in, __m256i lowest) {
    const auto* from = reinterpret_cast<const __m256i*>(in);
    if constexpr (sizeof(T) == 2) {
        return _mm256_sub_epi16(_mm256_loadu_si256(from), lowest);
    } else {
        __m256i a = _mm256_loadu_si256(from), b = _mm256_loadu_si256(from + 1);
        if constexpr (std::is_same_v<T, float>) {
            a = _mm256_cvttps_epi32(_mm256_castsi256_ps(a));
            b = _mm256_cvttps_epi32(_mm256_castsi256_ps(b));
        }
        return _mm256_permute4x64_epi64(_mm256_packus_epi32(_mm256_sub_epi32(a, lowest), _mm256_sub_epi32(b, lowest)), 0xD8);
    }
}

template <class T>
COHORT_AVX2 std::size_t pack16(const std::byte* in, std::size_t count, std::uint64_t minimum, unsigned width, std::byte* out) {
    const __m256i low = broadcast<sizeof(T)>(minimum), low16 = _mm256_set1_epi32(0xFFFF), low32 = _mm256_set1_epi64x(0xFFFFFFFF);
    std::size_t i = 0;
    alignas(32) std::uint64_t four[4];
    for (; i + 16 <= count; i += 16) {
        const __m256i v = differences16<T>(in + i * sizeof(T), low);
        const __m256i two = _mm256_or_si256(_mm256_sll_epi32(_mm256_and_si256(v, low16), count_of(width)), _mm256_srli_epi32(v, 16));
        _mm256_store_si256(reinterpret_cast<__m256i*>(four),
                           _mm256_or_si256(_mm256_sll_epi64(_mm256_and_si256(two, low32), count_of(2 * width)), _mm256_srli_epi64(two, 32)));
        for (std::size_t k = 0; k < 4; k += 2) {
            if (width <= 8) {
                put_be(out, four[k] << (64 - 4 * width) | four[k + 1] << (64 - 8 * width));
            } else {
                put_be(out, four[k] << (64 - 4 * width) | four[k + 1] >> (8 * width - 64));
                put_be(out + 8, four[k + 1] << (128 - 8 * width));
            }
            out += width;
        }
    }
    return i;
}

}  // namespace

Unpack avx2_unpack(ScaleOffsetChunk& chunk, std::size_t size) {
    const unsigned w = chunk.width;
    if (size == 4 && w > 25) {
        set_wide_lane(chunk.even, 0, 0, w);
        set_wide_lane(chunk.even, 1, 2 * w % 8, w);
        set_wide_lane(chunk.odd, 0, 4 * w % 8, w);
        set_wide_lane(chunk.odd, 1, 6 * w % 8, w);
        return unpack<4, 8, group32_wide, 64>;
    }
    set_lane(chunk.even, 0, 0, w);
    set_lane(chunk.even, 1, size == 4 ? 4 * w % 8 : 0, w);
    set_lane(chunk.odd, 0, 4 * w % 8, w);
    set_lane(chunk.odd, 1, 4 * w % 8, w);
    if (size == 4) return unpack<4, 8, group32, 32>;
    if (size == 2) return unpack<2, 16, group16, 32>;
    return unpack<1, 32, group8, 32>;
}

Range avx2_range(VoxelType type, std::span<const std::byte> plain) {
    switch (type) {
        case VoxelType::u8: return range_of<std::uint8_t>(plain);
        case VoxelType::i8: return range_of<std::int8_t>(plain);
        case VoxelType::u16: return range_of<std::uint16_t>(plain);
        case VoxelType::i16: return range_of<std::int16_t>(plain);
        case VoxelType::u32: return range_of<std::uint32_t>(plain);
        case VoxelType::f32: return range_of<float>(plain);
        default: return range_of<std::int32_t>(plain);
    }
}

std::size_t avx2_pack(VoxelType type, std::span<const std::byte> plain, std::uint64_t minimum, unsigned width, std::byte* out) {
    if (width > 15) return 0;  // wide integers are rare, and their bits hardly pack faster this way
    const std::size_t count = plain.size() / size_of(type);
    switch (size_of(type)) {
        case 1: return pack8(plain.data(), count, minimum, width, out);
        case 2: return pack16<std::uint16_t>(plain.data(), count, minimum, width, out);
        default: break;
    }
    if (type == VoxelType::f32) return pack16<float>(plain.data(), count, minimum, width, out);
    return pack16<std::uint32_t>(plain.data(), count, minimum, width, out);
}

}  // namespace cohort::store::scale_offset_detail

#else

namespace cohort::store::scale_offset_detail {
Unpack avx2_unpack(ScaleOffsetChunk&, std::size_t) { return nullptr; }
Range avx2_range(VoxelType, std::span<const std::byte>) { return {}; }
std::size_t avx2_pack(VoxelType, std::span<const std::byte>, std::uint64_t, unsigned, std::byte*) { return 0; }
}  // namespace cohort::store::scale_offset_detail

#endif
