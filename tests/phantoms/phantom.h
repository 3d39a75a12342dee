// A made-up head: bright ellipsoids, of which only the textured ones are to be found.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace cohort::phantoms {

/// On a rotated, anisotropic grid. Voxels x fastest.
struct Phantom {
    std::array<std::int64_t, 3> shape{};
    std::array<std::array<double, 4>, 3> affine{};  ///< index → mm, RAS+
    std::vector<float> image;                       ///< about 0 to 2
    std::vector<std::uint8_t> label;                ///< 0 background, 1 textured ellipsoid
};

/// Two textured ellipsoids (striped, 5 mm from stripe to stripe, directions drawn) beside three plain ones of equal
/// mean brightness and like size, on a slowly varying background with noise. A function of seed and number alone.
Phantom make_phantom(std::uint64_t seed, std::uint64_t number);

/// The best that one threshold for all images can do: highest mean Dice of {voxel ≥ threshold} over 200 thresholds.
struct ThresholdScore {
    double threshold = 0;
    double dice = 0;
};
ThresholdScore best_threshold(const std::vector<Phantom>& phantoms);

}  // namespace cohort::phantoms
