// The log of results: which keys have a result in the store, and what it showed. A convenience, never the truth: every
// result can be read back from its own manifest, so a lost line costs time, not correctness.
//
// Text, append-only. The first line is "cohort-results 1". Every other line is
//     CRC-32C of the rest, 8 hex digits | R | key | digest | kind | sources | quarantined | skipped | shape | wall_s |
//     cpu_s | peak_rss | numbers (JSON) | key text (JSON)
// with tabs between. JSON in canonical form holds no tab and no newline. A line whose sum is wrong is passed over, a
// last line without newline is cut off before anything is appended. Of two lines with one key the later one counts.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "core/files.h"

namespace cohort::driver {

/// What is known about a result. Views into the log; they live as long as it does.
struct Result {
    std::string_view key;     ///< 64 hex digits: its folder in the store
    std::string_view digest;  ///< "sha256:…" of the artefact
    std::string_view kind;
    std::uint64_t sources = 0, quarantined = 0, skipped = 0;
    std::uint64_t shape = 0;  ///< of the key without its raw inputs: "could a stored result be reused?"
    double wall_s = 0, cpu_s = 0;
    std::uint64_t peak_rss = 0;
    std::string_view numbers;   ///< what expect may name, as canonical JSON
    std::string_view key_text;  ///< the canonical JSON whose SHA-256 the key is
};

/// One thread at a time.
class ResultLog {
public:
    enum class Access { read, append };

    /// Reads what is there; a file that does not exist is an empty log. Error(bad_input) for a version this program
    /// does not know. With `append` the file is made if need be and a torn last line is cut off.
    ResultLog(std::filesystem::path file, Access access);

    std::optional<Result> find(std::string_view key) const;
    bool has_shape(std::uint64_t shape) const;
    void add(const Result& result);  ///< REQUIRES Access::append; Error(resources) when the disk is full

    /// Rewrites the file (atomically) with the newest line of each key for which `keep` says so.
    void compact(const std::function<bool(std::string_view key)>& keep);
    /// Many lines that no longer count?
    bool wants_compaction() const { return lines_ > 1000 && lines_ > 2 * by_key_.size(); }

    std::size_t damaged() const { return damaged_; }  ///< lines passed over
    std::size_t size() const { return by_key_.size(); }

private:
    void index_line(std::string_view line);
    void open_for_append(std::uint64_t good_bytes);

    std::filesystem::path file_;
    std::string text_;                                               // as read
    std::deque<std::string> added_;                                  // lines since; a deque, so that views stay valid
    std::unordered_map<std::string_view, std::string_view> by_key_;  // key → line
    mutable std::unordered_set<std::uint64_t> shapes_;
    mutable bool shapes_known_ = false;
    std::size_t lines_ = 0, damaged_ = 0;
    FileHandle handle_;
};

/// A line with its sum in front and a newline behind, as both logs of the work folder have them.
std::string checked_line(std::string_view body);
/// The body of such a line (without newline), or nothing when its sum is wrong.
std::optional<std::string_view> checked_body(std::string_view line);

}  // namespace cohort::driver
