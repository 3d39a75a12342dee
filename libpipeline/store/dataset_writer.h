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
    ArrayInfo info;                              ///< type, shape and axes are the voxels' where there are any; the digest may be
                                                 ///< left empty, and is then computed from the voxels
    std::optional<Volume> voxels;                ///< absent: taken over
    const Dataset* from = nullptr;               ///< where it is taken over from (must outlive finish()) …
    std::string from_id = {}, from_array = {};   ///< … and under which names
    std::optional<Json> header = {};             ///< raw header record, for headers/; one taken over is given here again
};

/// A sample whose voxels are compressed and hashed, ready to be placed. Made by any thread.
class PackedSample {
public:
    struct State;
    explicit PackedSample(std::unique_ptr<State> state);
    ~PackedSample();
    PackedSample(PackedSample&&) noexcept;
    PackedSample& operator=(PackedSample&&) noexcept;
    const Sample& sample() const;         ///< as it will stand in samples.jsonl, digests included
    std::uint64_t stored_bytes() const;   ///< compressed bytes that it holds in memory
    State& state() { return *state_; }

private:
    std::unique_ptr<State> state_;
};

/// Usage: pack() from many threads, add() from one, in ascending order of ids; finish() writes the rest.
/// Equal content and codec give equal bytes for any number of threads. Arrays taken over keep their compressed chunks;
/// a shard all of whose arrays are taken over under the same ids is hard-linked.
class DatasetWriter {
public:
    DatasetWriter(std::filesystem::path folder, Codec codec, std::uint64_t shard_bytes = std::uint64_t{256} << 20);
    ~DatasetWriter();

    /// Digest, trial of the codec and compression; const and thread-safe. sample.arrays becomes what `arrays` says.
    /// `threads` may share the work on this one sample; the result does not depend on them.
    /// Error(bug): an id or array name with bytes beyond [A-Za-z0-9._%-] or of dots alone, or an array that has neither voxels nor a source.
    std::unique_ptr<PackedSample> pack(Sample sample, std::map<std::string, NewArray> arrays, unsigned threads = 1) const;
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
