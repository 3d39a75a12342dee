// Bytes of equal place gathered into planes (HDF5's shuffle filter), and zlib streams that hold some planes as they
// are. [cohort_shards]
#pragma once

#include <array>
#include <optional>
#include <span>

#include "core/deflate.h"
#include "store/huffman_blocks.h"

namespace cohort::store {

/// planes[p·n + i] = voxels[i·size + p], for n voxels of `size` bytes (2, 4, 8 or 16).
void shuffle_bytes(std::size_t size, std::span<const std::byte> voxels, std::span<std::byte> planes);

/// Where the byte planes of a chunk lie, `size` of them.
using Planes = std::array<const std::byte*, 16>;

/// Voxels [first, first + count) of a shuffled chunk, to `out`.
void unshuffle_run(std::size_t size, const Planes& planes, std::size_t first, std::size_t count, std::byte* out);

/// Entropy of byte values in bits per byte (order 0): near 8 for noise, which deflate cannot shorten.
double byte_entropy(const ByteCounts& counts);

/// How planes that are not stored are deflated: by libdeflate, or each as a Huffman block without matches (but for
/// runs, where one value fills nearly all).
enum class PlaneCoding : std::uint8_t { deflate_1, deflate_9, literals };

/// Appends a zlib stream of `planes` whose first `stored` bytes are in stored blocks of at most `plane` bytes, and
/// whose rest is deflated. Any inflater reads it; ours leaves the stored planes where they are.
void append_zlib_planes(std::span<const std::byte> planes, std::size_t plane, std::size_t stored, PlaneCoding coding,
                        Bytes& packed);

/// Finds the planes of such a stream: stored ones inside `packed`, the others are inflated to `room` (all planes'
/// size). Other zlib streams are inflated whole. Nothing if the stream is damaged or of another length; its checksum is
/// not looked at where planes are stored (a chunk's CRC-32C covers it).
std::optional<Planes> planes_of(std::span<const std::byte> packed, std::size_t size, std::size_t plane,
                                std::span<std::byte> room);

}  // namespace cohort::store
