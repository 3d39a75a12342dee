// A dataset on disk: samples streamed from samples.jsonl, voxels read from its shards, chunk by chunk.  [cohort_shards]
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/volume.h"
#include "store/manifest.h"
#include "store/sample.h"

namespace cohort::store {

/// A box of voxels: origin and extent per axis of the array, in its axis order (x first).
struct Box {
    std::vector<std::int64_t> origin;
    std::vector<std::int64_t> extent;
};

/// Opened for reading. Thread-safe: any number of threads may read arrays and patches; no call waits for HDF5's lock.
/// What does not agree with the manifest, the index or a chunk's CRC is thrown as Error(bad_input) that names file,
/// sample and offset.
class Dataset {
public:
    /// Reads manifest.json and index.jsonl; a shard is opened when first needed (its /index is checked then).
    explicit Dataset(const std::filesystem::path& folder);
    ~Dataset();
    Dataset(Dataset&&) noexcept;

    const std::filesystem::path& folder() const;
    const Manifest& manifest() const;

    /// Streams all samples from the beginning (each call a new pass); the end of the pass checks the file's digest.
    SampleReader samples() const;
    /// All of them, for datasets known to be of ordinary size.
    std::vector<Sample> all_samples() const;

    /// A whole array. `info` is the sample's entry for it.
    Volume read(const std::string& id, const std::string& array, const ArrayInfo& info) const;
    /// A box of it into `into` (x fastest, tightly packed, box extents × size of the type); must lie inside the array.
    void read_patch(const std::string& id, const std::string& array, const ArrayInfo& info, const Box& box,
                    std::span<std::byte> into) const;
    /// Recomputes the array's digest; Error(bad_input) if it differs.
    void verify(const std::string& id, const std::string& array, const ArrayInfo& info, unsigned threads) const;

    /// Raw header record (format, fields, raw, extensions) kept at ingest, if any.
    std::optional<Json> header(const std::string& id, const std::string& array) const;

    struct State;
    const State& state() const { return *state_; }  ///< for the writer's reuse of chunks

private:
    std::unique_ptr<State> state_;
};

}  // namespace cohort::store
