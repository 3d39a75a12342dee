// From the grid that a network saw back to the one that the image came on: class scores, slice by slice.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/geometry.h"

namespace cohort::grid {

/// An axis of the prepared grid, as native voxels see it: native index i along `native_axis` lies at start + i·step.
struct AxisWayBack {
    std::size_t native_axis = 0;  ///< 0 x, 1 y, 2 z
    double start = 0, step = 1;   ///< in prepared voxels; step is negative for a flipped axis, never 0
    friend bool operator==(const AxisWayBack&, const AxisWayBack&) = default;
};

/// How two grids that differ by a permutation of axes, flips, shifts and scales lie to each other.
struct WayBack {
    std::array<std::int64_t, 3> prepared{1, 1, 1}, native{1, 1, 1};  ///< extents along x, y, z; 1 for axes not there
    std::array<AxisWayBack, 3> axes{};                               ///< by axis of the prepared grid
    bool is_identity() const;
};

/// The way from `prepared` to `native`: through the world where both have an affine; where neither has, the same middle
/// at the ratio of their spacings, as grid_at_spacing leaves it. A sentence (beginning with what the grids do) when the
/// two are related by more than permutation, flips, shift and scale (somewhere off by more than a hundredth of a
/// prepared voxel), or when the relation is not known (one without an affine, or cropped without one).
std::variant<WayBack, std::string> way_back(const std::array<std::int64_t, 3>& prepared,
                                            const Geometry& prepared_geometry,
                                            const std::array<std::int64_t, 3>& native, const Geometry& native_geometry);

/// Scores of `count` native voxels in a row: that of class c for the i-th at scores[c · class_stride + i]; the voxel's
/// place in the native image, x + nx·(y + ny·z), is place + i·step.
struct ScoreRow {
    const float* scores = nullptr;
    std::size_t class_stride = 0;
    std::int64_t place = 0, step = 1, count = 0;
};

/// Resamples class scores linearly while their slices come in. A native voxel's score is blended from the eight
/// prepared voxels around it; beyond the middles of the outer ones their value holds (scipy.ndimage.map_coordinates
/// with order=1, mode="nearest"). Native voxels that lie outside of what was prepared (cropped away) get no score:
/// those more than max(½, ¾ − |step|/2) prepared voxels beyond an outer voxel's middle, which is where the box ended,
/// as nearly as the rounding of its number of voxels lets one know (exactly where |step| > ½, that is, where a prepared
/// voxel is less than two native ones).
///
/// Holds two slices and a few rows. f32 arithmetic; the result does not depend on `threads`.
class BackToNative {
public:
    BackToNative(const WayBack& way, std::size_t classes, unsigned threads);

    /// The next slice [class, y, x] of the prepared grid, z ascending from 0, and where rows of native scores go. `row`
    /// is called for every native voxel that has a score exactly once over all slices, from several threads at a time.
    void take(std::span<const float> slice, const std::function<void(const ScoreRow&)>& row);

    /// False when some native voxels get no score.
    bool covers_all() const;

    /// Bytes it holds.
    static std::uint64_t bytes(const WayBack& way, std::size_t classes, unsigned threads);

private:
    /// For each native index along an axis: the prepared voxel below it, and how much of the next one it takes.
    struct Taps {
        std::vector<std::int32_t> below, above;
        std::vector<float> weight;        ///< of `above`; 0: below alone
        std::int64_t begin = 0, end = 0;  ///< native indices that have a score
        bool is_copy = false;             ///< below = index − begin + constant, all weights 0
    };
    static Taps taps_along(const WayBack& way, std::size_t axis);
    void give_plane(std::int64_t k, const float* low, const float* high,
                    const std::function<void(const ScoreRow&)>& row) const;
    void give_rows(std::int64_t k, std::int64_t first, std::int64_t last, const float* low, const float* high,
                   const std::function<void(const ScoreRow&)>& row) const;
    std::int64_t needed_slice(std::int64_t k) const;

    WayBack way_;
    std::size_t classes_;
    unsigned threads_;
    std::array<Taps, 3> taps_;
    std::array<std::int64_t, 3> place_step_{};  ///< between native neighbours, by prepared axis
    std::vector<std::int64_t> planes_;          ///< native indices along prepared z, in the order they can be made
    std::size_t next_plane_ = 0;
    std::int64_t slice_ = 0;       ///< number of the next one
    std::vector<float> previous_;  ///< the slice before, if a plane needs it
};

}  // namespace cohort::grid
