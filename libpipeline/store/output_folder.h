// Where a step writes: a folder nobody sees until it is whole.
//
// The folder is .NAME.partial beside NAME. It holds `key` (the run's cache key) and a flock'ed `lock`; both are removed
// right after it has been renamed. With an equal key, what an earlier run left there stays, so that the step can go on.
// A kill at any moment leaves NAME as it was or whole; what it leaves beside, the next run with this place tidies away.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

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
        bool present = false;   ///< anything but an empty folder
        bool same_key = false;  ///< its run.json has one of the given keys
        std::optional<Manifest> manifest;
    };
    /// `keys`: the content key, and the listing key of raw inputs, whichever are known.
    /// Never throws on what it finds: a damaged artefact has no manifest here and no key.
    static Standing standing(const std::filesystem::path& place, const std::vector<std::string>& keys);

    /// For a place that will not be written: removes what a run that was killed after its renaming left in it and
    /// beside it. An unfinished run's folder (one with a key) and one that a live process holds stay.
    static void tidy(const std::filesystem::path& place);

    /// Takes the lock (Error(output), naming the holder, if a live process has it), puts back `.NAME.old` if NAME is
    /// absent, and empties the partial folder unless it was begun with the same key. Makes missing parent folders.
    /// Error(output) also where the place cannot be written or names no folder of its own ("/", ".").
    OutputFolder(std::filesystem::path place, std::string key);
    ~OutputFolder();
    OutputFolder(OutputFolder&&) noexcept;

    const std::filesystem::path& path() const { return partial_; }  ///< write members below this
    const std::filesystem::path& place() const { return place_; }
    /// Something that a step wrote is there: more than the key, the lock and the quarantine that every run begins.
    bool holds_state() const;
    bool continues() const { return continues_; }  ///< an earlier run's state is there

    /// Throws away what an earlier run left (the step cannot go on from it).
    void start_afresh();

    /// Writes manifest.json (members and digest computed) and run.json, syncs everything and renames; exchanges with
    /// what stands there when `overwrite` is replace, but only with an artefact of ours: anything else is
    /// Error(output). Returns the manifest as written.
    Manifest publish(Manifest manifest, const Json& run, Overwrite overwrite, unsigned threads);

    /// Leaves nothing behind (nothing was worth keeping).
    void discard();

private:
    void take_lock();
    void empty();
    void put_in_place(Overwrite overwrite);

    std::filesystem::path place_, partial_;
    std::string key_;
    std::optional<FileLock> lock_;
    bool continues_ = false;
};

/// Appends to quarantine.jsonl of the output and counts. Thread-safe; lines are sorted by (source, stage, reason) at
/// close(), so that the file does not depend on threads. Without lines no file is written.
class QuarantineWriter {
public:
    QuarantineWriter(std::filesystem::path file, std::string stage);  ///< an empty path: counts only
    ~QuarantineWriter();
    /// `source` as in the sample (relative); Error(bug) if the reason is not one of all_reasons().
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
