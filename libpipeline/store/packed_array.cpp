#include "store/packed_array.h"

#include <algorithm>
#include <cstring>

#include "core/parallel.h"
#include "store/scale_offset.h"

namespace cohort::store {
namespace {

constexpr std::int64_t chunks_per_block = 32;

bool is_constant(std::span<const std::byte> chunk, std::size_t size) {
    return chunk.size() == size || std::memcmp(chunk.data(), chunk.data() + size, chunk.size() - size) == 0;
}

/// A constant chunk says nothing about the others.
ChunkCodec trial(const Volume& volume, const ChunkGrid& grid, Codec codec, std::span<std::byte> chunk) {
    if (codec == Codec::none) return {};
    std::int64_t middle = 0;
    for (std::size_t a = grid.count.size(); a-- > 0;) middle = middle * grid.count[a] + grid.count[a] / 2;
    for (std::int64_t i = 0; i < grid.chunks; ++i) {
        gather_chunk(volume, grid, (middle + i) % grid.chunks, chunk);
        if (!is_constant(chunk, size_of(volume.type()))) break;
    }
    const bool whole = codec == Codec::fast && volume.type() == VoxelType::f32 && holds_whole_numbers(volume.values<float>());
    return choose_codec(codec, volume.type(), chunk, whole);
}

}  // namespace

std::uint64_t PackedArray::stored_bytes() const {
    std::uint64_t sum = 0;
    for (const auto& block : blocks) sum += block.size();
    return sum;
}

PackedArray pack_array(std::string name, const Volume& volume, Codec codec, unsigned threads) {
    PackedArray packed;
    packed.form = {std::move(name), volume.type(), volume.shape(), chunk_shape(volume.type(), volume.shape(), volume.axes()), Filters::none};
    const ChunkGrid grid = chunk_grid(packed.form.shape, packed.form.chunk);
    const std::size_t chunk_bytes = static_cast<std::size_t>(grid.voxels) * size_of(volume.type());
    Bytes first(chunk_bytes);
    const ChunkCodec choice = trial(volume, grid, codec, first);
    packed.form.filters = choice.filters;
    packed.chunks.resize(static_cast<std::size_t>(grid.chunks));
    packed.blocks.resize(static_cast<std::size_t>((grid.chunks + chunks_per_block - 1) / chunks_per_block));
    parallel_for(packed.blocks.size(), threads, [&](std::size_t b) {
        Bytes chunk(chunk_bytes);
        Bytes& block = packed.blocks[b];
        const std::int64_t begin = static_cast<std::int64_t>(b) * chunks_per_block, end = std::min(begin + chunks_per_block, grid.chunks);
        for (std::int64_t i = begin; i < end; ++i) {
            gather_chunk(volume, grid, i, chunk);
            const std::size_t offset = block.size();
            encode_chunk(choice, volume.type(), chunk, block);
            // The others will be about as large: growing step by step would copy them again and again.
            if (i == begin && end > begin + 1) block.reserve(block.size() * static_cast<std::size_t>(end - begin) * 9 / 8);
            const auto bytes = std::span<const std::byte>(block).subspan(offset);
            packed.chunks[static_cast<std::size_t>(i)] = {static_cast<std::uint32_t>(b), static_cast<std::uint32_t>(bytes.size()), offset, crc32c(bytes)};
        }
    });
    return packed;
}

void append_chunk(PackedArray& array, std::span<const std::byte> packed, std::uint32_t crc) {
    if (array.blocks.empty()) array.blocks.emplace_back();
    Bytes& block = array.blocks.back();
    array.chunks.push_back({static_cast<std::uint32_t>(array.blocks.size() - 1), static_cast<std::uint32_t>(packed.size()), block.size(), crc});
    block.insert(block.end(), packed.begin(), packed.end());
}

}  // namespace cohort::store
