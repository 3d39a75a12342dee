// One copy of one sample: every array through the same drawn map, images also in their intensities.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>

#include "augment/sample_transform.h"
#include "core/quarantine.h"
#include "store/dataset.h"
#include "store/dataset_writer.h"

namespace cohort::augmentation {

/// What is known of a sample's copies before its voxels are read.
struct CopyPlan {
    augment::Extent extent{1, 1, 1};  ///< x, y, z of every array
    Vec3 spacing_mm{1, 1, 1};
    std::size_t channels = 0;  ///< three-dimensional images: channels, time points …
    std::uint64_t bytes = 0;   ///< held at once while a copy is made and packed
};

/// Quarantined: arrays on different grids (geometry-mismatch); complex arrays, axes x, y, z that do not come first, or
/// more than 2^31 voxels (unsupported).
std::variant<CopyPlan, Quarantined> plan_copies(const store::Sample& sample);

/// What is wrong with the voxels of a sample that has a plan, if anything: a label without classes (unsupported), or
/// arrays that cannot be read (damaged).
std::optional<Quarantined> fault_of_voxels(const store::Dataset& dataset, const store::Sample& sample);

struct Copy {
    store::Sample sample;
    std::map<std::string, store::NewArray> arrays;
    std::uint64_t bytes_read = 0;
};

/// Draws and makes copy `number` (from 1), a function of seed, id and number alone: item_of(id, number). Grid, values,
/// flags, source and `native` are the original's; values gain `copy_of`. Images become f32 in the original's units:
/// they are changed as z-scored by their own mean and standard deviation, as training has them, so what comes from
/// outside is the image's mean. Maps and probabilities are moved only, labels and masks keep their type and values.
/// `has_background`: by array, whether the dataset's labels hold a 0.
/// Quarantined: as fault_of_voxels().
std::variant<Copy, Quarantined> make_copy(const augment::Recipe& recipe, const store::Dataset& dataset,
                                          const store::Sample& original, const CopyPlan& plan, std::uint64_t number,
                                          std::uint64_t seed, const std::map<std::string, bool>& has_background);

/// Whether content.labels lists a 0 for each array it names; arrays that it does not name may have one.
std::map<std::string, bool> backgrounds(const Json& content);

}  // namespace cohort::augmentation
