// Two artefacts: what their digests cover, value by value.
#pragma once

#include <filesystem>

#include "apps/compare/comparison.h"
#include "core/progress.h"

namespace cohort::compare {

/// Kind, privacy, content, every member, and of datasets every sample and every array's voxels (read, not trusted to
/// the digests). How they were made (made_by, run.json, provenance) is not compared. Samples are compared by up to
/// `threads` threads; the differences stand in the order of the samples.
void compare_artefacts(Comparison& comparison, const std::filesystem::path& a, const std::filesystem::path& b,
                       unsigned threads, Progress& progress);

}  // namespace cohort::compare
