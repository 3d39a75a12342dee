// Intensities brought to a common range.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace cohort::grid {

enum class Intensity { none, zscore, minmax, percentile, window };
std::string_view name_of(Intensity intensity);
std::optional<Intensity> intensity_named(std::string_view name);

struct Normalisation {
    Intensity intensity = Intensity::none;
    std::pair<double, double> percentiles{0.5, 99.5};  ///< percentile: where it is cut, 0–100, first < second
    double window_centre = 40, window_width = 400;     ///< window: in the image's units (HU), width > 0
};

/// In place, over finite values; NaN and infinity stay as they are.
///
/// zscore      (v − mean) / SD, population SD (scikit-learn's StandardScaler); all equal: 0
/// minmax      (v − min) / (max − min), so 0 … 1; all equal: 0
/// percentile  cut at the two percentiles (numpy.percentile's default), then as minmax between them
/// window      cut to centre ± width/2, then 0 … 1 from its lower to its upper end (the linear window of DICOM
///             PS3.3 C.11.2.1.3.2, LINEAR_EXACT)
///
/// Moments are summed in f64 in the order of the voxels. percentile holds a copy of the voxels while it selects.
void normalise(std::span<float> voxels, const Normalisation& how);

}  // namespace cohort::grid
