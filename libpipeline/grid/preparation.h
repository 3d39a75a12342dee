// A preparation: what is done to every sample before a network sees it, as parameters that travel with the data and the
// model, and as functions on memory that the step `preprocess` and prediction on raw data share.
//
// One array's way, in this order, as nnU-Net has it:
//   crop       to the box of the voxels other than 0 of all the sample's images together
//   orient     flips and transpositions to RAS+
//   normalise  each channel of an image by itself, at its own spacing: statistics of voxels that were measured, not of
//              interpolated ones, so that they do not depend on the spacing that is asked for
//   resample   to the spacing; each voxel's value is interpolated once
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/geometry.h"
#include "core/image.h"
#include "core/json.h"
#include "core/quarantine.h"
#include "core/volume.h"
#include "grid/normalise.h"
#include "grid/resample.h"

namespace cohort::grid {

enum class LabelInterpolation { nearest, linear };
std::string_view name_of(LabelInterpolation interpolation);
std::string_view name_of(Interpolation interpolation);

struct Preparation {
    bool canonical = true;  ///< axes to the right, front and top; images without a usable affine stay as they are
    bool crop_to_non_zero = false;
    Vec3 spacing_mm{0, 0, 0};  ///< along x, y, z of the result; 0 keeps that axis, as does an axis of one voxel
    Interpolation interpolation = Interpolation::linear;  ///< of images: linear or cubic
    LabelInterpolation labels = LabelInterpolation::nearest;
    Normalisation normalisation;

    bool resamples() const { return spacing_mm != Vec3{0, 0, 0}; }
};

/// What stands in a dataset's content.preprocessing: {crop, normalisation: {method, …}, orientation, spacing_mm} and,
/// with a spacing, {interpolation, label_interpolation}. Parameters that play no part are left out, so that two
/// preparations do the same exactly when their JSON is equal.
Json to_json(const Preparation& how);
/// Error(bad_input) naming `where` for anything that to_json does not write.
Preparation preparation_from_json(const Json& json, std::string_view where);

/// Where an array lies: axes beyond x, y, z ride along unchanged.
struct ArrayGrid {
    Shape shape;
    std::vector<Axis> axes;
    Geometry geometry;
    friend bool operator==(const ArrayGrid&, const ArrayGrid&) = default;
};

/// The grid to which an array comes, as long as nothing is cropped (a crop makes it smaller).
/// Quarantined: `unsupported` when x, y, z do not come first, `spacing-unknown` when a spacing is asked for and an axis
/// has none, `too-large` when an axis would get more than 2³¹ − 1 voxels.
std::variant<ArrayGrid, Quarantined> prepared_grid(const Preparation& how, const ArrayGrid& grid);

enum class Treatment {
    image,     ///< normalised; interpolated as the preparation says
    quantity,  ///< maps and probabilities: never normalised, interpolated linearly
    label      ///< labels and masks: values stay
};

/// An array on its way.
struct PreparedArray {
    std::string name;  ///< for sentences
    Treatment treatment = Treatment::image;
    Volume voxels;
    Scale scale = {};  ///< stored value × slope + offset; the identity once values were computed (then the type is f32)
    bool changed = false;  ///< result: voxels, type, scale or grid are others than those that came
};

struct PreparedSample {
    std::vector<PreparedArray> arrays;  ///< in the order that was given
    Geometry geometry;                  ///< of all of them
    bool grid_changed = false;
    std::vector<Remark> remarks;  ///< image-non-finite, image-constant, image-empty
};

/// Prepares the arrays of one sample, which lie on one grid: `geometry` is that of all of them.
///
/// An image's type and scale stay where no value changes (only crops, flips, transpositions); else it becomes f32 with
/// scale 1. Labels keep type and scale always. Without images nothing is cropped; images that are 0 everywhere stay
/// whole (remark image-empty).
///
/// Voxels that are NaN or infinite stay what they are under every normalisation, which looks at the finite ones alone;
/// linear interpolation hands them on to the neighbours that they reach (both: remark image-non-finite). Cubic
/// interpolation would hand them on to the whole image: quarantined as image-non-finite. Cubic interpolation may leave
/// the range that a normalisation gave.
///
/// Quarantined besides: all that prepared_grid says, `geometry-mismatch` where two arrays differ in x, y or z, and
/// `unsupported` for complex images whose values would change.
///
/// The arrays are worked on one after the other with up to `threads` threads; the result does not depend on them.
/// Beside sources and results, one f32 copy of one array's source is held, and one more for an orientation or cubic
/// coefficients.
std::variant<PreparedSample, Quarantined> prepare(const Preparation& how, std::vector<PreparedArray> arrays,
                                                  const Geometry& geometry, unsigned threads = 1);

/// Bytes that prepare() holds for one array: `held` until the sample is done, `working` while this array is at work.
/// For a sample: the sum of the first and the largest of the second. Without a crop; sizes beyond 2⁶³ count as 2⁶³ − 1.
struct PreparationBytes {
    std::uint64_t held = 0, working = 0;
};
PreparationBytes bytes_to_prepare(const Preparation& how, Treatment treatment, VoxelType type, const ArrayGrid& from,
                                  const ArrayGrid& to);

}  // namespace cohort::grid
