// The journal of a run: what happened so far, for `cohort status` while the run goes, or after it was cut short.
//
// JSON lines: first {"cohort_journal", "started", "jobs", "pid", "host"}; then {"at", "job", "state", "key"} for every
// job that ran; {"reused": n} when that number has grown; last {"ended", "exit"}. Written anew by each run; what
// earlier runs left unfinished is carried over in a second line, {"unfinished": [keys]}.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/files.h"
#include "driver/clock.h"
#include "driver/run_state.h"

namespace cohort::driver {

class Journal final : public Observer {
public:
    /// `unfinished`: keys that the journal before this one knew, see unfinished_keys().
    Journal(const std::filesystem::path& file, const Graph& graph, const Clock& clock,
            const std::vector<std::string>& unfinished = {});
    void changed(JobIndex job, const JobState& state) override;
    void end(Exit exit);

private:
    void write(const Json& line);
    std::filesystem::path file_;
    const Graph& graph_;
    const Clock& clock_;
    FileHandle handle_;
    std::size_t reused_ = 0, told_reused_ = 0;
};

/// What a journal says. Lines that cannot be read (a torn last one) are passed over.
struct JournalReport {
    std::int64_t started_ns = 0;
    std::size_t jobs = 0, reused = 0;
    std::map<std::string, std::size_t> ended;  ///< number of jobs by state
    struct Running {
        std::string job, key;
        std::int64_t since_ns = 0;
    };
    std::vector<Running> running;     ///< begun and not ended
    std::vector<std::string> failed;  ///< names
    /// Keys of jobs that were stopped or failed, in this run or an earlier one: the same command may go on from there.
    std::vector<std::string> unfinished;
    bool complete = false;  ///< the run came to its end
};
JournalReport read_journal(const std::filesystem::path& file);

/// Keys that the journal knows as begun and without a result, as far as their unfinished folder stands in the store.
std::vector<std::string> unfinished_keys(const std::filesystem::path& journal, const std::filesystem::path& store);

}  // namespace cohort::driver
