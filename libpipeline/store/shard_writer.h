// One shard: an HDF5 file of compressed chunks, with /index at its end.  [cohort_shards]
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "store/dataset_index.h"
#include "store/packed_array.h"

namespace cohort::store {

/// A row of /index, as it lies in the file.
struct ChunkEntry {
    std::uint64_t address = 0;
    std::uint32_t bytes = 0;
    std::uint32_t crc = 0;  ///< CRC-32C of the stored bytes
};
static_assert(sizeof(ChunkEntry) == 16);

/// Chunks are placed in the order of the calls; equal calls give equal bytes. HDF5 is called by one thread at a time.
/// Errors: Error(resources) for a full disk, Error(output) otherwise, with the file's name.
class ShardWriter {
public:
    explicit ShardWriter(std::filesystem::path file);
    ~ShardWriter();
    ShardWriter(ShardWriter&&) noexcept;

    /// The array becomes /samples/ID/ARRAY (neither may be ".", which HDF5 takes for the group itself); returns the row of /index of its first chunk.
    std::uint32_t place(const std::string& id, const PackedArray& array);
    /// Arrays of one form, a single chunk each, become /stacks/ARRAY/STACK_NAME; beside it NAME.ids holds the ids.
    /// Returns the row of /index of the first.
    std::uint32_t place_stack(std::span<const std::string> ids, std::span<const PackedArray> arrays);

    std::uint64_t chunk_bytes() const;
    std::uint64_t chunks() const;

    /// Writes /index and closes the file.
    ShardRecord finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace cohort::store
