#include "grid/preparation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "core/checked_math.h"
#include "core/error.h"
#include "grid/axis_map.h"
#include "grid/crop.h"
#include "grid/orient.h"

namespace cohort::grid {
namespace {

/// What a preparation does to one grid: the same for every array on it.
struct GridChange {
    std::optional<VoxelBox> box;  ///< in the source; nothing: all of it
    Geometry cropped;             ///< of what lies in the box
    bool turns = false;
    bool resamples = false;
    AxisMaps maps;
    ArrayGrid to;
    bool any() const { return box || turns || resamples; }
};

std::string extents_text(const std::array<std::int64_t, 3>& n) {
    return std::to_string(n[0]) + "×" + std::to_string(n[1]) + "×" + std::to_string(n[2]);
}

std::string axis_name(std::size_t axis) { return std::string(1, "xyz"[axis]); }

/// The first axis whose spacing is needed and not known.
std::optional<std::size_t> axis_without_spacing(const Preparation& how, const std::array<std::int64_t, 3>& n,
                                                const Geometry& geometry) {
    const bool known = geometry.affine || geometry.raster_spacing_mm;
    const auto spacing = geometry.spacing_mm();
    for (std::size_t a = 0; a < 3; ++a)
        if (n[a] > 1 && how.spacing_mm[a] > 0 && !(known && std::isfinite(spacing[a]) && spacing[a] > 0)) return a;
    return std::nullopt;
}

Shape with_extents(const CanonicalGrid& grid, const AxisMaps& maps) {
    auto shape = grid.shape;
    for (std::size_t i = 0; i < shape.size(); ++i)
        for (std::size_t a = 0; a < 3; ++a)
            if (grid.axes[i].name == axis_name(a)) shape[i] = maps[a].to;
    return shape;
}

/// What `compute` gives, or the word for an image that it refuses.
template <class Compute>
auto value_or(std::string_view reason, Compute compute) -> std::variant<decltype(compute()), Quarantined> {
    try {
        return compute();
    } catch (const Error& error) {
        if (error.code() != Exit::bad_input) throw;
        return Quarantined{std::string(reason), error.sentence()};
    }
}

std::variant<GridChange, Quarantined> change_of(const Preparation& how, const ArrayGrid& from,
                                                const std::optional<VoxelBox>& box) {
    const auto leading = value_or("unsupported", [&] { return leading_extents(from.shape, from.axes); });
    if (const auto* why = std::get_if<Quarantined>(&leading)) return *why;
    const auto& n = std::get<0>(leading);
    GridChange change;
    auto shape = from.shape;
    change.cropped = from.geometry;
    if (box && *box != VoxelBox{{0, 0, 0}, n}) {
        change.box = box;
        change.cropped = cropped(from.geometry, *box);
        for (std::size_t i = 0; i < shape.size(); ++i)
            for (std::size_t a = 0; a < 3; ++a)
                if (from.axes[i].name == axis_name(a)) shape[i] = box->extent[a];
    }
    CanonicalGrid turned{shape, from.axes, change.cropped, false};
    if (how.canonical) turned = canonical_grid(shape, from.axes, change.cropped);
    change.turns = turned.changed;
    const auto extents = leading_extents(turned.shape, turned.axes);
    if (const auto axis = axis_without_spacing(how, extents, turned.geometry))
        return Quarantined{"spacing-unknown",
                           "a spacing is asked for, but the image's own is not known along " + axis_name(*axis) + "."};
    const auto target =
        value_or("too-large", [&] { return grid_at_spacing(extents, turned.geometry, how.spacing_mm); });
    if (const auto* why = std::get_if<Quarantined>(&target)) return *why;
    change.maps = std::get<0>(target).maps;
    change.resamples =
        std::any_of(change.maps.begin(), change.maps.end(), [](const auto& map) { return !map.is_identity(); });
    change.to = {with_extents(turned, change.maps), std::move(turned.axes), std::get<0>(target).geometry};
    return change;
}

/// Finite values of an image, and how many others there are.
struct Span {
    float lowest = std::numeric_limits<float>::infinity(), highest = -lowest;
    std::uint64_t others = 0;
};
Span span_of(std::span<const float> voxels) {
    Span span;
    for (const float v : voxels) {
        if (!std::isfinite(v)) {
            ++span.others;
            continue;
        }
        span.lowest = std::min(span.lowest, v);
        span.highest = std::max(span.highest, v);
    }
    return span;
}

/// Calls f(the voxels of one channel, its number): where axis c is not the slowest they are gathered and put back.
template <class F>
void for_each_channel(Volume& volume, F f) {
    const auto voxels = volume.values<float>();
    std::size_t below = 1, channels = 1;
    bool found = false;
    for (std::size_t i = 0; i < volume.axes().size() && !found; ++i) {
        found = volume.axes()[i].name == "c";
        (found ? channels : below) *= static_cast<std::size_t>(volume.shape()[i]);
    }
    const std::size_t runs = voxels.size() / (below * channels);
    if (runs == 1) {
        for (std::size_t c = 0; c < channels; ++c) f(voxels.subspan(c * below, below), c);
        return;
    }
    std::vector<float> gathered(below * runs);
    for (std::size_t c = 0; c < channels; ++c) {
        const auto run = [&](std::size_t r) { return voxels.subspan((r * channels + c) * below, below); };
        for (std::size_t r = 0; r < runs; ++r)
            std::copy(run(r).begin(), run(r).end(), gathered.begin() + static_cast<std::ptrdiff_t>(r * below));
        f(std::span<float>(gathered), c);
        for (std::size_t r = 0; r < runs; ++r)
            std::copy_n(gathered.begin() + static_cast<std::ptrdiff_t>(r * below), below, run(r).begin());
    }
}

/// One array's way, and what is worth saying about it.
class Way {
public:
    Way(const Preparation& how, const GridChange& change, unsigned threads, std::vector<Remark>& remarks)
        : how_(how), change_(change), threads_(threads), remarks_(remarks) {}

    std::optional<Quarantined> go(PreparedArray& array) {
        const bool normalises = array.treatment == Treatment::image && how_.normalisation.intensity != Intensity::none;
        const bool computes = array.treatment != Treatment::label && (change_.resamples || normalises);
        array.changed = change_.any() || computes;
        if (!array.changed) return std::nullopt;
        if (computes && is_complex(array.voxels.type()))
            return Quarantined{"unsupported",
                               array.name + " is complex; only real images are interpolated or normalised."};
        if (change_.box) array.voxels = crop(array.voxels, *change_.box);
        if (computes && !(array.voxels.type() == VoxelType::f32 && array.scale.is_identity()))
            array.voxels = scaled_f32(array.voxels, array.scale);
        if (computes) array.scale = {};
        if (change_.turns) array.voxels = to_canonical(array.voxels, change_.cropped).voxels;
        if (computes && array.treatment == Treatment::image)
            if (auto why = look_and_normalise(array)) return why;
        if (change_.resamples) array.voxels = resampled(array);
        return std::nullopt;
    }

private:
    std::optional<Quarantined> look_and_normalise(PreparedArray& array) {
        std::optional<Quarantined> why;
        const bool several = array.voxels.extent("c") > 1;
        for_each_channel(array.voxels, [&](std::span<float> voxels, std::size_t c) {
            const auto name = several ? "channel " + std::to_string(c) + " of " + array.name : array.name;
            const auto span = span_of(voxels);
            if (span.others > 0) {
                const auto sentence = name + ": " + std::to_string(span.others) + " of " +
                                      std::to_string(voxels.size()) + " voxels are NaN or infinite";
                if (change_.resamples && how_.interpolation == Interpolation::cubic)
                    why = Quarantined{"image-non-finite",
                                      sentence + ", which cubic interpolation would spread over the image."};
                remarks_.push_back({"image-non-finite", sentence + "."});
            }
            if (how_.normalisation.intensity == Intensity::none) return;
            if (voxels.size() > 1 && span.others == 0 && span.lowest == span.highest)
                remarks_.push_back(
                    {"image-constant", name + " is " + shortest(static_cast<double>(span.lowest)) + " everywhere."});
            normalise(voxels, how_.normalisation);
        });
        return why;
    }

    Volume resampled(const PreparedArray& array) const {
        switch (array.treatment) {
            case Treatment::image:
                return resample(array.voxels, change_.maps, how_.interpolation, threads_);
            case Treatment::quantity:
                return resample(array.voxels, change_.maps, Interpolation::linear, threads_);
            case Treatment::label:
                break;
        }
        return how_.labels == LabelInterpolation::nearest ? resample_nearest(array.voxels, change_.maps)
                                                          : resample_labels(array.voxels, change_.maps, threads_);
    }

    const Preparation& how_;
    const GridChange& change_;
    const unsigned threads_;
    std::vector<Remark>& remarks_;
};

/// The box of all images together; nothing where there is nothing to cut, or nothing to decide it by.
std::optional<VoxelBox> common_box(const std::vector<PreparedArray>& arrays, std::vector<Remark>& remarks) {
    std::optional<VoxelBox> all;
    bool images = false;
    for (const auto& array : arrays) {
        if (array.treatment != Treatment::image) continue;
        images = true;
        const auto box = non_zero_box(array.voxels, array.scale);
        if (box) all = all ? united(*all, *box) : *box;
    }
    if (images && !all) remarks.push_back({"image-empty", "every voxel is 0, so nothing was cropped."});
    return all;
}

std::uint64_t bytes_of(const Shape& shape, std::size_t voxel) {
    const auto voxels = checked_product(shape);
    const auto bytes = voxels ? checked_product({*voxels, static_cast<std::int64_t>(voxel)}) : std::nullopt;
    return static_cast<std::uint64_t>(bytes.value_or(std::numeric_limits<std::int64_t>::max()));
}

std::uint64_t sum(std::initializer_list<std::uint64_t> parts) {
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    std::uint64_t total = 0;
    for (const auto part : parts) total = part > most - total ? most : total + part;
    return total;
}

}  // namespace

std::variant<ArrayGrid, Quarantined> prepared_grid(const Preparation& how, const ArrayGrid& grid) {
    auto change = change_of(how, grid, std::nullopt);
    if (auto* why = std::get_if<Quarantined>(&change)) return std::move(*why);
    return std::move(std::get<GridChange>(change).to);
}

std::variant<PreparedSample, Quarantined> prepare(const Preparation& how, std::vector<PreparedArray> arrays,
                                                  const Geometry& geometry, unsigned threads) {
    PreparedSample done{std::move(arrays), geometry, false, {}};
    if (done.arrays.empty()) return done;
    const auto grid_of = [&](const PreparedArray& array) {
        return ArrayGrid{array.voxels.shape(), array.voxels.axes(), geometry};
    };
    if (auto fits = change_of(how, grid_of(done.arrays.front()), std::nullopt);
        std::holds_alternative<Quarantined>(fits))
        return std::get<Quarantined>(std::move(fits));
    const auto n = leading_extents(done.arrays.front().voxels);
    for (const auto& array : done.arrays)
        if (const auto other = leading_extents(array.voxels); other != n)
            return Quarantined{"geometry-mismatch", array.name + " has " + extents_text(other) + " voxels, " +
                                                        done.arrays.front().name + " " + extents_text(n) + "."};
    const auto box = how.crop_to_non_zero ? common_box(done.arrays, done.remarks) : std::nullopt;
    for (auto& array : done.arrays) {
        const auto planned = change_of(how, grid_of(array), box);
        if (const auto* why = std::get_if<Quarantined>(&planned)) return *why;
        const auto& change = std::get<GridChange>(planned);
        if (auto why = Way(how, change, threads, done.remarks).go(array)) return std::move(*why);
        done.geometry = change.to.geometry;
        done.grid_changed = change.any();
    }
    return done;
}

PreparationBytes bytes_to_prepare(const Preparation& how, Treatment treatment, VoxelType type, const ArrayGrid& from,
                                  const ArrayGrid& to) {
    const bool normalises = treatment == Treatment::image && how.normalisation.intensity != Intensity::none;
    const bool computes = treatment != Treatment::label && (normalises || how.resamples());
    const auto voxel = computes ? sizeof(float) : size_of(type);
    return {sum({bytes_of(from.shape, size_of(type)), bytes_of(to.shape, voxel)}),
            sum({bytes_of(from.shape, voxel), bytes_of(from.shape, voxel)})};
}

}  // namespace cohort::grid
