// Reads chunks of a shard by /index and pread, without HDF5.  [cohort_shards]
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/files.h"
#include "store/dataset_index.h"
#include "store/shard_writer.h"

namespace cohort::store {

/// A shard opened for reading. Thread-safe.
class ShardReader {
public:
    /// Checks the file's length and the digest of its /index against the record; Error(bad_input) if they differ.
    /// With keep_open false the file is opened anew for each reading (there are more shards than descriptors).
    ShardReader(std::filesystem::path file, const ShardRecord& record, bool keep_open);

    /// Unpacks a box of an array into `out`. `grid` and `form` are the array's, `first` the row of /index of its first chunk.
    /// Every chunk that is read checks its CRC; what disagrees is thrown as Error(bad_input) with file, offset and `whose`.
    void read(const Form& form, const ChunkGrid& grid, std::uint32_t first, const std::vector<std::int64_t>& origin,
              const std::vector<std::int64_t>& extent, std::byte* out, const std::string& whose) const;

    /// An array's compressed chunks as they are, checked.
    PackedArray copy(const Form& form, const ChunkGrid& grid, std::uint32_t first, const std::string& whose) const;

    const std::filesystem::path& file() const { return file_; }

private:
    int descriptor(FileHandle& own) const;
    /// Reads rows [first, first + count) of /index, which lie side by side, into `into` (followed by slack).
    void fetch(int fd, std::size_t first, std::size_t count, std::span<std::byte> into, const std::string& whose) const;
    [[noreturn]] void refuse(std::size_t row, const std::string& whose, const std::string& what) const;

    std::filesystem::path file_;
    FileHandle handle_;
    std::vector<ChunkEntry> index_;
};

}  // namespace cohort::store
