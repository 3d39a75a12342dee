// Hostile shards: index.jsonl, packed chunks of every type and filter, and Huffman blocks (also what we write
// ourselves).
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/error.h"
#include "store/chunk_codec.h"
#include "store/dataset_index.h"
#include "store/huffman_blocks.h"
#include "store/huffman_reader.h"
#include "store/scale_offset.h"

namespace {

using namespace cohort;
using namespace cohort::store;

void read_lines(std::string_view text) {
    IndexLines lines("index.jsonl");
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        lines.take(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    const DatasetIndex index = lines.finish();
    for (std::size_t i = 0; i < index.samples(); ++i)
        if (index.find(index.id(i)) != i) __builtin_trap();
}

/// Header: type, filters, three chunk extents (1–16); the rest is the packed chunk.
void unpack(std::span<const std::uint8_t> bytes) {
    if (bytes.size() < 5) return;
    const auto type = static_cast<VoxelType>(bytes[0] % 13);
    const auto filters = static_cast<Filters>(bytes[1] % 7);
    if (!can_hold(filters, type)) return;
    Shape shape;
    for (std::size_t a = 0; a < 3; ++a) shape.push_back(1 + bytes[2 + a] % 16);
    const ChunkGrid grid = chunk_grid(shape, shape);
    const auto packed = std::as_bytes(bytes.subspan(5));
    Bytes room(packed.begin(), packed.end());
    room.resize(packed.size() + scale_offset_slack);
    Bytes out(static_cast<std::size_t>(grid.voxels) * size_of(type));
    for_each_chunk(grid, {0, 0, 0}, shape, [&](const ChunkPart& part) {
        if (!decode_part(filters, type, grid.voxels, std::span(room).first(packed.size()), part, out.data())) return;
    });
}

/// What our reader takes, a general inflater reads alike.
void read_blocks(std::span<const std::byte> packed) {
    Bytes ours(4096), theirs(4096);
    for (const std::size_t size : {0U, 1U, 100U, 1000U, 4096U}) {
        const auto into = std::span(ours).first(size);
        if (!read_huffman_blocks(packed, into)) continue;
        if (!inflate_raw(packed, std::span(theirs).first(size)) ||
            !std::equal(into.begin(), into.end(), theirs.begin()))
            __builtin_trap();
    }
}

/// What we write comes back, by our reader and by a general inflater.
void write_blocks(std::span<const std::byte> plain) {
    Bytes packed, back(plain.size());
    HuffmanStream stream(packed);
    const auto first = plain.first(plain.size() / 3), second = plain.subspan(plain.size() / 3);
    stream.append_block(first, count_bytes(first), false);
    stream.append_block(second, count_bytes(second), true);
    stream.finish();
    if (!inflate_raw(packed, back) || !std::equal(plain.begin(), plain.end(), back.begin())) __builtin_trap();
    Bytes runs;
    HuffmanStream other(runs);
    other.append_runs(first, false);
    other.append_runs(second, true);
    other.finish();
    if (!inflate_raw(runs, back) || !std::equal(plain.begin(), plain.end(), back.begin())) __builtin_trap();
    if (plain.empty()) return;
    std::fill(back.begin(), back.end(), std::byte{0});
    if (!read_huffman_blocks(runs, back) || !std::equal(plain.begin(), plain.end(), back.begin())) __builtin_trap();
    std::fill(back.begin(), back.end(), std::byte{0});
    if (!read_huffman_blocks(packed, back) || !std::equal(plain.begin(), plain.end(), back.begin())) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    try {
        const std::span<const std::uint8_t> bytes(data, size);
        if (bytes[0] == '{')
            read_lines({reinterpret_cast<const char*>(data), size});
        else if (bytes[0] == 'H')
            read_blocks(std::as_bytes(bytes.subspan(1)));
        else if (bytes[0] == 'W')
            write_blocks(std::as_bytes(bytes.subspan(1)));
        else
            unpack(bytes.subspan(1));
    } catch (const Error&) {
    }
    return 0;
}
