#include "driver/journal.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "core/error.h"
#include "core/machine.h"

namespace cohort::driver {
namespace {

// Times as text: nanoseconds since 1970 exceed what a JSON number holds exactly.
std::int64_t nanoseconds_in(const Json& line, const char* name) {
    const auto found = line.find(name);
    if (found == line.end() || !found->is_number()) return 0;
    return static_cast<std::int64_t>(found->get<double>() * 1e9);
}

std::string text_in(const Json& line, const char* name) {
    const auto found = line.find(name);
    return found != line.end() && found->is_string() ? found->get<std::string>() : "";
}

std::size_t count_in(const Json& line, const char* name) {
    const auto found = line.find(name);
    return found != line.end() && found->is_number_unsigned() ? found->get<std::size_t>() : 0;
}

/// To the millisecond.
double seconds(std::int64_t nanoseconds) {
    const std::int64_t milliseconds = nanoseconds / 1'000'000;
    return static_cast<double>(milliseconds) * 1e-3;
}

void take_line(const Json& line, JournalReport& report) {
    if (line.contains("cohort_journal")) {
        report.started_ns = nanoseconds_in(line, "started");
        report.jobs = count_in(line, "jobs");
    } else if (const auto carried = line.find("unfinished"); carried != line.end() && carried->is_array()) {
        for (const Json& key : *carried)
            if (key.is_string()) report.unfinished.push_back(key.get<std::string>());
    } else if (line.contains("reused")) {
        report.reused = count_in(line, "reused");
    } else if (line.contains("ended")) {
        report.complete = true;
    } else if (line.contains("job")) {
        const std::string job = text_in(line, "job"), state = text_in(line, "state");
        const auto same = [&](const JournalReport::Running& running) { return running.job == job; };
        const bool without_result = text_in(line, "key").empty();
        if (without_result && (state == name_of(State::stopped) || state == name_of(State::failed)))
            for (const auto& running : report.running)
                if (same(running)) report.unfinished.push_back(running.key);
        report.running.erase(std::remove_if(report.running.begin(), report.running.end(), same), report.running.end());
        if (state == name_of(State::running))
            report.running.push_back({job, text_in(line, "key"), nanoseconds_in(line, "at")});
        else
            ++report.ended[state];
        if (state == name_of(State::failed)) report.failed.push_back(job);
    }
}

std::filesystem::path beside(const std::filesystem::path& file) {
    return file.parent_path() / ("." + file.filename().string() + ".partial");
}

}  // namespace

Journal::Journal(const std::filesystem::path& file, const Graph& graph, const Clock& clock,
                 const std::vector<std::string>& unfinished)
    : file_(file),
      graph_(graph),
      clock_(clock),
      handle_(::open(beside(file).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666)) {
    if (!handle_)
        throw Error(exit_for_write(errno), printable(file.string()) + " cannot be written: " + errno_text(errno) + ".");
    write({{"cohort_journal", 1},
           {"started", seconds(clock_.nanoseconds_since_1970())},
           {"jobs", graph.jobs.size()},
           {"pid", ::getpid()},
           {"host", host_name()}});
    if (!unfinished.empty()) write({{"unfinished", unfinished}});
    // Only now in the old one's place: a kill in between must not lose what is carried over.
    if (::rename(beside(file).c_str(), file.c_str()) != 0)
        throw Error(exit_for_write(errno), printable(file.string()) + " cannot be written: " + errno_text(errno) + ".");
}

void Journal::write(const Json& line) { write_all(handle_.get(), bytes_of(canonical_json(line) + "\n"), file_); }

void Journal::changed(JobIndex job, const JobState& state) {
    if (state.cached || state.state == State::left_out || state.state == State::waiting) {
        if (state.is_good()) ++reused_;
        return;
    }
    if (reused_ != told_reused_) {
        told_reused_ = reused_;
        write({{"reused", reused_}});
    }
    write({{"at", seconds(clock_.nanoseconds_since_1970())},
           {"job", graph_.jobs[job].name},
           {"state", name_of(state.state)},
           {"key", state.key}});
}

void Journal::end(Exit exit) {
    if (reused_ != told_reused_) write({{"reused", reused_}});
    write({{"ended", seconds(clock_.nanoseconds_since_1970())}, {"exit", static_cast<int>(exit)}});
}

JournalReport read_journal(const std::filesystem::path& file) {
    JournalReport report;
    const std::string text = read_text(file);
    std::string_view rest = text;
    while (!rest.empty()) {
        const auto end = rest.find('\n');
        if (end == std::string_view::npos) break;
        try {
            const Json line = parse_json(rest.substr(0, end), "journal");
            if (line.is_object()) take_line(line, report);
        } catch (const Error&) {
            // Said in the header: a line that cannot be read is passed over.
        }
        rest.remove_prefix(end + 1);
    }
    return report;
}

std::vector<std::string> unfinished_keys(const std::filesystem::path& journal, const std::filesystem::path& store) {
    std::error_code ignored;
    if (!std::filesystem::exists(journal, ignored)) return {};
    const JournalReport report = read_journal(journal);
    std::vector<std::string> keys = report.unfinished;
    for (const auto& running : report.running) keys.push_back(running.key);
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    const auto gone = [&](const std::string& key) {
        return key.empty() || !std::filesystem::exists(store / ("." + key + ".partial"), ignored);
    };
    keys.erase(std::remove_if(keys.begin(), keys.end(), gone), keys.end());
    return keys;
}

}  // namespace cohort::driver
