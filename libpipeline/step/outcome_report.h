// What a run says at its end, to people and to machines.
#pragma once

#include <filesystem>
#include <string>

#include "store/manifest.h"

namespace cohort::step {

/// "208 samples from 421 files; 3 quarantined; 2 skipped": nothing is dropped silently. Empty when nothing was counted.
std::string three_numbers(const store::Manifest& manifest, bool from_files);

/// One line of canonical JSON for stdout: {artefact, kind, digest, counts, content}; of the content only its scalars.
std::string result_line(const std::filesystem::path& place, const store::Manifest& manifest);

}  // namespace cohort::step
