// What a run came to: a table for people, run-summary.json for machines.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/json.h"
#include "driver/graph.h"
#include "driver/limits.h"
#include "driver/run_state.h"

namespace cohort::driver {

/// One step of the table; its jobs taken together.
struct StepRow {
    std::string step, state;
    std::size_t jobs = 0, good = 0, cached = 0;
    double wall_s = 0;           ///< of the jobs run in this run, added up
    std::uint64_t peak_rss = 0;  ///< the highest
    std::uint64_t sources = 0, quarantined = 0;
    std::string expect;  ///< "met", "2 not met", or empty where nothing was asked
};
std::vector<StepRow> rows_of(const Graph& graph, const std::vector<JobState>& states);

/// step, state, time, peak memory, cached, quarantined, expect.
std::string table(const std::vector<StepRow>& rows);

struct RunReport {
    const Graph* graph = nullptr;
    const std::vector<JobState>* states = nullptr;
    const Limits* limits = nullptr;
    std::int64_t started_ns = 0, ended_ns = 0;  ///< since 1970
    Exit exit = Exit::done;
    std::vector<std::pair<std::string, std::string>> outputs;  ///< name, path
};
/// The whole of run-summary.json (written piece by piece: a run may have 20,000 jobs).
std::string summary_json(const RunReport& report);
/// The rows that a summary holds; Error(bad_input) naming `where` when it is damaged.
std::vector<StepRow> rows_in(const Json& summary, const std::string& where);

std::string time_text(std::int64_t nanoseconds_since_1970);  ///< RFC 3339, UTC, seconds
std::string duration_text(double seconds);                   ///< "0.4 s", "3 min 5 s", "2 h 10 min"

}  // namespace cohort::driver
