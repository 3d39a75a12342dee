#include "pictures/planes.h"

#include <algorithm>
#include <cmath>

namespace cohort::pictures {
namespace {

/// Voxel axis that runs along each world axis, and whether it runs the same way.
struct Orientation {
    std::array<std::size_t, 3> axis{0, 1, 2};
    std::array<bool, 3> along{false, false, false};
};

Orientation nearest(const Affine& affine) {
    Orientation best;
    double best_sum = -1;
    std::array<std::size_t, 3> axis{0, 1, 2};
    do {
        double sum = 0;
        for (std::size_t world = 0; world < 3; ++world) {
            const Vec3 column = affine.column(axis[world]);
            sum += std::abs(column[world]) / std::max(std::hypot(column[0], column[1], column[2]), 1e-300);
        }
        if (sum > best_sum + 1e-9) {  // ties (45°) go to the first assignment
            best_sum = sum;
            best.axis = axis;
        }
    } while (std::next_permutation(axis.begin(), axis.end()));
    for (std::size_t world = 0; world < 3; ++world) best.along[world] = affine.column(best.axis[world])[world] > 0;
    return best;
}

}  // namespace

std::vector<Plane> planes_of(const std::array<std::int64_t, 3>& shape, const Geometry& geometry) {
    // Radiological: every picture axis runs against its world axis (right, anterior, superior come first).
    const Orientation o = geometry.affine ? nearest(*geometry.affine) : Orientation{};
    const auto plane = [&](std::size_t across, std::size_t down, std::size_t through) {
        return Plane{o.axis[across], o.axis[down], o.axis[through], o.along[across], o.along[down]};
    };
    const std::array<Plane, 3> all{plane(0, 1, 2), plane(0, 2, 1), plane(1, 2, 0)};
    std::vector<Plane> shown;
    for (const Plane& p : all)
        if (shape[p.across] > 1 && shape[p.down] > 1) shown.push_back(p);
    if (shown.empty()) shown.push_back(all[0]);
    return shown;
}

}  // namespace cohort::pictures
