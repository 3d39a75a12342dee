// A state of progress as a line, a bar, a JSON object.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "cli/terminal.h"
#include "core/json.h"

namespace cohort::cli {
namespace {

double rate_of(const Progress::Snapshot& now, double elapsed_s) {
    return elapsed_s > 0 ? static_cast<double>(now.done) / elapsed_s : 0;
}

/// Seconds until `total`, or a negative number when it cannot be told.
double left_of(const Progress::Snapshot& now, double elapsed_s) {
    const double rate = rate_of(now, elapsed_s);
    if (now.total == 0 || rate <= 0) return -1;
    return static_cast<double>(now.total - std::min(now.done, now.total)) / rate;
}

/// Three digits: "0.042", "47.3", "1234".
std::string brief(double value) {
    std::array<char, 40> buffer{};
    const int decimals = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;
    const auto [end, error] =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed, decimals);
    return error == std::errc() ? std::string(buffer.data(), end) : "?";
}

/// "0:03", "12:40", "3:05:00".
std::string clock(double seconds) {
    const auto whole = std::llround(std::min(std::max(seconds, 0.0), 1e9));
    const auto two = [](long long n) { return (n < 10 ? "0" : "") + std::to_string(n); };
    const auto hours = whole / 3600, minutes = whole / 60 % 60, rest = whole % 60;
    if (hours > 0) return std::to_string(hours) + ":" + two(minutes) + ":" + two(rest);
    return std::to_string(minutes) + ":" + two(rest);
}

std::string counted(const Progress::Snapshot& now) {
    std::string text = std::to_string(now.done);
    if (now.total > 0) text += " of " + std::to_string(now.total);
    return now.unit.empty() ? text : text + " " + now.unit;
}

/// ", 40/s, 0:03 left, 2 quarantined, loss .31": what is known and worth saying.
std::string remainder(const Progress::Snapshot& now, double elapsed_s) {
    std::string text;
    constexpr double too_early_s = 0.2;  // a rate over less says nothing
    if (elapsed_s < too_early_s) elapsed_s = 0;
    if (rate_of(now, elapsed_s) > 0) text += ", " + brief(rate_of(now, elapsed_s)) + "/s";
    if (left_of(now, elapsed_s) >= 0) text += ", " + clock(left_of(now, elapsed_s)) + " left";
    if (now.quarantined > 0) text += ", " + std::to_string(now.quarantined) + " quarantined";
    if (!now.note.empty()) text += ", " + now.note;
    return text;
}

/// The first `width` characters of UTF-8 text.
std::string cut(const std::string& text, std::size_t width) {
    std::size_t seen = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool begins = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
        if (begins && seen++ == width) return text.substr(0, i);
    }
    return text;
}

}  // namespace

std::string progress_line(const Progress::Snapshot& now, double elapsed_s, bool finished) {
    if (finished) {
        std::string text = now.phase + ": " + counted(now) + " in " + clock(elapsed_s);
        if (now.quarantined > 0) text += ", " + std::to_string(now.quarantined) + " quarantined";
        return now.note.empty() ? text : text + ", " + now.note;
    }
    std::string text = now.phase + ": " + counted(now);
    if (now.total > 0) text += " (" + std::to_string(100 * std::min(now.done, now.total) / now.total) + " %)";
    return text + remainder(now, elapsed_s);
}

std::string progress_json(const Progress::Snapshot& now, double elapsed_s, bool finished) {
    const double left = left_of(now, elapsed_s);
    return canonical_json({{"type", "progress"},
                           {"phase", now.phase},
                           {"unit", now.unit},
                           {"done", now.done},
                           {"total", now.total == 0 ? Json() : Json(now.total)},
                           {"elapsed_s", elapsed_s},
                           {"per_second", rate_of(now, elapsed_s)},
                           {"left_s", left < 0 ? Json() : Json(left)},
                           {"quarantined", now.quarantined},
                           {"bytes", now.bytes},
                           {"note", now.note},
                           {"finished", finished}});
}

std::string progress_bar(const Progress::Snapshot& now, double elapsed_s, std::size_t width) {
    const std::size_t cells = width >= 100 ? 20 : 10;
    std::string text = now.phase + " ";
    if (now.total > 0) {
        const auto full =
            static_cast<std::size_t>(static_cast<double>(cells) * static_cast<double>(std::min(now.done, now.total)) /
                                     static_cast<double>(now.total));
        text += "[" + std::string(full, '#') + std::string(cells - full, '.') + "] ";
    }
    return cut(text + counted(now) + remainder(now, elapsed_s), width);
}

}  // namespace cohort::cli
