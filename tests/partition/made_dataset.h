// Datasets for partition's tests: a folder with samples.jsonl, and what a step is given to run on it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/json.h"
#include "step/step.h"
#include "store/sample.h"
#include "tests/core/temporary_folder.h"

namespace cohort::partition {

/// A sample with an image (its digest made from `content`, the id if empty) and a label.
store::Sample labelled(const std::string& id, const std::string& subject, Json values = Json::object(),
                       const std::string& content = {});
store::Sample unlabelled(const std::string& id);

/// Writes samples.jsonl (sorted by id) and returns the opened input.
step::Input make_dataset(const std::filesystem::path& folder, std::vector<store::Sample> samples);

/// What running the step gave.
struct Ran {
    Json split, content;
    std::string split_text, report;
    std::vector<std::string> warnings;
    std::uint64_t sources = 0, skipped = 0;
};
/// Runs PartitionStep with the schema's defaults under `parameters`; throws what it throws.
Ran run_partition(const std::filesystem::path& folder, const step::Input& dataset, Json parameters,
                  std::uint64_t seed = 0, unsigned threads = 1);
/// The sentences of validate().
std::vector<step::Finding> findings_for(Json parameters);

}  // namespace cohort::partition
