#include "driver/summary.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <ctime>

#include "core/checked_math.h"
#include "core/error.h"

namespace cohort::driver {
namespace {

std::size_t width_of(const std::string& text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// How a step stands, from how its jobs do: the worst first.
std::string common_state(const std::vector<std::size_t>& counts) {
    const auto count = [&](State state) { return counts[static_cast<std::size_t>(state)]; };
    for (const State state : {State::failed, State::quarantined, State::stopped, State::running, State::waiting,
                              State::left_out, State::done})
        if (count(state) > 0) return std::string(name_of(state));
    return std::string(name_of(State::reused));
}

std::string expect_text(std::size_t asked, std::size_t unmet) {
    if (asked == 0) return "";
    return unmet == 0 ? "met" : std::to_string(unmet) + " not met";
}

void add_member(std::string& text, const char* name, const std::string& json) {
    if (text.back() != '{') text += ',';
    text += '"';
    text += name;
    text += "\":";
    text += json;
}
std::string quoted_json(const std::string& text) { return canonical_json(Json(text)); }

/// Milliseconds are enough, and keep the file short.
std::string seconds_json(double seconds) { return shortest(std::round(seconds * 1000) / 1000); }

std::string judgements_json(const std::vector<Judgement>& judgements) {
    Json list = Json::array();
    for (const auto& judgement : judgements)
        list.push_back({{"name", judgement.name},
                        {"expected", judgement.wanted},
                        {"value", judgement.value},
                        {"met", judgement.met}});
    return canonical_json(list);
}

std::string job_json(const Graph& graph, JobIndex index, const JobState& state) {
    const Job& job = graph.jobs[index];
    std::string text = "{";
    add_member(text, "job", quoted_json(job.name));
    add_member(text, "step", quoted_json(graph.model(job).name));
    add_member(text, "state", quoted_json(std::string(name_of(state.state))));
    add_member(text, "cached", state.cached ? "true" : "false");
    if (state.exit != Exit::done) add_member(text, "exit", std::to_string(static_cast<int>(state.exit)));
    if (!state.key.empty()) add_member(text, "key", quoted_json(state.key));
    if (!state.digest.empty()) {
        add_member(text, "digest", quoted_json(state.digest));
        add_member(text, "sources", std::to_string(state.sources));
        add_member(text, "quarantined", std::to_string(state.quarantined));
    }
    if (state.wall_s > 0) {
        add_member(text, "wall_s", seconds_json(state.wall_s));
        add_member(text, "cpu_s", seconds_json(state.cpu_s));
        add_member(text, "peak_rss", std::to_string(state.peak_rss));
    }
    if (!state.reason.empty()) add_member(text, "reason", quoted_json(state.reason));
    if (!state.message.empty()) add_member(text, "message", quoted_json(state.message));
    if (!state.warning.empty()) add_member(text, "warning", quoted_json(state.warning));
    if (!state.judgements.empty()) add_member(text, "expect", judgements_json(state.judgements));
    return text + "}";
}

std::string row_json(const StepRow& row) {
    return canonical_json({{"step", row.step},
                           {"state", row.state},
                           {"jobs", row.jobs},
                           {"good", row.good},
                           {"cached", row.cached},
                           {"wall_s", std::round(row.wall_s * 1000) / 1000},
                           {"peak_rss", row.peak_rss},
                           {"sources", row.sources},
                           {"quarantined", row.quarantined},
                           {"expect", row.expect}});
}

std::string two(int number) { return (number < 10 ? "0" : "") + std::to_string(number); }

}  // namespace

std::vector<StepRow> rows_of(const Graph& graph, const std::vector<JobState>& states) {
    std::vector<StepRow> rows;
    for (std::size_t step = 0; step < graph.steps.size(); ++step) {
        StepRow row;
        row.step = graph.pipeline.steps[step].name;
        row.jobs = graph.steps[step].count;
        std::vector<std::size_t> counts(static_cast<std::size_t>(State::left_out) + 1);
        std::size_t asked = 0, unmet = 0;
        for (JobIndex i = 0; i < graph.steps[step].count; ++i) {
            const JobState& state = states[graph.steps[step].first + i];
            ++counts[static_cast<std::size_t>(state.state)];
            if (state.is_good()) ++row.good;
            if (state.cached)
                ++row.cached;
            else
                row.wall_s += state.wall_s;
            row.peak_rss = std::max(row.peak_rss, state.peak_rss);
            row.sources += state.sources;
            row.quarantined += state.quarantined;
            asked += state.judgements.size();
            for (const auto& judgement : state.judgements) unmet += judgement.met ? 0 : 1;
        }
        row.state = common_state(counts);
        row.expect = expect_text(asked, unmet);
        rows.push_back(std::move(row));
    }
    return rows;
}

std::string table(const std::vector<StepRow>& rows) {
    std::vector<std::array<std::string, 7>> cells{
        {"step", "state", "time", "peak memory", "cached", "quarantined", "expect"}};
    for (const auto& row : rows) {
        const std::string of_jobs =
            row.jobs == 1 ? "" : " " + std::to_string(row.good) + " of " + std::to_string(row.jobs);
        const std::string cached = row.jobs == 1 ? (row.cached > 0 ? "yes" : "no")
                                                 : std::to_string(row.cached) + " of " + std::to_string(row.jobs);
        cells.push_back({row.step, row.state + of_jobs, row.wall_s > 0 ? duration_text(row.wall_s) : "-",
                         row.peak_rss > 0 ? human_bytes(row.peak_rss) : "-", cached,
                         row.sources > 0 || row.quarantined > 0
                             ? std::to_string(row.quarantined) + " of " + std::to_string(row.sources)
                             : "-",
                         row.expect.empty() ? "-" : row.expect});
    }
    std::array<std::size_t, 7> widths{};
    for (const auto& line : cells)
        for (std::size_t c = 0; c < line.size(); ++c) widths[c] = std::max(widths[c], width_of(line[c]));
    std::string text;
    for (const auto& line : cells) {
        std::string out;
        for (std::size_t c = 0; c < line.size(); ++c) {
            out += line[c];
            if (c + 1 < line.size()) out.append(widths[c] - width_of(line[c]) + 2, ' ');
        }
        text += out + "\n";
    }
    return text;
}

std::string summary_json(const RunReport& report) {
    const Graph& graph = *report.graph;
    std::string text = "{\"format\":1";
    add_member(text, "pipeline", quoted_json(graph.pipeline.name));
    add_member(text, "file", quoted_json(graph.pipeline.file.string()));
    add_member(text, "started", quoted_json(time_text(report.started_ns)));
    add_member(text, "ended", quoted_json(time_text(report.ended_ns)));
    add_member(text, "wall_s", seconds_json(static_cast<double>(report.ended_ns - report.started_ns) * 1e-9));
    add_member(text, "exit", std::to_string(static_cast<int>(report.exit)));
    add_member(text, "limits",
               canonical_json({{"jobs", report.limits->jobs},
                               {"cores", report.limits->cores},
                               {"memory", report.limits->memory},
                               {"gpus", report.limits->gpus.size()}}));
    std::string steps = "[";
    for (const auto& row : rows_of(graph, *report.states))
        steps += (steps.size() > 1 ? ",\n  " : "\n  ") + row_json(row);
    text += ",\n ";
    text += "\"steps\":" + steps + "],\n \"jobs\":[";
    for (JobIndex job = 0; job < graph.jobs.size(); ++job) {
        text += job > 0 ? ",\n  " : "\n  ";
        text += job_json(graph, job, (*report.states)[job]);
    }
    text += "],\n \"outputs\":";
    Json outputs = Json::object();
    for (const auto& [name, path] : report.outputs) outputs[name] = path;
    return text + canonical_json(outputs) + "}\n";
}

std::vector<StepRow> rows_in(const Json& summary, const std::string& where) {
    std::vector<StepRow> rows;
    const auto count = [&](const Json& object, const char* name) {
        return static_cast<std::uint64_t>(std::max<std::int64_t>(0, integer_member(object, name, where)));
    };
    const Json& steps = member(summary, "steps", where);
    if (!steps.is_array()) throw Error(Exit::bad_input, where + ": 'steps' must be a list.");
    for (const Json& step : steps) {
        StepRow row;
        row.step = text_member(step, "step", where);
        row.state = text_member(step, "state", where);
        row.jobs = count(step, "jobs");
        row.good = count(step, "good");
        row.cached = count(step, "cached");
        row.wall_s = number_member(step, "wall_s", where);
        row.peak_rss = count(step, "peak_rss");
        row.sources = count(step, "sources");
        row.quarantined = count(step, "quarantined");
        row.expect = text_member(step, "expect", where);
        rows.push_back(std::move(row));
    }
    return rows;
}

std::string time_text(std::int64_t nanoseconds) {
    const std::time_t seconds = nanoseconds / 1'000'000'000;
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    return std::to_string(parts.tm_year + 1900) + "-" + two(parts.tm_mon + 1) + "-" + two(parts.tm_mday) + "T" +
           two(parts.tm_hour) + ":" + two(parts.tm_min) + ":" + two(parts.tm_sec) + "Z";
}

std::string duration_text(double seconds) {
    if (seconds < 60) {
        std::array<char, 32> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), seconds, std::chars_format::fixed,
                                       seconds < 10 ? 2 : 1)
                             .ptr;
        return std::string(digits.data(), end) + " s";
    }
    const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
    if (whole < 3600) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
    return std::to_string(whole / 3600) + " h " + std::to_string(whole % 3600 / 60) + " min";
}

}  // namespace cohort::driver
