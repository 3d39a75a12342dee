#include "store/run_record.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <cstdio>
#include <ctime>

#include "core/files.h"
#include "core/machine.h"
#include "store/raw_tree.h"

namespace cohort::store {
namespace {


std::string user_name() {
    const passwd* entry = ::getpwuid(::geteuid());
    return entry != nullptr ? entry->pw_name : std::to_string(::geteuid());
}

/// Ends of an unquoted path in a sentence.
bool ends_path(char c) { return std::string_view(" \t\n\"'`<>|;,()[]{}=").find(c) != std::string_view::npos; }

/// A slash that begins an absolute path: not one within a relative path, a ratio or a URL's "//".
bool begins_path(const std::string& text, std::size_t at) {
    if (text[at] != '/' || at + 1 >= text.size() || ends_path(text[at + 1]) || text[at + 1] == '/') return false;
    return at == 0 || ends_path(text[at - 1]) || text[at - 1] == ':';
}

std::string last_component(std::string_view path) {
    while (!path.empty() && path.back() == '/') path.remove_suffix(1);
    return std::string(path.substr(path.rfind('/') + 1));
}

Json json_texts(const std::vector<std::string>& texts) {
    Json list = Json::array();
    for (const auto& text : texts) list.push_back(json_name(text));
    return list;
}

Json scrubbed(const Json& value, const std::vector<std::string>& known) {
    if (value.is_string()) return without_absolute_paths(value.get<std::string>(), known);
    if (value.is_array()) {
        Json list = Json::array();
        for (const Json& entry : value) list.push_back(scrubbed(entry, known));
        return list;
    }
    if (value.is_object()) {
        Json object = Json::object();
        for (const auto& [name, entry] : value.items())
            object[without_absolute_paths(name, known)] = scrubbed(entry, known);
        return object;
    }
    return value;
}

/// Absolute paths of the command line, the working directory and home, longest first: those may hold blanks.
std::vector<std::string> known_paths(const std::vector<std::string>& command_line) {
    std::vector<std::string> known;
    for (const auto& word : command_line) {
        const std::size_t value = word.starts_with("--") ? word.find('=') : std::string::npos;
        const std::string text = value == std::string::npos ? word : word.substr(value + 1);
        if (text.starts_with('/')) known.push_back(text);
    }
    std::error_code error;
    const auto here = std::filesystem::current_path(error);
    if (!error) known.push_back(here.string());
    if (const char* home = std::getenv("HOME")) known.emplace_back(home);
    std::erase_if(known, [](const std::string& path) { return path.size() < 2 || path[0] != '/'; });
    std::sort(known.begin(), known.end(),
              [](const auto& a, const auto& b) { return a.size() != b.size() ? a.size() > b.size() : a < b; });
    return known;
}

}  // namespace

std::string rfc3339(Clock::time_point time) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
    const std::time_t seconds = static_cast<std::time_t>(ms / 1000);
    std::tm utc{};
    ::gmtime_r(&seconds, &utc);
    char text[64];
    std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900, utc.tm_mon + 1,
                  utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, static_cast<int>(ms % 1000));
    return text;
}

std::uint64_t bytes_read_so_far() {
    try {
        // A file of /proc says that it holds 0 bytes, so it is read to its end.
        std::ifstream in("/proc/self/io");
        const std::string io(std::istreambuf_iterator<char>(in), {});
        const std::size_t at = io.find("rchar: ");
        if (at == std::string::npos) return 0;
        std::uint64_t bytes = 0;
        std::from_chars(io.data() + at + 7, io.data() + io.size(), bytes);
        return bytes;
    } catch (const std::exception&) {
        return 0;  // a figure for people, not worth failing for
    }
}

std::string without_absolute_paths(std::string text, const std::vector<std::string>& known) {
    for (const auto& path : known)
        for (std::size_t at = text.find(path); at != std::string::npos; at = text.find(path, at + 1)) {
            const std::size_t end = at + path.size();
            const bool whole =
                end == text.size() || text[end] == '/' || ends_path(text[end]) || text[end] == '.' || text[end] == ':';
            if (!begins_path(text, at) || !whole) continue;
            // What lies below a known folder keeps its slash, so that the next loop takes the rest of the path away.
            const std::string replacement = end < text.size() && text[end] == '/' ? "" : last_component(path);
            text.replace(at, path.size(), replacement);
        }
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        if (!begins_path(text, at)) {
            result += text[at++];
            continue;
        }
        std::size_t end = at;
        while (end < text.size() && !ends_path(text[end])) ++end;
        result += last_component(std::string_view(text).substr(at, end - at));
        at = end;
    }
    return result;
}

Json run_json(const RunRecord& record, Privacy privacy) {
    const Usage usage = own_usage();
    Json json = record.more.is_object() ? record.more : Json::object();
    json["step"] = record.step;
    json["version"] = record.version;
    json["key"] = record.key;
    if (!record.listing_key.empty()) json["listing_key"] = record.listing_key;
    json["start"] = rfc3339(record.start);
    json["end"] = rfc3339(record.end);
    json["duration_s"] = record.duration_s;
    json["threads"] = record.threads;
    json["memory_bytes"] = record.memory;
    json["cpu_s"] = usage.cpu_s;
    json["peak_rss_bytes"] = usage.peak_rss;
    json["bytes_in"] = record.bytes_in;
    json["bytes_out"] = record.bytes_out;
    const double seconds = std::max(record.duration_s, 1e-3);
    json["rates"] = {{"sources_per_s", static_cast<double>(record.counts.sources) / seconds},
                     {"bytes_in_per_s", static_cast<double>(record.bytes_in) / seconds},
                     {"bytes_out_per_s", static_cast<double>(record.bytes_out) / seconds}};
    json["warnings"] = json_texts(record.warnings);
    json["command_line"] = json_texts(record.command_line);
    if (privacy == Privacy::identified) {
        json["host"] = host_name();
        json["user"] = user_name();
        return json;
    }
    for (const char* name : {"host", "user"}) json.erase(name);
    return scrubbed(json, known_paths(record.command_line));
}

}  // namespace cohort::store
