// Taking away results that no pipeline reaches any more.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "driver/clock.h"

namespace cohort::driver {

struct GcRequest {
    std::vector<std::string> forget;  ///< pipelines whose links, logs and summaries go first
    double older_than_s = 0;          ///< only what is at least this old goes
    bool dry_run = false;
};

struct GcReport {
    struct Item {
        std::string path;         ///< below the work folder
        std::uint64_t bytes = 0;  ///< that no other name of the same file keeps alive
        std::string what;         ///< "dataset of ingest", "unfinished", "pipeline demo"
    };
    std::vector<Item> removed;
    std::size_t kept = 0;   ///< results that something reaches
    std::size_t young = 0;  ///< results that nothing reaches, but younger than asked for
};

/// REQUIRES: the work folder's lock is held (unless dry_run). A result is reached if a link below runs/ leads to it, or
/// if a pipeline's last run had begun it and not ended, or if a pipeline's stopped or failed job left an unfinished
/// folder of it. Unfinished folders that a live process holds are left alone.
/// Error(usage) for a pipeline to forget that the work folder does not know.
GcReport collect_garbage(const std::filesystem::path& root, const GcRequest& request, const Clock& clock);

}  // namespace cohort::driver
