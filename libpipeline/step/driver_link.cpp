#include "step/driver_link.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "core/files.h"
#include "core/json.h"
#include "core/machine.h"

namespace cohort::step {

bool follow_parent() {
    const char* const text = std::getenv("COHORT_PARENT");
    if (text == nullptr) return true;
    pid_t parent = 0;
    const auto parsed = std::from_chars(text, text + std::strlen(text), parent);
    const bool is_pid = parsed.ec == std::errc() && *parsed.ptr == '\0' && parent > 0;
    ::unsetenv("COHORT_PARENT");
    if (!is_pid) return true;
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    // It may have died before the line above.
    return ::getppid() == parent;
}

void write_end_record(const Ending& ending, double wall_s) noexcept {
    const char* const file = std::getenv("COHORT_RUN_RECORD");
    if (file == nullptr || *file == '\0') return;
    try {
        const Usage usage = own_usage();
        Json record{{"exit", static_cast<int>(ending.code)},
                    {"message", ending.message},
                    {"digest", nullptr},
                    {"counts", nullptr},
                    {"peak_rss", usage.peak_rss},
                    {"cpu_s", usage.cpu_s},
                    {"wall_s", wall_s}};
        if (ending.manifest) {
            const auto& counts = ending.manifest->counts;
            record["digest"] = ending.manifest->digest.text();
            record["counts"] = {
                {"sources", counts.sources}, {"quarantined", counts.quarantined}, {"skipped", counts.skipped}};
        }
        write_file_atomically(file, canonical_json(record));
    } catch (const std::exception&) {
        // Said in the header: the exit code stands for it.
    }
}

}  // namespace cohort::step
