// Class probabilities of a whole image from overlapping windows, slice by slice: memory is bounded by one window's
// depth.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "learn/case_reader.h"
#include "learn/model.h"

namespace cohort::learn {

/// Positions of windows of `window` voxels along an axis of `size`, half a window apart or less, evenly spread
/// (nnU-Net's rule). An image smaller than the window has one, so that it lies in the middle (a negative position).
std::vector<std::int64_t> window_positions(std::int64_t size, std::int64_t window);

/// Weights of a window's voxels, x fastest: a Gaussian with σ = an eighth of each edge, at least 1e-3 of its maximum,
/// so that every voxel counts.
std::vector<float> window_weights(const Extent3& window);

/// One pass over one image with one model. Slices must be asked for in ascending order of z.
class WindowSweep {
public:
    /// References must outlive the sweep. `stop` is asked between windows.
    WindowSweep(Model& model, const CaseReader& reader, const Case& which, std::function<bool()> stop);

    /// Probabilities [class, y, x] of slice z of the image; empty once `stop` has said yes.
    std::span<const float> slice(std::int64_t z);

    /// Bytes it holds, for the memory budget.
    static std::uint64_t bytes(const Extent3& shape, const Extent3& window, std::int64_t channels,
                               std::int64_t classes);

private:
    bool add_row_of_windows(std::int64_t z);  ///< all windows at this z position
    void move_to(std::int64_t z);             ///< drops slices below z, clears those that come in

    Model& model_;
    const CaseReader& reader_;
    const Case& case_;
    std::function<bool()> stop_;
    Extent3 window_;
    std::array<std::vector<std::int64_t>, 3> positions_;
    std::size_t next_row_ = 0;
    std::int64_t first_slice_ = 0;  ///< z of the first slice held
    std::vector<float> weights_, window_image_, window_result_;
    std::vector<std::vector<float>> sums_;         ///< per held slice [class, y, x]
    std::vector<std::vector<float>> weight_sums_;  ///< per held slice [y, x]
    std::vector<float> result_;
};

/// The classes of the whole image, from the mean of several models' probabilities; the lowest class wins ties.
/// Empty when `stop` said yes. All models have the same classes and channels.
std::vector<std::uint16_t> predict_classes(std::span<Model> models, const CaseReader& reader, const Case& which,
                                           const std::function<bool()>& stop);

}  // namespace cohort::learn
