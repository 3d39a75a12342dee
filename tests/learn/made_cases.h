// Small datasets for tests, and a folder that goes away.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/geometry.h"
#include "core/json.h"

namespace cohort::learn {

class TestFolder {
public:
    TestFolder();
    ~TestFolder();
    TestFolder(const TestFolder&) = delete;
    TestFolder& operator=(const TestFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }
    friend std::filesystem::path operator/(const TestFolder& folder, const std::string& name) {
        return folder.path_ / name;
    }

private:
    std::filesystem::path path_;
};

/// One sample of a made dataset: values by voxel (x, y, z).
struct MadeSample {
    std::string id;
    std::vector<std::int64_t> shape;  ///< 2 or 3 extents
    std::function<float(std::int64_t, std::int64_t, std::int64_t)> image;
    std::function<int(std::int64_t, std::int64_t, std::int64_t)> label;  ///< may be empty: no label
    Affine affine = {};
};

/// Writes a dataset artefact with f32 images "image" and u8 labels "label" of the values in `labels` (0 first).
void write_dataset(const std::filesystem::path& folder, const std::vector<MadeSample>& samples,
                   const std::vector<int>& labels);

/// Bright balls (label `value`) of drawn place and size on a noisy background; a function of the number.
MadeSample ball_sample(int number, std::vector<std::int64_t> shape, int value);

}  // namespace cohort::learn
