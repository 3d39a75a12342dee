// What people see of a run, on stderr: a line for every change, and on a terminal one live line for each running job.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "driver/clock.h"
#include "driver/run_state.h"

namespace cohort::driver {

struct ConsoleSettings {
    bool live = false;     ///< a terminal: lines of running jobs are redrawn in place
    bool quiet = false;    ///< failures only
    bool verbose = false;  ///< reused jobs one by one, too
    bool colour = false;
    std::size_t width = 100;
};

class Console final : public Observer {
public:
    using LogOf = std::function<std::string(const std::string& job)>;  ///< path of a job's log
    Console(const Graph& graph, const Clock& clock, ConsoleSettings settings, LogOf log_of);
    ~Console() override;

    void changed(JobIndex job, const JobState& state) override;
    void tick() override;

private:
    void line(const std::string& text);
    void erase_live();
    void draw_live();
    enum class Log { of_this_run, older };
    void tell_failure(JobIndex job, const JobState& state, Log whose);
    void tell_warning(JobIndex job, const JobState& state);
    std::string count_text() const;
    std::string coloured(const char* escape, const std::string& text) const;

    const Graph& graph_;
    const Clock& clock_;
    ConsoleSettings settings_;
    LogOf log_of_;
    std::map<JobIndex, double> running_;  // since when
    std::size_t settled_ = 0, reused_ = 0, live_lines_ = 0;
    bool told_reused_ = false;
    double drawn_s_ = 0;
};

/// Control characters as blanks: a log cannot move the cursor.
std::string printable_line(std::string_view line);

/// The last `count` lines of a job's log, as text: progress records are left out, messages in JSON become their text.
std::string log_tail(const std::string& file, std::size_t count);
/// The last state of progress in a job's log ("training 340 of 2000 iterations, loss .31"), or empty.
std::string log_progress(const std::string& file);

}  // namespace cohort::driver
