// A prediction on the grid on which the image came, filled row by row from class scores.
#pragma once

#include <optional>

#include "core/volume.h"
#include "grid/back_to_native.h"
#include "learn/case_reader.h"
#include "learn/class_table.h"

namespace cohort::predict {

/// The narrowest of u8, u16, i32 that holds every label value.
VoxelType label_type(const learn::ClassTable& labels);

/// Probabilities are stored as u16: 65535 is 1, so that a stored one is off by at most 1/131070.
inline constexpr double probability_step = 1.0 / 65535;

/// Labels, and class probabilities where they are asked for. Voxels that get no score are background: the class of
/// value 0, else the lowest.
class NativeResult {
public:
    NativeResult(const Shape& shape, const std::vector<Axis>& axes, const learn::ClassTable& labels,
                 bool probabilities);

    /// Distinct rows may be put from several threads.
    void put(const grid::ScoreRow& row);

    Volume labels;
    std::optional<Volume> probabilities;  ///< axis c last, a class each

private:
    const learn::ClassTable& table_;
};

/// Bytes of a result, compressed copies included.
std::uint64_t result_bytes(const Shape& shape, const learn::ClassTable& labels, bool probabilities);

/// The grid on which predictions of an image come: its native one if it has one, without axes beyond x, y, z.
struct ResultGrid {
    Shape shape;
    std::vector<Axis> axes;
    Geometry geometry;
    std::array<std::int64_t, 3> extents{1, 1, 1};
};
ResultGrid result_grid(const store::ArrayInfo& image);

}  // namespace cohort::predict
