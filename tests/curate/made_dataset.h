// Datasets for curate's tests, written and published like real ones, and a run of the step on them.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "step/step.h"
#include "store/dataset.h"
#include "store/dataset_writer.h"
#include "tests/core/temporary_folder.h"

namespace cohort::curate {

/// An array of a sample to be made: values are computed per voxel.
struct MadeArray {
    store::Role role = store::Role::image;
    VoxelType type = VoxelType::i16;
    Shape shape{6, 5, 4};
    Affine affine{};
    Scale scale{};
    std::function<double(std::int64_t)> value;
};

struct MadeSample {
    std::string id, subject;
    std::map<std::string, MadeArray> arrays;
    Json values = Json::object();
};

/// An image with values of its own (from the id) and a label of 0, 1 and 2.
MadeSample good_sample(const std::string& id, const std::string& subject = {});

/// content.labels {label: 0 background, 1 one, 2 two} and content.channels {MRI: image}.
step::Input publish_dataset(const std::filesystem::path& place, const std::vector<MadeSample>& samples);

struct Ran {
    std::filesystem::path folder;           ///< the published dataset
    store::Manifest manifest;
    std::vector<store::Sample> samples;
    std::vector<Json> quarantine;           ///< lines
    Json fingerprint;
    std::vector<std::string> warnings;
    std::uint64_t sources = 0;
};
/// Runs CurateStep and publishes what it wrote at `place`; throws what it throws.
Ran run_curate(const std::filesystem::path& place, const step::Input& dataset, const std::vector<std::string>& checks = {},
               unsigned threads = 1, std::uint64_t memory = std::uint64_t{1} << 30);

/// Flags of a sample as "check" words, in order.
std::vector<std::string> flags_of(const Ran& ran, const std::string& id);

}  // namespace cohort::curate
