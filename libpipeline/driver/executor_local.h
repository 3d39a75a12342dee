// Jobs as child processes on this machine. The driver is their runner: it writes the records of their ends.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "driver/clock.h"
#include "driver/executor.h"
#include "driver/stop_signal.h"
#include "driver/work_folder.h"

namespace cohort::driver {

struct LocalSettings {
    std::filesystem::path programs;  ///< folder with cohort-ingest, cohort-train …
    std::string progress = "none";   ///< what jobs get as --progress: "json" where somebody looks on
};

/// Must live on the main thread: children ask for SIGTERM at the death of the thread that started them.
/// Each child leads a process group of its own, so that a terminal's Ctrl-C reaches the driver alone.
class LocalExecutor final : public Executor {
public:
    LocalExecutor(const WorkFolder& folder, const Clock& clock, StopSignal& stop, LocalSettings settings);
    ~LocalExecutor() override;  ///< ends whatever still runs

    void submit(std::vector<JobRequest> requests) override;
    std::vector<JobEnd> poll(double wait_s) override;
    void cancel_all() override;
    bool stop_requested() const override { return stop_.requested(); }

    /// Where a job's program writes what it has to say.
    std::filesystem::path log_of(const std::string& job_name) const {
        return folder_.log_folder() / (job_name + ".log");
    }

private:
    struct Child {
        JobRequest request;
        pid_t pid = 0;
        double started_s = 0;
        std::uint64_t oom_kills = 0;  ///< of the machine when it began
    };
    void start(JobRequest request);
    JobEnd end_of(const Child& child, int status, const struct ::rusage& usage) const;
    JobEnd lost_end(const Child& child, int fault) const;  ///< somebody else has taken its wait status
    void read_record(const Child& child, JobEnd& end) const;
    void signal_all(int number) const;

    const WorkFolder& folder_;
    const Clock& clock_;
    StopSignal& stop_;
    LocalSettings settings_;
    std::map<pid_t, Child> children_;
    std::vector<JobEnd> ended_;  // could not be started
    bool cancelled_ = false;
};

/// The folder of the steps' programs: $COHORT_BIN, else the one this executable lies in.
std::filesystem::path program_folder();

}  // namespace cohort::driver
