// Writes a dataset into an output folder: shards, samples.jsonl, index.jsonl, headers.  [cohort_shards]
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/volume.h"
#include "store/dataset.h"
#include "store/sample.h"

namespace cohort::store {

enum class Codec { none, fast, small };
std::optional<Codec> codec_named(std::string_view name);

/// What is to be written of one array: new voxels, or those of an array of another dataset taken over unchanged.
struct NewArray {
    ArrayInfo info;                              ///< digest may be left empty: it is computed from the voxels
    std::optional<Volume> voxels;                ///< absent: taken over
    const Dataset* from = nullptr;               ///< where it is taken over from …
    std::string from_id = {}, from_array = {};   ///< … and under which names
    std::optional<Json> header;                  ///< raw header record, for headers/
};

/// A sample whose voxels are compressed and hashed, ready to be placed. Made by any thread.
class PackedSample;

/// Usage: pack() from many threads, add() from one, in ascending order of ids; finish() writes the rest.
/// Equal content and codec give equal bytes for any number of threads. Arrays taken over keep their compressed chunks;
/// a shard all of whose arrays are taken over under the same ids is hard-linked.
class DatasetWriter {
public:
    DatasetWriter(std::filesystem::path folder, Codec codec, std::uint64_t shard_bytes = std::uint64_t{256} << 20);
    ~DatasetWriter();

    /// Digest, trial of the codec and compression; const and thread-safe.
    std::unique_ptr<PackedSample> pack(Sample sample, std::map<std::string, NewArray> arrays) const;
    /// Ids strictly ascending as bytes, else Error(bug).
    void add(std::unique_ptr<PackedSample> sample);
    /// Writes index.jsonl and closes everything. Returns the numbers for the manifest's content and run.json.
    struct Totals {
        std::uint64_t samples = 0, subjects = 0, shards = 0, voxel_bytes = 0, stored_bytes = 0;
    };
    Totals finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace cohort::store
