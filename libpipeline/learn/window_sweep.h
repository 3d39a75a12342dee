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

/// Axes (x, y, z) along which each window is also shown mirrored: all combinations of them count alike.
using MirrorAxes = std::array<bool, 3>;
/// Every combination of flips along these axes, the unchanged window first; x counts fastest.
std::vector<MirrorAxes> flips_of(const MirrorAxes& axes);

/// One pass over one image with one model. Slices must be asked for in ascending order of z.
class WindowSweep {
public:
    /// References must outlive the sweep. `stop` is asked between windows.
    WindowSweep(Model& model, const CaseReader& reader, const Case& which, std::function<bool()> stop,
                const MirrorAxes& mirror = {});

    /// Probabilities [class, y, x] of slice z of the image; empty once `stop` has said yes.
    std::span<const float> slice(std::int64_t z);

    /// Bytes it holds, for the memory budget.
    static std::uint64_t bytes(const Extent3& shape, const Extent3& window, std::int64_t channels, std::int64_t classes,
                               const MirrorAxes& mirror = {});

private:
    bool add_row_of_windows(std::int64_t z);     ///< all windows at this z position
    void predict_window(const Extent3& origin);  ///< into window_result_, mean over the flips
    void add_window(const Extent3& origin);      ///< window_result_ to the sums
    void move_to(std::int64_t z);                ///< drops slices below z, clears those that come in

    Model& model_;
    const CaseReader& reader_;
    const Case& case_;
    std::function<bool()> stop_;
    Extent3 window_;
    std::vector<MirrorAxes> flips_;
    std::array<std::vector<std::int64_t>, 3> positions_;
    std::size_t next_row_ = 0;
    std::int64_t first_slice_ = 0;  ///< z of the first slice held
    std::vector<float> weights_, window_image_, window_result_;
    std::vector<float> flipped_image_, flipped_result_;  ///< only where something is mirrored
    std::vector<std::vector<float>> sums_;               ///< per held slice [class, y, x]
    std::vector<std::vector<float>> weight_sums_;        ///< per held slice [y, x]
    std::vector<float> result_;
};

/// The mean of several models' probabilities, summed in the models' order. All have the same classes and channels.
class EnsembleSweep {
public:
    EnsembleSweep(std::span<Model> models, const CaseReader& reader, const Case& which,
                  const std::function<bool()>& stop, const MirrorAxes& mirror = {});
    /// As WindowSweep::slice.
    std::span<const float> slice(std::int64_t z);
    static std::uint64_t bytes(std::span<const Model> models, const Extent3& shape, const MirrorAxes& mirror);

private:
    std::vector<WindowSweep> sweeps_;
    std::vector<float> mean_;
};

/// The class with the highest score, the lowest class on ties: of class c and voxel i at scores[c · stride + i].
void highest_classes(const float* scores, std::size_t stride, std::size_t classes, std::span<std::uint16_t> into);

/// The classes of the whole image, from the mean of several models' probabilities. Empty when `stop` said yes.
std::vector<std::uint16_t> predict_classes(std::span<Model> models, const CaseReader& reader, const Case& which,
                                           const std::function<bool()>& stop);

}  // namespace cohort::learn
