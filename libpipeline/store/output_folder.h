// Where a step writes: a folder nobody sees until it is whole.
//
// The folder is .NAME.partial beside NAME. It holds `key` (the run's cache key) and a flock'ed `lock`; both are removed
// when it is published. With an equal key, what an earlier run left there stays, so that the step can go on.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "core/files.h"
#include "core/json.h"
#include "core/quarantine.h"
#include "store/manifest.h"

namespace cohort::store {

enum class Overwrite { refuse, replace };

class OutputFolder {
public:
    /// What stands at `place` already.
    struct Standing {
        bool present = false;
        bool same_key = false;          ///< its run.json has one of the given keys
        std::optional<Manifest> manifest;
    };
    /// `keys`: the content key, and the listing key of raw inputs, whichever are known.
    static Standing standing(const std::filesystem::path& place, const std::vector<std::string>& keys);

    /// Takes the lock (Error(output), naming the holder, if a live process has it), puts back `.NAME.old` if NAME is
    /// absent, and empties the partial folder unless it was begun with the same key.
    OutputFolder(std::filesystem::path place, std::string key);
    ~OutputFolder();
    OutputFolder(OutputFolder&&) noexcept;

    const std::filesystem::path& path() const { return partial_; }       ///< write members below this
    const std::filesystem::path& place() const { return place_; }
    bool continues() const { return continues_; }                        ///< an earlier run's state is there

    /// Writes manifest.json (digest computed from the members) and run.json, removes lock and key, syncs everything and
    /// renames; exchanges with what stands there when `overwrite` is replace. Returns the manifest as written.
    Manifest publish(Manifest manifest, const Json& run, Overwrite overwrite, unsigned threads);

    /// Leaves nothing behind (nothing was worth keeping).
    void discard();

private:
    std::filesystem::path place_, partial_;
    std::string key_;
    std::optional<FileLock> lock_;
    bool continues_ = false;
};

/// Appends to quarantine.jsonl of the output and counts. Thread-safe; lines are sorted by (source, stage, reason) at
/// close(), so that the file does not depend on threads.
class QuarantineWriter {
public:
    QuarantineWriter(std::filesystem::path file, std::string stage);
    ~QuarantineWriter();
    void add(const std::string& source, const Quarantined& why);
    /// Named and skipped: counted, written to the log by the caller.
    void skip(const std::string& source, const std::string& why);
    std::uint64_t quarantined() const;
    std::uint64_t skipped() const;
    void close();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace cohort::store
