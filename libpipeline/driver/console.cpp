#include "driver/console.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <deque>

#include "cli/terminal.h"
#include "core/checked_math.h"
#include "core/files.h"
#include "driver/summary.h"

namespace cohort::driver {
namespace {

constexpr std::size_t most_live_lines = 16;
constexpr std::size_t tail_lines = 20;
constexpr std::uint64_t tail_bytes = std::uint64_t{64} << 10;
constexpr double redraw_s = 0.2;

constexpr const char* red = "\x1b[31m";
constexpr const char* green = "\x1b[32m";
constexpr const char* yellow = "\x1b[33m";

void say(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
}

/// The last `most` bytes of a file, from the beginning of a line on.
std::string end_of(const std::string& file, std::uint64_t most) {
    const FileHandle handle(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status {};
    if (!handle || ::fstat(handle.get(), &status) != 0) return "";
    const auto size = static_cast<std::uint64_t>(status.st_size);
    const std::uint64_t length = std::min(size, most);
    Bytes bytes(length);
    if (!read_at(handle.get(), size - length, bytes)) return "";
    std::string text(text_of(bytes));
    if (length < size) text.erase(0, std::min(text.find('\n'), text.size() - 1) + 1);
    return text;
}

bool is_record(std::string_view line, std::string_view type) {
    return line.starts_with('{') && line.ends_with('}') &&
           line.find(R"("type":")" + std::string(type) + "\"") != std::string_view::npos;
}

/// A line of a log as people read it; progress records become nothing.
std::string readable(std::string_view line) {
    if (is_record(line, "progress")) return "";
    if (!is_record(line, "message")) return printable_line(line);
    try {
        const Json record = parse_json(line, "a line of the log");
        return printable_line(record.value("text", std::string(line)));
    } catch (const std::exception&) {
        return printable_line(line);
    }
}

}  // namespace

Console::Console(const Graph& graph, const Clock& clock, ConsoleSettings settings, LogOf log_of)
    : graph_(graph), clock_(clock), settings_(settings), log_of_(std::move(log_of)) {}

Console::~Console() { erase_live(); }

std::string Console::coloured(const char* escape, const std::string& text) const {
    return settings_.colour ? escape + text + "\x1b[0m" : text;
}

std::string Console::count_text() const {
    const std::string total = std::to_string(graph_.jobs.size());
    std::string done = std::to_string(settled_);
    return "[" + std::string(total.size() - std::min(total.size(), done.size()), ' ') + done + "/" + total + "] ";
}

void Console::line(const std::string& text) {
    erase_live();
    say(text + "\n");
}

void Console::changed(JobIndex job, const JobState& state) {
    const std::string& name = graph_.jobs[job].name;
    switch (state.state) {
        case State::running:
            running_[job] = clock_.now_s();
            if (!told_reused_ && reused_ > 0 && !settings_.quiet)
                line(count_text() + std::to_string(reused_) + " up to date");
            told_reused_ = true;
            if (!settings_.quiet) line(count_text() + "run    " + name + "  (" + state.reason + ")");
            return;
        case State::reused:
            ++settled_;
            ++reused_;
            if (settings_.verbose) line(count_text() + "reuse  " + name);
            return;
        case State::done:
            ++settled_;
            running_.erase(job);
            if (!settings_.quiet)
                line(count_text() + coloured(green, "done") + "   " + name + " in " + duration_text(state.wall_s) +
                     (state.peak_rss > 0 ? ", " + human_bytes(state.peak_rss) : "") +
                     (state.quarantined > 0 ? ", " + std::to_string(state.quarantined) + " quarantined" : ""));
            return tell_warning(job, state);
        case State::failed:
        case State::quarantined:
        case State::stopped:
            ++settled_;
            tell_failure(job, state, running_.erase(job) > 0 ? Log::of_this_run : Log::older);
            return tell_warning(job, state);
        case State::waiting:
            if (!settings_.quiet) line(count_text() + "wait   " + name + "  (" + state.reason + ")");
            return;
        case State::left_out:
            ++settled_;
            return;
    }
}

void Console::tell_warning(JobIndex job, const JobState& state) {
    if (state.warning.empty()) return;
    line(count_text() + coloured(yellow, "warning") + " " + graph_.jobs[job].name + ": " + state.warning);
}

void Console::tell_failure(JobIndex job, const JobState& state, Log whose) {
    const std::string& name = graph_.jobs[job].name;
    const char* const escape = state.state == State::failed ? red : yellow;
    std::string word(name_of(state.state));
    if (state.state != State::stopped) word += " (exit " + std::to_string(static_cast<int>(state.exit)) + ")";
    line(count_text() + coloured(escape, word) + " " + name + (state.message.empty() ? "" : ": " + state.message));
    const std::string log = log_of_(name);
    if (whose == Log::older) return;  // nothing was started: what lies there tells of another run
    if (state.state != State::failed || !state.key.empty() || ::access(log.c_str(), R_OK) != 0) return;
    const std::string tail = log_tail(log, tail_lines);
    if (!tail.empty()) line("  the log " + log + " ends with");
    for (std::string_view rest = tail; !rest.empty();) {
        const auto end = std::min(rest.find('\n'), rest.size());
        line("  | " + std::string(rest.substr(0, end)));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
}

void Console::tick() {
    if (!settings_.live || settings_.quiet || clock_.now_s() - drawn_s_ < redraw_s) return;
    drawn_s_ = clock_.now_s();
    erase_live();
    draw_live();
}

void Console::erase_live() {
    if (live_lines_ == 0) return;
    say("\x1b[" + std::to_string(live_lines_) + "A\r\x1b[J");
    live_lines_ = 0;
}

void Console::draw_live() {
    std::string text;
    for (const auto& [job, since] : running_) {
        if (live_lines_ == most_live_lines) break;
        const std::string& name = graph_.jobs[job].name;
        std::string shown = "  " + name + "  " + duration_text(clock_.now_s() - since);
        if (const auto progress = log_progress(log_of_(name)); !progress.empty()) shown += "  " + progress;
        if (shown.size() > settings_.width - 1) shown.resize(settings_.width - 1);
        text += printable_line(shown) + "\n";
        ++live_lines_;
    }
    if (!text.empty()) say(text);
}

std::string printable_line(std::string_view line) {
    std::string text;
    for (const char c : line) text += static_cast<unsigned char>(c) < 0x20 && c != '\t' ? ' ' : c;
    return text;
}

std::string log_tail(const std::string& file, std::size_t count) {
    const std::string text = end_of(file, tail_bytes);
    std::deque<std::string> lines;
    for (std::string_view rest = text; !rest.empty();) {
        const auto end = std::min(rest.find('\n'), rest.size());
        std::string shown = readable(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (shown.empty()) continue;
        lines.push_back(std::move(shown));
        if (lines.size() > count) lines.pop_front();
    }
    std::string tail;
    for (const auto& shown : lines) tail += shown + "\n";
    return tail;
}

std::string log_progress(const std::string& file) {
    const std::string text = end_of(file, std::uint64_t{8} << 10);
    for (std::string_view rest = text; !rest.empty();) {
        const auto last = rest.substr(0, rest.size() - 1).rfind('\n');
        std::string_view line = last == std::string_view::npos ? rest : rest.substr(last + 1);
        rest = last == std::string_view::npos ? std::string_view() : rest.substr(0, last + 1);
        if (line.ends_with('\n')) line.remove_suffix(1);
        if (!is_record(line, "progress")) continue;
        try {
            const Json record = parse_json(line, "a line of the log");
            Progress::Snapshot now;
            now.phase = record.value("phase", std::string());
            now.unit = record.value("unit", std::string());
            now.done = record.value("done", std::uint64_t{0});
            if (record.contains("total") && record["total"].is_number())
                now.total = record["total"].get<std::uint64_t>();
            now.quarantined = record.value("quarantined", std::uint64_t{0});
            now.note = record.value("note", std::string());
            return cli::progress_line(now, record.value("elapsed_s", 0.0), record.value("finished", false));
        } catch (const std::exception&) {
            continue;  // a line cut short by a kill
        }
    }
    return "";
}

}  // namespace cohort::driver
