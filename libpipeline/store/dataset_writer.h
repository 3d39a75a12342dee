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
    ArrayInfo info;                 ///< type, shape and axes are the voxels' where there are any; the digest may be
                                    ///< left empty, and is then computed from the voxels
    std::optional<Volume> voxels;   ///< absent: taken over
    const Dataset* from = nullptr;  ///< where it is taken over from (must outlive finish()) …
    std::string from_id = {}, from_array = {};  ///< … and under which names
    std::optional<Json> header = {};            ///< raw header record, for headers/; one taken over is given here again
};

/// An array as it is: its compressed chunks are taken over, a whole shard linked where it can be; its header goes
/// along.
NewArray taken_over(const Dataset& from, const std::string& id, const std::string& array, const ArrayInfo& info);
/// All arrays of a sample so.
std::map<std::string, NewArray> taken_over(const Dataset& from, const Sample& sample);

/// Copies cases.txt, the ids that predictions were asked for, if `from` has it: they stay asked for, whatever a step
/// sets aside.
void keep_asked_cases(const Dataset& from, const std::filesystem::path& to);

/// What a written dataset holds: numbers for the manifest's content and run.json.
struct DatasetTotals {
    struct Array {
        Role role = Role::image;
        std::uint64_t samples = 0;
    };
    std::uint64_t samples = 0, subjects = 0, shards = 0, voxel_bytes = 0, stored_bytes = 0;
    std::uint64_t labelled = 0;  ///< samples with a label
    std::uint64_t flagged = 0;   ///< samples with a flag
    std::map<std::string, Array> arrays;

    /// {name: {role, samples}}, as content.arrays has it.
    Json arrays_json() const;
    /// Brings the content of the dataset that this one was made from up to date: samples and subjects; arrays, labelled
    /// and flagged only where they stand, since a dataset of another origin need not have them.
    void renew(Json& content) const;
};

/// A sample whose voxels are compressed and hashed, ready to be placed. Made by any thread.
class PackedSample {
public:
    struct State;
    explicit PackedSample(std::unique_ptr<State> state);
    ~PackedSample();
    PackedSample(PackedSample&&) noexcept;
    PackedSample& operator=(PackedSample&&) noexcept;
    const Sample& sample() const;        ///< as it will stand in samples.jsonl, digests included
    std::uint64_t stored_bytes() const;  ///< compressed bytes that it holds in memory
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
    /// Error(bug): an id or array name with bytes beyond [A-Za-z0-9._%-] or of dots alone, or an array that has neither
    /// voxels nor a source.
    std::unique_ptr<PackedSample> pack(Sample sample, std::map<std::string, NewArray> arrays,
                                       unsigned threads = 1) const;
    /// Ids strictly ascending as bytes, else Error(bug).
    void add(std::unique_ptr<PackedSample> sample);
    /// Writes index.jsonl and closes everything.
    DatasetTotals finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace cohort::store
