// HDF5's scale-offset filter (id 6) for integers, lossless: each chunk's minimum, and just enough bits for the rest.
//
// Format, as HDF5 1.10 writes it with "minimum bits" 0 and no fill value: 4 bytes bits per value, 1 byte 8, 8 bytes
// minimum (sign-extended), 8 bytes 0, all little endian; then value − minimum in that many bits each, most significant bit
// first, without gaps, and at least one bit of padding to a whole byte. With as many bits as the type has, the values
// follow as they are. Chunks that cover all but two of the type's values have as many bits, and a minimum of 0 (but not i8).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "core/deflate.h"
#include "core/voxel_type.h"

namespace cohort::store {

inline constexpr std::size_t scale_offset_header = 21;
/// The fast kernels load whole registers: this many bytes behind the packed ones must be readable (their value is not used).
inline constexpr std::size_t scale_offset_slack = 64;

/// Integers of 8, 16 and 32 bits.
bool fits_scale_offset(VoxelType type);

enum class Kernels { portable, avx2 };
bool kernels_available(Kernels kernels);

/// Packs `plain` (voxels of `type`) and appends the result to `packed`.
void scale_offset_pack(VoxelType type, std::span<const std::byte> plain, Bytes& packed);
void scale_offset_pack(VoxelType type, std::span<const std::byte> plain, Bytes& packed, Kernels kernels);

/// Runs of `count` voxels of a chunk: `rows` of them, from voxel `first`, first + step … to `out`, out + out_step bytes …
struct VoxelRows {
    std::int64_t first = 0, count = 0, rows = 1, step = 0;
    std::byte* out = nullptr;
    std::int64_t out_step = 0;
};

/// A packed chunk, ready to give any run of its voxels. Refers to the packed bytes.
class ScaleOffsetChunk {
public:
    /// Nothing when the bytes are no such chunk of that many voxels. `packed` is followed by the slack.
    static std::optional<ScaleOffsetChunk> open(VoxelType type, std::int64_t voxels, std::span<const std::byte> packed);
    static std::optional<ScaleOffsetChunk> open(VoxelType type, std::int64_t voxels, std::span<const std::byte> packed,
                                                Kernels kernels);

    /// The runs lie inside the chunk; `out` needs no alignment, and nothing beside the runs is written.
    void unpack(const VoxelRows& rows) const { unpack_(*this, rows); }

    /// What the kernels use.
    const std::byte* bits = nullptr;
    unsigned width = 0;  ///< bits per value
    std::uint64_t minimum = 0;
    struct alignas(32) Lanes {
        std::array<std::uint8_t, 32> bytes;   ///< which byte goes where (pshufb)
        std::array<std::uint32_t, 8> shifts;  ///< to the left, so that the value begins at the top bit
    };
    Lanes even{}, odd{};

private:
    using Unpack = void (*)(const ScaleOffsetChunk&, const VoxelRows&);
    Unpack unpack_ = nullptr;
};

/// The filter's decimal form for f32 with factor 0, lossless where every voxel is a whole number: the minimum is an f32, and
/// the differences are packed as whole numbers.
class WholeFloatChunk {
public:
    static std::optional<WholeFloatChunk> open(std::int64_t voxels, std::span<const std::byte> packed);
    void unpack(const VoxelRows& rows) const;

private:
    explicit WholeFloatChunk(const ScaleOffsetChunk& differences) : differences_(differences) {}
    ScaleOffsetChunk differences_;
    float minimum_ = 0;
};

/// True if each of the f32 is a whole number of at most 23 bits and not −0: then the decimal form gives back its very bits.
bool holds_whole_numbers(std::span<const float> values);
void whole_float_pack(std::span<const std::byte> plain, Bytes& packed);
void whole_float_pack(std::span<const std::byte> plain, Bytes& packed, Kernels kernels);

namespace scale_offset_detail {

using Unpack = void (*)(const ScaleOffsetChunk&, const VoxelRows&);
Unpack avx2_unpack(ScaleOffsetChunk& chunk, std::size_t size);  ///< sets the lanes

/// Smallest and largest value, sign-extended; of f32 the whole numbers.
struct Range {
    std::uint64_t lowest = 0, highest = 0;
};
Range avx2_range(VoxelType type, std::span<const std::byte> plain);
/// Packs as many values as it can (a multiple of 8), returns how many; `out` has slack.
std::size_t avx2_pack(VoxelType type, std::span<const std::byte> plain, std::uint64_t minimum, unsigned width, std::byte* out);

}  // namespace scale_offset_detail

}  // namespace cohort::store
