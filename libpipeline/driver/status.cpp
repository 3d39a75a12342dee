#include "driver/status.h"

#include <algorithm>

#include "cli/validator.h"
#include "core/error.h"
#include "core/files.h"
#include "driver/console.h"
#include "driver/journal.h"
#include "driver/summary.h"
#include "driver/work_folder.h"

namespace cohort::driver {

namespace fs = std::filesystem;

namespace {

std::vector<std::string> pipelines_in(const fs::path& root) {
    std::vector<std::string> names;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(root / "runs", ignored))
        if (const auto name = entry.path().filename().string(); !name.starts_with('.')) names.push_back(name);
    std::sort(names.begin(), names.end());
    return names;
}

/// A file's name inside, or the name itself.
std::string name_of_pipeline(const std::string& given) {
    std::error_code ignored;
    return fs::is_regular_file(given, ignored) ? pipeline_name(given) : given;
}

std::string going_text(const fs::path& root, const std::string& name, const JournalReport& journal, std::int64_t now_ns,
                       bool alive) {
    std::string text = name + ": " + (alive ? "running" : "cut short") + " since " + time_text(journal.started_ns) +
                       "; " + std::to_string(journal.jobs) + " jobs";
    if (journal.reused > 0) text += ", " + std::to_string(journal.reused) + " reused";
    for (const auto& [state, count] : journal.ended) text += ", " + std::to_string(count) + " " + state;
    text += alive ? ", " + std::to_string(journal.running.size()) + " running\n" : "; the same command goes on\n";
    for (const auto& running : journal.running) {
        text += "  " + running.job + "  ";
        if (!alive) {
            text += "begun, not ended\n";
            continue;
        }
        text += duration_text(static_cast<double>(now_ns - running.since_ns) * 1e-9);
        const auto progress = log_progress((root / "logs" / name / (running.job + ".log")).string());
        text += (progress.empty() ? "" : "  " + progress) + "\n";
    }
    for (const auto& failed : journal.failed)
        text += "  " + failed + "  failed, see " + (root / "logs" / name / (failed + ".log")).string() + "\n";
    return text;
}

Json going_json(const std::string& name, const JournalReport& journal, bool alive) {
    Json running = Json::array();
    for (const auto& job : journal.running) running.push_back({{"job", job.job}, {"since", time_text(job.since_ns)}});
    Json ended = Json::object();
    for (const auto& [state, count] : journal.ended) ended[state] = count;
    return {{"pipeline", name},
            {"state", alive ? "running" : "cut short"},
            {"started", time_text(journal.started_ns)},
            {"jobs", journal.jobs},
            {"reused", journal.reused},
            {"ended", ended},
            {"running", running},
            {"failed", journal.failed}};
}

std::string ended_text(const std::string& name, const fs::path& file) {
    const Json summary = read_json(file);
    const std::string where = printable(file.string());
    const std::int64_t exit = integer_member(summary, "exit", where);
    std::string text = name + ": " +
                       (exit == 0    ? "complete"
                        : exit == 75 ? "stopped; the same command goes on"
                                     : "not complete (exit " + std::to_string(exit) + ")") +
                       ", last run " + text_member(summary, "started", where) + "\n\n" + table(rows_in(summary, where));
    const Json& jobs = member(summary, "jobs", where);
    if (!jobs.is_array()) throw Error(Exit::bad_input, where + ": 'jobs' must be a list.");
    for (const Json& job : jobs)
        if (job.is_object() && job.contains("message"))
            text += "\n" + text_member(job, "job", where) + ": " + text_member(job, "message", where);
    return text + (text.ends_with('\n') ? "" : "\n");
}

}  // namespace

std::string status_text(const Options& options) {
    const SystemClock clock;
    const fs::path root = work_folder_path(options.work);
    std::vector<std::string> names = pipelines_in(root);
    if (!options.pipeline.empty()) {
        const std::string name = name_of_pipeline(options.pipeline);
        if (std::find(names.begin(), names.end(), name) == names.end())
            throw Error(Exit::usage, "Nothing of a pipeline '" + printable(name) + "' is in " +
                                         printable(root.string()) +
                                         (names.empty() ? "; run it first, or give another --work."
                                                        : cli::unknown_name_ending(name, names)));
        names = {name};
    }
    if (names.empty() && !options.json) return "Nothing has been run in " + printable(root.string()) + ".\n";
    const bool alive = live_driver(root).has_value();
    std::string text;
    Json all = Json::array();
    for (const auto& name : names) {
        const fs::path folder = root / "runs" / name;
        std::error_code ignored;
        JournalReport journal;
        journal.complete = true;
        if (fs::exists(folder / "journal", ignored)) journal = read_journal(folder / "journal");
        const bool has_summary = fs::exists(folder / "run-summary.json", ignored);
        if (options.json) {
            all.push_back(!journal.complete ? going_json(name, journal, alive)
                          : has_summary     ? read_json(folder / "run-summary.json")
                                            : Json({{"pipeline", name}}));
            continue;
        }
        if (!text.empty()) text += "\n";
        if (!journal.complete)
            text += going_text(root, name, journal, clock.nanoseconds_since_1970(), alive);
        else if (has_summary)
            text += ended_text(name, folder / "run-summary.json");
        else
            text += name + ": never ended a run.\n";
    }
    return options.json ? pretty_json(all) : text;
}

}  // namespace cohort::driver
