// An array in compressed chunks, on its way to a shard.  [cohort_shards]
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/deflate.h"
#include "core/volume.h"
#include "store/chunk_codec.h"

namespace cohort::store {

/// What arrays that are stored alike have in common: a line of index.jsonl.
struct Form {
    std::string array;  ///< "image"
    VoxelType type = VoxelType::u8;
    Shape shape, chunk;
    Filters filters = Filters::none;
    friend auto operator<=>(const Form&, const Form&) = default;
};

struct PackedChunk {
    std::uint32_t block = 0;   ///< of PackedArray::blocks
    std::uint32_t bytes = 0;
    std::uint64_t offset = 0;  ///< in the block
    std::uint32_t crc = 0;     ///< CRC-32C
};

struct PackedArray {
    Form form;
    std::vector<Bytes> blocks;
    std::vector<PackedChunk> chunks;  ///< in the grid's order
    std::span<const std::byte> bytes_of_chunk(std::size_t i) const {
        return std::span(blocks[chunks[i].block]).subspan(chunks[i].offset, chunks[i].bytes);
    }
    std::uint64_t stored_bytes() const;
};

/// Chooses the codec on the middle chunk (the next one that is not constant, if that is) and packs all.
/// The result does not depend on `threads`.
PackedArray pack_array(std::string name, const Volume& volume, Codec codec, unsigned threads);

/// Takes a single chunk over as it is.
void append_chunk(PackedArray& array, std::span<const std::byte> packed, std::uint32_t crc);

}  // namespace cohort::store
