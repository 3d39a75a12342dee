#include "store/chunk_codec.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "store/byte_planes.h"
#include "store/scale_offset.h"

namespace cohort::store {
namespace {

constexpr std::array<std::string_view, 7> names{
    "none",      "scale-offset",     "scale-offset-whole-floats", "deflate-1", "shuffle-deflate-1",
    "deflate-9", "shuffle-deflate-9"};

/// A plane that keeps more than this part of its bytes is not worth inflating again at each reading: of noisy f32 the
/// third plane keeps .86 to .94, and leaving it as it is costs a twentieth of the size and makes reading twice as fast.
constexpr double worth_deflating = 0.8;

/// How much the trial's chunk may grow so that no matches need be searched for, which is three to ten times faster.
constexpr double literals_may_cost = 1.10;

/// Room that a thread keeps between chunks; its content never outlives a call.
std::span<std::byte> scratch(std::size_t bytes) {
    thread_local Bytes room;
    if (room.size() < bytes) room.resize(bytes);
    return std::span(room).first(bytes);
}

Filters deflating(Codec codec, bool shuffle) {
    if (codec == Codec::fast) return shuffle ? Filters::shuffle_deflate_1 : Filters::deflate_1;
    return shuffle ? Filters::shuffle_deflate_9 : Filters::deflate_9;
}

/// Leading planes that the trial's chunk shows to be noise.
unsigned noisy_planes(std::size_t size, std::span<const std::byte> planes) {
    const std::size_t count = planes.size() / size;
    unsigned noisy = 0;
    while (noisy < size) {
        const auto plane = planes.subspan(noisy * count, count);
        if (static_cast<double>(zlib_compress(plane, 1).size()) < worth_deflating * static_cast<double>(count)) break;
        ++noisy;
    }
    return noisy;
}

std::size_t size_with(const ChunkCodec& codec, VoxelType type, std::span<const std::byte> chunk) {
    Bytes packed;
    encode_chunk(codec, type, chunk, packed);
    return packed.size();
}

void append_planes(const ChunkCodec& codec, std::size_t count, std::span<const std::byte> planes, Bytes& packed) {
    const auto entropy = [&](std::size_t from) {
        return byte_entropy(count_bytes(planes.subspan(from * count, count)));
    };
    // The trial says which planes may be stored; a chunk of another kind (background) still deflates them.
    std::size_t stored = 0;
    while (stored < codec.stored_planes && entropy(stored) > 8 * worth_deflating) ++stored;
    PlaneCoding coding = codec.filters == Filters::shuffle_deflate_9 ? PlaneCoding::deflate_9 : PlaneCoding::deflate_1;
    if (codec.literals && stored == codec.stored_planes) coding = PlaneCoding::literals;
    append_zlib_planes(planes, count, stored * count, coding, packed);
}

}  // namespace

std::string_view name_of(Filters filters) { return names.at(static_cast<std::size_t>(filters)); }

std::optional<Filters> filters_named(std::string_view name) {
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == name) return static_cast<Filters>(i);
    return std::nullopt;
}

bool shuffles(Filters filters) {
    return filters == Filters::shuffle_deflate_1 || filters == Filters::shuffle_deflate_9;
}

int deflate_level(Filters filters) {
    if (filters == Filters::deflate_1 || filters == Filters::shuffle_deflate_1) return 1;
    return filters == Filters::deflate_9 || filters == Filters::shuffle_deflate_9 ? 9 : 0;
}

bool can_hold(Filters filters, VoxelType type) {
    if (filters == Filters::scale_offset) return fits_scale_offset(type);
    if (filters == Filters::scale_offset_whole_floats) return type == VoxelType::f32;
    return !shuffles(filters) || size_of(type) > 1;
}

ChunkCodec choose_codec(Codec codec, VoxelType type, std::span<const std::byte> chunk, bool whole_floats) {
    if (codec == Codec::none) return {};
    const std::size_t size = size_of(type);
    ChunkCodec choice{deflating(codec, false)};
    std::size_t best = size_with(choice, type, chunk);
    if (size > 1) {
        ChunkCodec shuffled{deflating(codec, true)};
        if (codec == Codec::fast) {
            const auto planes = scratch(chunk.size());
            shuffle_bytes(size, chunk, planes);
            shuffled.stored_planes = noisy_planes(size, planes);
        }
        if (const std::size_t bytes = size_with(shuffled, type, chunk); bytes < best) {
            best = bytes;
            choice = shuffled;
        }
        if (codec == Codec::fast) {
            shuffled.literals = true;
            const std::size_t bytes = size_with(shuffled, type, chunk);
            if (static_cast<double>(bytes) <= literals_may_cost * static_cast<double>(best)) {
                best = std::min(best, bytes);
                choice = shuffled;
            }
        }
    }
    if (codec == Codec::fast && (whole_floats || fits_scale_offset(type))) {
        const ChunkCodec offset{whole_floats ? Filters::scale_offset_whole_floats : Filters::scale_offset};
        if (2 * best >= size_with(offset, type, chunk)) choice = offset;
    }
    return choice;
}

void encode_chunk(const ChunkCodec& codec, VoxelType type, std::span<const std::byte> chunk, Bytes& packed) {
    const auto append = [&](const Bytes& bytes) { packed.insert(packed.end(), bytes.begin(), bytes.end()); };
    switch (codec.filters) {
        case Filters::none:
            packed.insert(packed.end(), chunk.begin(), chunk.end());
            return;
        case Filters::scale_offset:
            scale_offset_pack(type, chunk, packed);
            return;
        case Filters::scale_offset_whole_floats:
            whole_float_pack(chunk, packed);
            return;
        case Filters::deflate_1:
        case Filters::deflate_9:
            append(zlib_compress(chunk, deflate_level(codec.filters)));
            return;
        case Filters::shuffle_deflate_1:
        case Filters::shuffle_deflate_9:
            break;
    }
    const std::size_t size = size_of(type), count = chunk.size() / size;
    const auto planes = scratch(chunk.size());
    shuffle_bytes(size, chunk, planes);
    append_planes(codec, count, planes, packed);
}

bool decode_part(Filters filters, VoxelType type, std::int64_t chunk_voxels, std::span<const std::byte> packed,
                 const ChunkPart& part, std::byte* out) {
    const std::size_t size = size_of(type), voxels = static_cast<std::size_t>(chunk_voxels);
    const std::size_t row = static_cast<std::size_t>(part.extent[0]);
    const auto copy_rows = [&](const std::byte* plain) {
        for_each_row(part, [&](std::int64_t in, std::int64_t at) {
            std::memcpy(out + static_cast<std::size_t>(at) * size, plain + static_cast<std::size_t>(in) * size,
                        row * size);
        });
    };
    if (filters == Filters::none) {
        if (packed.size() != voxels * size) return false;
        copy_rows(packed.data());
        return true;
    }
    const auto unpack_rows = [&](const auto& chunk) {
        if (!chunk) return false;
        const auto bytes = static_cast<std::int64_t>(size);
        for_each_slab(part, [&](std::int64_t in, std::int64_t at) {
            chunk->unpack(
                {in, part.extent[0], part.extent[1], part.chunk_step[1], out + at * bytes, part.out_step[1] * bytes});
        });
        return true;
    };
    if (filters == Filters::scale_offset) return unpack_rows(ScaleOffsetChunk::open(type, chunk_voxels, packed));
    if (filters == Filters::scale_offset_whole_floats) return unpack_rows(WholeFloatChunk::open(chunk_voxels, packed));
    const auto plain = scratch(voxels * size);
    if (!shuffles(filters)) {
        if (!zlib_decompress(packed, plain)) return false;
        copy_rows(plain.data());
        return true;
    }
    const auto planes = planes_of(packed, size, voxels, plain);
    if (!planes) return false;
    for_each_row(part, [&](std::int64_t in, std::int64_t at) {
        unshuffle_run(size, *planes, static_cast<std::size_t>(in), row, out + static_cast<std::size_t>(at) * size);
    });
    return true;
}

}  // namespace cohort::store
