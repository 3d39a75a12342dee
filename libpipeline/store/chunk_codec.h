// How a chunk's bytes are written: HDF5's own filters, chosen once per array by a trial.  [cohort_shards]
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "core/deflate.h"
#include "core/voxel_type.h"
#include "store/chunk_grid.h"
#include "store/dataset_writer.h"

namespace cohort::store {

/// The filters of an array's chunks. Their names are part of index.jsonl: they never change.
enum class Filters : std::uint8_t {
    none,
    scale_offset,
    scale_offset_whole_floats,
    deflate_1,
    shuffle_deflate_1,
    deflate_9,
    shuffle_deflate_9
};
std::string_view name_of(Filters filters);  ///< "none", "scale-offset", "deflate-1", "shuffle-deflate-1" …
std::optional<Filters> filters_named(std::string_view name);
bool shuffles(Filters filters);
int deflate_level(Filters filters);  ///< 0 where there is no deflate
bool can_hold(Filters filters, VoxelType type);

/// What the trial found.
struct ChunkCodec {
    Filters filters = Filters::none;
    unsigned stored_planes = 0;  ///< so many leading byte planes hardly deflate: a chunk may store them
    bool literals = false;       ///< matches would make the other planes hardly smaller: a chunk may do without
};

/// Tries the codec on one chunk. `fast`: scale-offset for integers up to 32 bits, and for f32 arrays all of whose
/// voxels are whole numbers (`whole_floats`), unless deflate 1 makes them less than half as large; everything else is
/// deflate 1, with shuffle where that is smaller. `small`: deflate 9, the same way.
ChunkCodec choose_codec(Codec codec, VoxelType type, std::span<const std::byte> chunk, bool whole_floats);

/// Packs a chunk and appends it to `packed`. Depends on nothing but its arguments.
void encode_chunk(const ChunkCodec& codec, VoxelType type, std::span<const std::byte> chunk, Bytes& packed);

/// Unpacks the part's voxels of a chunk to their places in `out` (the box's first voxel). `packed` must be followed by
/// scale_offset_slack readable bytes. False when the bytes are no such chunk.
[[nodiscard]] bool decode_part(Filters filters, VoxelType type, std::int64_t chunk_voxels,
                               std::span<const std::byte> packed, const ChunkPart& part, std::byte* out);

}  // namespace cohort::store
