// What one training item is: which case, which box of it, changed how. A function of seed and item number alone.
#pragma once

#include <span>
#include <vector>

#include "augment/sample_transform.h"
#include "core/philox.h"
#include "learn/case_reader.h"

namespace cohort::learn {

/// A batch as the network takes it: C order [batch, channel, z, y, x], x fastest.
struct Batch {
    std::uint64_t iteration = 0;
    std::vector<float> image;
    std::vector<std::uint16_t> classes;  ///< [batch, z, y, x]
    std::vector<std::size_t> cases;      ///< which cases it was drawn from
};

/// Thread-safe; references must outlive it.
class PatchSampler {
public:
    PatchSampler(const CaseReader& reader, const std::vector<Case>& cases, const Plan& plan, std::uint64_t seed);

    /// Fills the batch of one iteration; its buffers are reused. Item = iteration × batch size + place.
    void fill(std::uint64_t iteration, Batch& batch) const;

    std::size_t image_values() const { return image_values_; }  ///< of one item
    std::size_t voxels() const { return voxels_; }

private:
    /// Lower corner of the box: uniform where the patch fits, else centred; on a foreground voxel where that is asked.
    Extent3 draw_origin(const Case& which, bool on_foreground, RandomStream& random) const;

    void read_straight(const Case& which, const augment::SampleTransform& transform, const Extent3& origin,
                       std::span<float> image, std::span<std::uint16_t> classes) const;
    void read_warped(const Case& which, const augment::SampleTransform& transform, const Extent3& origin,
                     std::span<float> image, std::span<std::uint16_t> classes) const;

    const CaseReader& reader_;
    const std::vector<Case>& cases_;
    const Plan& plan_;
    augment::Recipe recipe_;
    std::uint64_t seed_;
    std::size_t voxels_ = 0, image_values_ = 0;
};

}  // namespace cohort::learn
