// Small artefacts for the tests, each in the test's own temporary folder.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "step/step.h"
#include "store/dataset_writer.h"
#include "tests/core/temporary_folder.h"

namespace cohort {

struct MadeArray {
    store::Role role = store::Role::label;
    VoxelType type = VoxelType::u8;
    Shape shape = {4, 4, 4};
    std::vector<double> values = {};  ///< one per voxel, x fastest; empty: zeros
    Affine affine = {};
    Scale scale = {};
};

struct MadeSample {
    std::string id;
    std::map<std::string, MadeArray> arrays;
    Json values = Json::object();
    std::vector<store::Flag> flags = {};
    std::string subject = {};  ///< empty: the id
};

struct MadeDataset {
    std::vector<MadeSample> samples;      ///< ascending ids
    std::vector<std::string> cases = {};  ///< cases.txt, if there are any
    std::vector<std::pair<int, std::string>> labels = {{0, "background"}, {1, "front"}, {2, "back"}};
    store::Privacy privacy = store::Privacy::anonymous;
    store::Codec codec = store::Codec::fast;
    std::vector<std::pair<std::string, Quarantined>> quarantined = {};
};

/// Writes and publishes it; returns `place`.
std::filesystem::path make_dataset(const std::filesystem::path& place, const MadeDataset& made);

/// Publishes a folder with these members (text) as an artefact of any kind.
std::filesystem::path make_artefact(const std::filesystem::path& place, const std::string& kind,
                                    const std::map<std::string, std::string>& members, Json content = Json::object());

/// A step run as its program would: "cohort-NAME" and these words; gives the exit code.
int run(step::Step& step, std::vector<std::string> words);

/// A label image of boxes: value, low corner, high corner (inclusive).
struct LabelBox {
    int value;
    std::vector<std::int64_t> low, high;
};
MadeArray label_of(const Shape& shape, const std::vector<LabelBox>& boxes, Affine affine = {});

}  // namespace cohort
