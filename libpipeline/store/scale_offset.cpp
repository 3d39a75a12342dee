#include "store/scale_offset.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace cohort::store {

static_assert(std::endian::native == std::endian::little, "shards are little endian, and so is every machine they are made on");

using scale_offset_detail::Range;

namespace {

template <class T>
T load(const std::byte* from) {
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

std::uint64_t load_be(const std::byte* from) { return __builtin_bswap64(load<std::uint64_t>(from)); }

/// Appends values of `width` bits, most significant first.
class BitWriter {
public:
    explicit BitWriter(std::byte* out) : out_(out) {}
    void put(std::uint64_t value, unsigned width) {
        const unsigned free = 64 - filled_;
        if (width < free) {
            held_ |= value << (free - width);
            filled_ += width;
            return;
        }
        const unsigned rest = width - free;
        flush_word(held_ | value >> rest);
        held_ = rest == 0 ? 0 : value << (64 - rest);
        filled_ = rest;
    }
    void finish() {
        const std::uint64_t word = __builtin_bswap64(held_);
        std::memcpy(out_, &word, (filled_ + 7) / 8);
    }

private:
    void flush_word(std::uint64_t word) {
        word = __builtin_bswap64(word);
        std::memcpy(out_, &word, 8);
        out_ += 8;
    }
    std::byte* out_;
    std::uint64_t held_ = 0;
    unsigned filled_ = 0;
};

template <class F>
decltype(auto) visit_small_integer(VoxelType type, F&& f) {
    switch (type) {
        case VoxelType::u8: return f.template operator()<std::uint8_t>();
        case VoxelType::i8: return f.template operator()<std::int8_t>();
        case VoxelType::u16: return f.template operator()<std::uint16_t>();
        case VoxelType::i16: return f.template operator()<std::int16_t>();
        case VoxelType::u32: return f.template operator()<std::uint32_t>();
        case VoxelType::f32: return f.template operator()<float>();
        default: return f.template operator()<std::int32_t>();
    }
}

Range portable_range(VoxelType type, std::span<const std::byte> plain) {
    return visit_small_integer(type, [&]<class T>() {
        T low = load<T>(plain.data()), high = low;
        for (std::size_t i = 0; i < plain.size(); i += sizeof(T)) {
            const T value = load<T>(plain.data() + i);
            low = std::min(low, value);
            high = std::max(high, value);
        }
        return Range{static_cast<std::uint64_t>(static_cast<std::int64_t>(low)), static_cast<std::uint64_t>(static_cast<std::int64_t>(high))};
    });
}

std::uint64_t value_at(VoxelType type, const std::byte* at) {
    if (type == VoxelType::f32) return static_cast<std::uint64_t>(static_cast<std::int64_t>(load<float>(at)));
    std::uint64_t value = 0;
    std::memcpy(&value, at, size_of(type));
    return value;
}

template <class T>
void unpack_portable(const ScaleOffsetChunk& chunk, const VoxelRows& rows) {
    const unsigned width = chunk.width;
    for (std::int64_t row = 0; row < rows.rows; ++row) {
        std::uint64_t bit = static_cast<std::uint64_t>(rows.first + row * rows.step) * width;
        std::byte* out = rows.out + row * rows.out_step;
        for (std::int64_t i = 0; i < rows.count; ++i, bit += width, out += sizeof(T)) {
            const std::uint64_t value = load_be(chunk.bits + bit / 8) << bit % 8 >> (64 - width);
            const T voxel = static_cast<T>(value + chunk.minimum);
            std::memcpy(out, &voxel, sizeof(T));
        }
    }
}

template <class T>
void unpack_constant(const ScaleOffsetChunk& chunk, const VoxelRows& rows) {
    const T voxel = static_cast<T>(chunk.minimum);
    for (std::int64_t row = 0; row < rows.rows; ++row) {
        std::byte* out = rows.out + row * rows.out_step;
        for (std::int64_t i = 0; i < rows.count; ++i, out += sizeof(T)) std::memcpy(out, &voxel, sizeof(T));
    }
}

template <class T>
void unpack_plain(const ScaleOffsetChunk& chunk, const VoxelRows& rows) {
    for (std::int64_t row = 0; row < rows.rows; ++row)
        std::memcpy(rows.out + row * rows.out_step, chunk.bits + static_cast<std::size_t>(rows.first + row * rows.step) * sizeof(T),
                    static_cast<std::size_t>(rows.count) * sizeof(T));
}

Kernels best_kernels() {
    static const Kernels best = kernels_available(Kernels::avx2) ? Kernels::avx2 : Kernels::portable;
    return best;
}

Range range_of(VoxelType type, std::span<const std::byte> plain, Kernels kernels) {
    return kernels == Kernels::avx2 ? scale_offset_detail::avx2_range(type, plain) : portable_range(type, plain);
}

unsigned width_of(const Range& range) {
    return static_cast<unsigned>(std::bit_width(range.highest - range.lowest));  // = ceil(log2(span + 1))
}

/// Header and differences from `lowest`, `width` bits each.
void pack(VoxelType type, std::span<const std::byte> plain, std::uint64_t lowest, unsigned width, std::uint64_t minimum, Bytes& packed,
          Kernels kernels) {
    const std::size_t size = size_of(type), count = plain.size() / size, begin = packed.size();
    const bool full = width == size * 8;
    const std::size_t bytes = scale_offset_header + (full ? plain.size() : count * width / 8 + 1);
    packed.resize(begin + bytes + scale_offset_slack);
    std::byte* out = packed.data() + begin;
    const auto width32 = static_cast<std::uint32_t>(width);
    std::memcpy(out, &width32, 4);
    out[4] = std::byte{8};
    std::memcpy(out + 5, &minimum, 8);
    out += scale_offset_header;
    if (full) {
        std::memcpy(out, plain.data(), plain.size());
    } else if (width > 0) {
        const std::size_t done = kernels == Kernels::avx2 ? scale_offset_detail::avx2_pack(type, plain, lowest, width, out) : 0;
        std::byte* tail = out + done / 8 * width;
        std::memset(tail, 0, static_cast<std::size_t>(out - scale_offset_header + bytes - tail));
        BitWriter writer(tail);
        const std::uint64_t mask = (std::uint64_t{1} << width) - 1;
        for (std::size_t i = done; i < count; ++i) writer.put((value_at(type, plain.data() + i * size) - lowest) & mask, width);
        writer.finish();
    }
    packed.resize(begin + bytes);
}

}  // namespace

bool fits_scale_offset(VoxelType type) {
    return is_integer(type) && type != VoxelType::boolean && size_of(type) <= 4;
}

bool kernels_available(Kernels kernels) {
    if (kernels == Kernels::portable) return true;
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx2");
#else
    return false;
#endif
}

void scale_offset_pack(VoxelType type, std::span<const std::byte> plain, Bytes& packed) {
    scale_offset_pack(type, plain, packed, best_kernels());
}

void scale_offset_pack(VoxelType type, std::span<const std::byte> plain, Bytes& packed, Kernels kernels) {
    const unsigned full = static_cast<unsigned>(size_of(type) * 8);
    const Range range = range_of(type, plain, kernels);
    const std::uint64_t span = range.highest - range.lowest;
    if (type != VoxelType::i8 && span + 2 >= std::uint64_t{1} << full) pack(type, plain, range.lowest, full, 0, packed, kernels);
    else pack(type, plain, range.lowest, width_of(range), range.lowest, packed, kernels);
}

void whole_float_pack(std::span<const std::byte> plain, Bytes& packed) { whole_float_pack(plain, packed, best_kernels()); }

void whole_float_pack(std::span<const std::byte> plain, Bytes& packed, Kernels kernels) {
    const Range range = range_of(VoxelType::f32, plain, kernels);
    const auto minimum = static_cast<float>(static_cast<std::int64_t>(range.lowest));
    pack(VoxelType::f32, plain, range.lowest, width_of(range), std::bit_cast<std::uint32_t>(minimum), packed, kernels);
}

std::optional<ScaleOffsetChunk> ScaleOffsetChunk::open(VoxelType type, std::int64_t voxels, std::span<const std::byte> packed) {
    return open(type, voxels, packed, best_kernels());
}

std::optional<ScaleOffsetChunk> ScaleOffsetChunk::open(VoxelType type, std::int64_t voxels, std::span<const std::byte> packed,
                                                       Kernels kernels) {
    const auto size = static_cast<std::uint64_t>(size_of(type)), count = static_cast<std::uint64_t>(voxels);
    if (!fits_scale_offset(type) || packed.size() < scale_offset_header || packed[4] != std::byte{8}) return std::nullopt;
    ScaleOffsetChunk chunk;
    chunk.width = load<std::uint32_t>(packed.data());
    chunk.minimum = load<std::uint64_t>(packed.data() + 5);
    chunk.bits = packed.data() + scale_offset_header;
    if (chunk.width > size * 8) return std::nullopt;
    const bool full = chunk.width == size * 8;
    if (packed.size() - scale_offset_header != (full ? count * size : count * chunk.width / 8 + 1)) return std::nullopt;
    chunk.unpack_ = visit_small_integer(type, [&]<class T>() -> Unpack {
        if (full) return unpack_plain<T>;
        if (chunk.width == 0) return unpack_constant<T>;
        if (kernels == Kernels::avx2) return scale_offset_detail::avx2_unpack(chunk, sizeof(T));
        return unpack_portable<T>;
    });
    return chunk;
}

std::optional<WholeFloatChunk> WholeFloatChunk::open(std::int64_t voxels, std::span<const std::byte> packed) {
    const auto differences = ScaleOffsetChunk::open(VoxelType::u32, voxels, packed);
    if (!differences || differences->width == 32) return std::nullopt;
    WholeFloatChunk chunk(*differences);
    chunk.minimum_ = load<float>(packed.data() + 5);
    chunk.differences_.minimum = 0;
    return chunk;
}

void WholeFloatChunk::unpack(const VoxelRows& rows) const {
    differences_.unpack(rows);
    const float minimum = minimum_;
    for (std::int64_t row = 0; row < rows.rows; ++row) {
        std::byte* out = rows.out + row * rows.out_step;
        for (std::int64_t i = 0; i < rows.count; ++i) {
            const float value = static_cast<float>(load<std::int32_t>(out + 4 * i)) + minimum;
            std::memcpy(out + 4 * i, &value, 4);
        }
    }
}

bool holds_whole_numbers(std::span<const float> values) {
    constexpr float most = 8388608.0f;  // so that differences have at most 24 bits, which f32 holds
    constexpr std::size_t block = 4096;  // long enough for vector code, short enough to stop early
    for (std::size_t begin = 0; begin < values.size(); begin += block) {
        unsigned broken = 0;
        for (const float value : values.subspan(begin, std::min(block, values.size() - begin))) {
            const bool in_range = value >= -most && value <= most;
            const float back = static_cast<float>(static_cast<std::int32_t>(in_range ? value : 0.5f));
            broken |= static_cast<unsigned>(std::bit_cast<std::uint32_t>(back) != std::bit_cast<std::uint32_t>(value));
        }
        if (broken) return false;
    }
    return true;
}

}  // namespace cohort::store
