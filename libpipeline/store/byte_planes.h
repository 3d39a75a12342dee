// Bytes of equal place gathered into planes (HDF5's shuffle filter), and zlib streams that hold some planes as they are.
// [cohort_shards]
#pragma once

#include <span>

#include "core/deflate.h"

namespace cohort::store {

/// planes[p·n + i] = voxels[i·size + p], for n voxels of `size` bytes (2, 4, 8 or 16).
void shuffle_bytes(std::size_t size, std::span<const std::byte> voxels, std::span<std::byte> planes);

/// Voxels [first, first + count) of a shuffled chunk of `voxels` voxels, to `out`.
void unshuffle_run(std::size_t size, std::span<const std::byte> planes, std::size_t voxels, std::size_t first,
                   std::size_t count, std::byte* out);

/// Entropy of the byte values in bits per byte (order 0): near 8 for noise, which deflate cannot shorten.
double byte_entropy(std::span<const std::byte> bytes);

/// A zlib stream of `plain` whose first `stored` bytes are in stored blocks and whose rest is deflated. Any inflater reads it;
/// ours reads the stored part at the speed of memory.
Bytes zlib_with_stored_prefix(std::span<const std::byte> plain, std::size_t stored, int level);

}  // namespace cohort::store
