// One array as NIfTI files on disk.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "apps/export/target.h"
#include "core/digest.h"

namespace cohort::exporting {

/// A line of files.jsonl.
struct WrittenFile {
    std::string path;
    std::uint64_t bytes = 0;
    Digest digest;
};

/// Reads the array, brings a predicted label that changed grid back to its native one (nearest; not in a dataset that was
/// prepared as a whole), writes it below `root` with the source's header where that still describes it. Thread-safe for distinct targets.
std::vector<WrittenFile> write_target(const store::Sample& sample, const store::Dataset& dataset, const Target& target,
                                      const std::filesystem::path& root);

/// Bytes that write_target holds at once.
std::uint64_t bytes_needed(const store::Sample& sample);

}  // namespace cohort::exporting
