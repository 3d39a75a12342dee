// Runs a graph: what is ready starts when cores, memory and GPUs are free; what the store has is reused.
//
// Knows Executor, Files and Clock, and no process, file or wall time beside them.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "driver/clock.h"
#include "driver/decider.h"
#include "driver/executor.h"
#include "driver/files.h"
#include "driver/graph.h"
#include "driver/limits.h"
#include "driver/run_state.h"

namespace cohort::driver {

struct Selection {
    std::vector<bool> selected;  ///< by step; others are reused or left out, never run
    std::vector<bool> forced;    ///< by step: run even if the store has the result
    bool keep_going = false;

    static Selection all(const Graph& graph);
};

/// How long the scheduler waits for news at a time; also how often a result that another process still writes is looked
/// at again.
inline constexpr double poll_s = 0.25;

class Scheduler {
public:
    Scheduler(const Graph& graph, const Limits& limits, const Selection& selection, Files& files, Executor& executor,
              const Clock& clock, Observer& observer);

    /// Runs until nothing can be done any more, or the executor is asked to stop.
    void run();

    /// As far as it is known without running anything: what would run, what is reused, what waits.
    void plan();

    /// After plan(): all it needs is there, so it would run now.
    bool is_decided(JobIndex job) const { return decided_.contains(job); }
    const std::vector<JobState>& states() const { return states_; }
    bool stopped() const { return stopped_; }

    /// 75 if stopped with work left, else the code of the first job in the file that is not good, else 0.
    Exit exit_code() const;

private:
    void look_at_all();
    void look_at_all_released();
    void consider(JobIndex job);
    void settle(JobIndex job);  // its result is known: look at what needs it
    void release(JobIndex job);
    void reuse(JobIndex job, const Stored& stored);
    void fail(JobIndex job, Exit exit, std::string message);
    void judge(JobIndex job, const Json& numbers);
    void check_cores_beforehand();
    void start_what_fits();
    bool fits(const Share& share) const;
    JobRequest request_for(JobIndex job);
    void take(JobIndex job);
    void give_back(JobIndex job);
    void finish(const JobEnd& end);
    void publish(JobIndex job, const JobEnd& end);
    void finish_followers(const std::string& key, JobIndex leader);
    void look_at_held();
    void note_waiting();
    bool may_start() const { return !stopped_ && (selection_.keep_going || !failed_); }
    std::string why(JobIndex job, const Decision& decision);

    const Graph& graph_;
    const Limits& limits_;
    const Selection& selection_;
    Files& files_;
    Executor& executor_;
    const Clock& clock_;
    Observer& observer_;
    Decider decider_;

    std::vector<JobState> states_;
    std::vector<std::uint32_t> open_;       // needed jobs without a good result, by job (varying arguments)
    std::vector<std::uint32_t> step_open_;  // the same by step (constant arguments)
    std::deque<JobIndex> to_consider_;
    std::map<JobIndex, Decision> decided_;  // of ready, held and running jobs
    std::set<JobIndex> ready_, held_, running_;
    std::map<std::string, JobIndex> leaders_;                 // key → job that runs for it
    std::map<std::string, std::vector<JobIndex>> followers_;  // key → jobs that wait for its leader
    std::set<std::string> made_;                              // keys made in this run: force runs them once
    std::map<JobIndex, std::vector<std::string>> gpus_of_;
    std::vector<std::string> keys_;  // by job
    std::vector<std::string> free_gpus_;
    unsigned free_cores_ = 0;
    std::uint64_t free_memory_ = 0;
    std::map<JobIndex, unsigned> passed_over_;
    bool planning_ = false, failed_ = false, stopped_ = false;
};

}  // namespace cohort::driver
