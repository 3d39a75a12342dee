#include "store/shard_reader.h"

#include "core/checked_math.h"
#include "core/error.h"
#include "store/scale_offset.h"

namespace cohort::store {
namespace {

/// Neighbouring chunks are read at once up to so many bytes.
constexpr std::uint64_t longest_run = std::uint64_t{2} << 20;

std::span<std::byte> packed_room(std::size_t bytes) {
    thread_local Bytes room;
    if (room.size() < bytes + scale_offset_slack) room.resize(bytes + scale_offset_slack);
    return std::span(room).first(bytes);
}

}  // namespace

ShardReader::ShardReader(std::filesystem::path file, const ShardRecord& record, bool keep_open) : file_(std::move(file)) {
    FileHandle handle = open_for_reading(file_);
    const std::uint64_t bytes = std::filesystem::file_size(file_);
    const std::string name = printable(file_.string());
    if (bytes != record.bytes)
        throw Error(Exit::bad_input, name + " has " + std::to_string(bytes) + " bytes, index.jsonl says " + std::to_string(record.bytes) +
                                         "; it was cut or swapped. Make the dataset again.");
    if (record.chunks > bytes / sizeof(ChunkEntry) || record.index_at > bytes - record.chunks * sizeof(ChunkEntry))
        throw Error(Exit::bad_input, name + ": index.jsonl places its /index beyond its end; the index is damaged. Make the dataset again.");
    index_.resize(record.chunks);
    if (!read_at(handle.get(), record.index_at, std::as_writable_bytes(std::span(index_))) ||
        sha256(std::as_bytes(std::span(std::as_const(index_)))) != record.index)
        throw Error(Exit::bad_input, name + ": its /index at byte " + std::to_string(record.index_at) +
                                         " is not the one that index.jsonl knows; the file was altered or swapped. Make the dataset again.");
    for (std::size_t i = 0; i < index_.size(); ++i)
        if (index_[i].address > bytes || index_[i].bytes > bytes - index_[i].address) refuse(i, "", "lies beyond the file's end");
    if (keep_open) handle_ = std::move(handle);
}

int ShardReader::descriptor(FileHandle& own) const {
    if (handle_) return handle_.get();
    own = open_for_reading(file_);
    return own.get();
}

void ShardReader::refuse(std::size_t row, const std::string& whose, const std::string& what) const {
    throw Error(Exit::bad_input, printable(file_.string()) + ": the chunk at byte " + std::to_string(index_[row].address) +
                                     (whose.empty() ? "" : " (of " + whose + ")") + " " + what +
                                     "; the file was altered or is damaged. Make the dataset again.");
}

void ShardReader::fetch(int fd, std::size_t first, std::size_t count, std::span<std::byte> into, const std::string& whose) const {
    if (!read_at(fd, index_[first].address, into)) refuse(first, whose, "cannot be read");
    std::size_t at = 0;
    for (std::size_t i = first; i < first + count; ++i) {
        if (crc32c(into.subspan(at, index_[i].bytes)) != index_[i].crc) refuse(i, whose, "does not agree with its CRC-32C");
        at += index_[i].bytes;
    }
}

void ShardReader::read(const Form& form, const ChunkGrid& grid, std::uint32_t first, const std::vector<std::int64_t>& origin,
                       const std::vector<std::int64_t>& extent, std::byte* out, const std::string& whose) const {
    FileHandle own;
    const int fd = descriptor(own);
    thread_local std::vector<ChunkPart> run;  // parts whose chunks follow each other in the file
    run.clear();
    std::uint64_t run_bytes = 0;
    std::size_t next_row = 0;
    const auto flush = [&] {
        if (run.empty()) return;
        const auto packed = packed_room(run_bytes);
        std::size_t row = first + static_cast<std::size_t>(run.front().number), at = 0;
        fetch(fd, row, run.size(), packed, whose);
        for (const ChunkPart& part : run) {
            const std::size_t bytes = index_[row].bytes;
            if (!decode_part(form.filters, form.type, grid.voxels, packed.subspan(at, bytes), part, out)) refuse(row, whose, "cannot be unpacked");
            at += bytes;
            ++row;
        }
        run.clear();
        run_bytes = 0;
    };
    for_each_chunk(grid, origin, extent, [&](const ChunkPart& part) {
        const std::size_t row = first + static_cast<std::size_t>(part.number);
        const bool follows = !run.empty() && row == next_row && index_[row].address == index_[row - 1].address + index_[row - 1].bytes &&
                             run_bytes + index_[row].bytes <= longest_run;
        if (!follows) flush();
        run.push_back(part);
        run_bytes += index_[row].bytes;
        next_row = row + 1;
    });
    flush();
}

PackedArray ShardReader::copy(const Form& form, const ChunkGrid& grid, std::uint32_t first, const std::string& whose) const {
    FileHandle own;
    const int fd = descriptor(own);
    PackedArray array;
    array.form = form;
    for (std::size_t row = first; row < first + static_cast<std::size_t>(grid.chunks); ++row) {
        const auto packed = packed_room(index_[row].bytes);
        fetch(fd, row, 1, packed, whose);
        append_chunk(array, packed, index_[row].crc);
    }
    return array;
}

}  // namespace cohort::store
