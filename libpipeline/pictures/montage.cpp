#include "pictures/montage.h"

#include <algorithm>
#include <cmath>

#include "pictures/contact_sheet.h"
#include "pictures/planes.h"

namespace cohort::pictures {
namespace {

constexpr double fill_share = 0.45;
constexpr int tile_gap = 4;

/// Draws one plane onto a tile.
class Tile {
public:
    Tile(const CaseView& view, const Plane& plane, std::int64_t slice, const Window& window, int side, double px_per_mm)
        : view_(view), plane_(plane), slice_(slice), window_(window), side_(side), px_per_mm_(px_per_mm) {
        const Vec3 spacing = view.geometry.spacing_mm();
        step_across_ = 1 / (px_per_mm_ * positive(spacing[plane.across]));
        step_down_ = 1 / (px_per_mm_ * positive(spacing[plane.down]));
    }

    Raster draw() const {
        Raster out(side_, side_);
        for (int y = 0; y < side_; ++y)
            for (int x = 0; x < side_; ++x)
                if (inside(x, y)) out.at(x, y) = pixel(x, y);
        return out;
    }

private:
    static double positive(double spacing) { return spacing > 0 && std::isfinite(spacing) ? spacing : 1.0; }

    /// Fractional voxel index along the picture's axes.
    double across(int x) const { return place(x, step_across_, plane_.across, plane_.flip_across); }
    double down(int y) const { return place(y, step_down_, plane_.down, plane_.flip_down); }
    double place(int pixel_index, double step, std::size_t axis, bool flip) const {
        const double from_middle = (pixel_index + 0.5 - side_ * 0.5) * step;
        const double middle = static_cast<double>(view_.shape[axis] - 1) * 0.5;
        return flip ? middle - from_middle : middle + from_middle;
    }
    bool within(double index, std::size_t axis) const {
        return index >= -0.5 && index < static_cast<double>(view_.shape[axis]) - 0.5;
    }
    bool inside(int x, int y) const {
        return x >= 0 && y >= 0 && x < side_ && y < side_ && within(across(x), plane_.across) &&
               within(down(y), plane_.down);
    }

    std::size_t offset(std::int64_t u, std::int64_t v) const {
        std::array<std::int64_t, 3> index{};
        index[plane_.across] = std::clamp<std::int64_t>(u, 0, view_.shape[plane_.across] - 1);
        index[plane_.down] = std::clamp<std::int64_t>(v, 0, view_.shape[plane_.down] - 1);
        index[plane_.through] = slice_;
        return static_cast<std::size_t>((index[2] * view_.shape[1] + index[1]) * view_.shape[0] + index[0]);
    }

    std::int32_t label(std::span<const std::int32_t> labels, int x, int y) const {
        if (!inside(x, y)) return 0;
        return labels[offset(std::llround(across(x)), std::llround(down(y)))];
    }

    double intensity(int x, int y) const {
        const double u = across(x), v = down(y);
        const double u0 = std::floor(u), v0 = std::floor(v);
        const auto at = [&](double du, double dv) {
            return static_cast<double>(
                view_.image[offset(static_cast<std::int64_t>(u0 + du), static_cast<std::int64_t>(v0 + dv))]);
        };
        const double upper = at(0, 0) * (1 - (u - u0)) + at(1, 0) * (u - u0);
        const double lower = at(0, 1) * (1 - (u - u0)) + at(1, 1) * (u - u0);
        return upper * (1 - (v - v0)) + lower * (v - v0);
    }

    Rgb pixel(int x, int y) const {
        Rgb colour{};
        if (!view_.image.empty()) colour = mapped_colour(window_(intensity(x, y)), view_.colours);
        if (!view_.filled.empty())
            if (const std::int32_t value = label(view_.filled, x, y); value != 0)
                colour = blend(colour, label_colour(value), fill_share);
        if (!view_.outlined.empty())
            if (const std::int32_t value = label(view_.outlined, x, y); value != 0 && on_outline(value, x, y))
                colour = label_colour(value);
        return colour;
    }

    bool on_outline(std::int32_t value, int x, int y) const {
        const int reach = std::max(1, side_ / 170);
        for (const auto& [dx, dy] : {std::pair{reach, 0}, {-reach, 0}, {0, reach}, {0, -reach}})
            if (label(view_.outlined, x + dx, y + dy) != value) return true;
        return false;
    }

    const CaseView& view_;
    Plane plane_;
    std::int64_t slice_;
    const Window& window_;
    int side_;
    double px_per_mm_, step_across_ = 1, step_down_ = 1;
};

/// One scale for all tiles of a case, so that they can be compared.
double pixels_per_mm(const CaseView& view, const std::vector<Plane>& planes, int side) {
    const Vec3 spacing = view.geometry.spacing_mm();
    double longest = 0;
    for (const Plane& plane : planes)
        for (const std::size_t axis : {plane.across, plane.down})
            longest = std::max(longest, static_cast<double>(view.shape[axis]) * spacing[axis]);
    if (!(longest > 0) || !std::isfinite(longest)) longest = 1;
    return side / longest;
}

}  // namespace

Window window_of(std::span<const float> image) {
    // At most about a million voxels, taken at equal steps: a picture needs no more.
    const std::size_t step = image.size() / 1'000'000 + 1;
    std::vector<float> values;
    values.reserve(image.size() / step + 1);
    for (std::size_t i = 0; i < image.size(); i += step)
        if (std::isfinite(image[i])) values.push_back(image[i]);
    if (values.empty()) return {};
    const auto quantile = [&](double share) {
        const auto place = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
        std::nth_element(values.begin(), values.begin() + place, values.end());
        return static_cast<double>(values[static_cast<std::size_t>(place)]);
    };
    const double low = quantile(0.005), high = quantile(0.995);
    if (high > low) return {low, high};
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    return {*least, *most};  // nearly all voxels are equal: show the few that are not
}

std::array<std::int64_t, 3> cutting_point(const CaseView& view) {
    std::array<std::int64_t, 3> sum{}, middle{};
    std::int64_t count = 0;
    for (std::size_t axis = 0; axis < 3; ++axis) middle[axis] = view.shape[axis] / 2;
    for (const auto labels : {view.filled, view.outlined}) {
        if (labels.empty()) continue;
        std::size_t i = 0;
        for (std::int64_t z = 0; z < view.shape[2]; ++z)
            for (std::int64_t y = 0; y < view.shape[1]; ++y)
                for (std::int64_t x = 0; x < view.shape[0]; ++x)
                    if (labels[i++] != 0) {
                        sum[0] += x;
                        sum[1] += y;
                        sum[2] += z;
                        ++count;
                    }
    }
    if (count == 0) return middle;
    for (std::size_t axis = 0; axis < 3; ++axis) middle[axis] = (sum[axis] + count / 2) / count;
    return middle;
}

Raster draw_case(const CaseView& view, int side) {
    const auto at = cutting_point(view);
    const Window window = window_of(view.image);
    const auto planes = planes_of(view.shape, view.geometry);
    std::vector<Raster> tiles;
    tiles.reserve(planes.size());
    for (const Plane& plane : planes)
        tiles.push_back(Tile(view, plane, at[plane.through], window, side, pixels_per_mm(view, planes, side)).draw());
    return contact_sheet(tiles, static_cast<int>(tiles.size()), tile_gap);
}

Raster draw_slice(const CaseView& view, const std::array<std::int64_t, 3>& at, const Window& window, int side) {
    const std::vector<Plane> first{planes_of(view.shape, view.geometry).front()};
    return Tile(view, first[0], at[first[0].through], window, side, pixels_per_mm(view, first, side)).draw();
}

}  // namespace cohort::pictures
