// run.json: how an artefact was made. Never hashed, and above `identified` it says nothing about places or people.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "store/manifest.h"

namespace cohort::store {

using Clock = std::chrono::system_clock;

/// "2026-03-01T12:00:00.250Z" (RFC 3339, UTC).
std::string rfc3339(Clock::time_point time);

struct RunRecord {
    std::string step;
    std::string version;
    std::string key;          ///< content key
    std::string listing_key;  ///< while raw inputs stand by their listing; empty without raw inputs
    Clock::time_point start, end;
    double duration_s = 0;  ///< by the steady clock
    unsigned threads = 1;
    std::uint64_t memory = 0;
    std::uint64_t bytes_in = 0, bytes_out = 0;
    Counts counts;
    std::vector<std::string> warnings;
    std::vector<std::string> command_line;
    Json more = Json::object();  ///< the step's own entries (rates, device …); may not replace those above
};

/// CPU seconds, peak RSS, host and user are taken from this process. At `identified` everything stands as it is; above
/// it host and user are left out, and every absolute path in texts is reduced to its last component.
Json run_json(const RunRecord& record, Privacy privacy);

/// Bytes that this process has read through system calls so far (0 where the kernel does not say).
std::uint64_t bytes_read_so_far();

/// Every absolute path in `text` by its last component: "/home/ada/raw/a.nii" → "a.nii", "--in=/x/y" → "--in=y".
/// A path with blanks is recognised only in full, where it is one of `known`.
std::string without_absolute_paths(std::string text, const std::vector<std::string>& known = {});

}  // namespace cohort::store
