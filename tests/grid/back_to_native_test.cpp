#include "grid/back_to_native.h"

#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <random>

#include "core/error.h"
#include "core/files.h"
#include "grid/axis_map.h"
#include "grid/crop.h"
#include "grid/orient.h"

using namespace cohort;
using namespace cohort::grid;

namespace {

using Extents = std::array<std::int64_t, 3>;

/// A native grid turned by one of the 48 ways, and what preparing makes of it.
struct Grids {
    Extents native{}, prepared{};
    Geometry native_geometry, prepared_geometry;
    VoxelBox box;  ///< what was kept, in native voxels
};

/// `turn`: 0–47; the world is tilted a little besides, so that nothing but the grids' relation is axis-aligned.
Grids made_grids(int turn, bool crops, unsigned seed) {
    std::mt19937_64 random(seed);
    const auto uniform = [&](double low, double high) {
        return std::uniform_real_distribution<double>(low, high)(random);
    };
    std::array<std::size_t, 3> order{0, 1, 2};
    for (int i = 0; i < turn / 8; ++i) std::next_permutation(order.begin(), order.end());
    const double a = 0.2, b = -0.15;
    const double tilt[3][3] = {{std::cos(a), -std::sin(a), 0},
                               {std::sin(a) * std::cos(b), std::cos(a) * std::cos(b), -std::sin(b)},
                               {std::sin(a) * std::sin(b), std::cos(a) * std::sin(b), std::cos(b)}};
    Grids grids;
    grids.native = {5 + 2 * static_cast<std::int64_t>(random() % 4), 6 + static_cast<std::int64_t>(random() % 5),
                    3 + static_cast<std::int64_t>(random() % 6)};
    Affine affine;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const double length = uniform(0.7, 2.2) * ((turn >> axis) & 1 ? -1 : 1);
        for (std::size_t row = 0; row < 3; ++row) affine.m[row][axis] = tilt[row][order[axis]] * length;
    }
    for (auto& row : affine.m) row[3] = uniform(-90, 90);
    grids.native_geometry.affine = affine;
    grids.box = {{0, 0, 0}, grids.native};
    if (crops)
        for (std::size_t axis = 0; axis < 3; ++axis) {
            grids.box.origin[axis] = static_cast<std::int64_t>(random() % 3);
            grids.box.extent[axis] -= grids.box.origin[axis] + static_cast<std::int64_t>(random() % 2);
            grids.box.extent[axis] = std::max<std::int64_t>(grids.box.extent[axis], 1);
        }
    const Volume cut(VoxelType::u8, Shape(grids.box.extent.begin(), grids.box.extent.end()), axes_named("xyz"));
    const auto turned = to_canonical(cut, cropped(grids.native_geometry, grids.box));
    const auto n = leading_extents(turned.voxels);
    // At most twice the native spacing along each axis: then the box's end is known exactly.
    const auto spacing = turned.geometry.spacing_mm();
    Vec3 wanted{};
    for (std::size_t axis = 0; axis < 3; ++axis)
        wanted[axis] = random() % 4 == 0 ? 0 : spacing[axis] * uniform(0.55, 1.9);
    const auto at = grid_at_spacing(n, turned.geometry, wanted);
    grids.prepared_geometry = at.geometry;
    for (std::size_t axis = 0; axis < 3; ++axis) grids.prepared[axis] = at.maps[axis].to;
    return grids;
}

std::vector<float> random_scores(const Extents& n, std::size_t classes, unsigned seed) {
    std::mt19937_64 random(seed);
    std::vector<float> scores(classes * static_cast<std::size_t>(n[0] * n[1] * n[2]));
    for (auto& score : scores) score = std::uniform_real_distribution<float>(0, 1)(random);
    return scores;
}

/// Scores [class, voxel] of the native image; NaN where there is none. `scores`: [class, z, y, x] of the prepared grid.
std::vector<float> brought_back(const WayBack& way, std::size_t classes, const std::vector<float>& scores,
                                unsigned threads) {
    const auto voxels = static_cast<std::size_t>(way.native[0] * way.native[1] * way.native[2]);
    const auto plane = static_cast<std::size_t>(way.prepared[0] * way.prepared[1]);
    const auto whole = plane * static_cast<std::size_t>(way.prepared[2]);
    std::vector<float> result(classes * voxels, std::nanf(""));
    BackToNative back(way, classes, threads);
    std::vector<float> slice(classes * plane);
    for (std::int64_t z = 0; z < way.prepared[2]; ++z) {
        for (std::size_t c = 0; c < classes; ++c)
            std::copy_n(scores.begin() + static_cast<std::ptrdiff_t>(c * whole + static_cast<std::size_t>(z) * plane),
                        plane, slice.begin() + static_cast<std::ptrdiff_t>(c * plane));
        back.take(slice, [&](const ScoreRow& row) {
            for (std::size_t c = 0; c < classes; ++c)
                for (std::int64_t i = 0; i < row.count; ++i) {
                    auto& place = result[c * voxels + static_cast<std::size_t>(row.place + i * row.step)];
                    if (!std::isnan(place)) throw Error(Exit::bug, "A voxel got two scores.");
                    place = row.scores[c * row.class_stride + static_cast<std::size_t>(i)];
                }
        });
    }
    return result;
}

/// By the definition: each native voxel through the world to the prepared grid, between its eight neighbours.
double by_definition(const Grids& grids, const std::vector<float>& scores, std::size_t c, const Vec3& voxel) {
    const auto p = (*grids.prepared_geometry.affine->inverse() * *grids.native_geometry.affine).apply(voxel);
    const auto& n = grids.prepared;
    double sum = 0;
    for (int corner = 0; corner < 8; ++corner) {
        double weight = 1;
        Extents at{};
        for (std::size_t a = 0; a < 3; ++a) {
            const double q = std::clamp(p[a], 0.0, static_cast<double>(n[a] - 1));
            const auto below = static_cast<std::int64_t>(q);
            const bool upper = corner >> a & 1;
            weight *= upper ? q - static_cast<double>(below) : 1 - (q - static_cast<double>(below));
            at[a] = std::min(below + upper, n[a] - 1);
        }
        sum += weight * static_cast<double>(scores[static_cast<std::size_t>(
                            ((static_cast<std::int64_t>(c) * n[2] + at[2]) * n[1] + at[1]) * n[0] + at[0])]);
    }
    return sum;
}

bool in_box(const VoxelBox& box, const Extents& voxel) {
    for (std::size_t a = 0; a < 3; ++a)
        if (voxel[a] < box.origin[a] || voxel[a] >= box.origin[a] + box.extent[a]) return false;
    return true;
}

WayBack way_of(const Grids& grids) {
    const auto way = way_back(grids.prepared, grids.prepared_geometry, grids.native, grids.native_geometry);
    if (const auto* why = std::get_if<std::string>(&way)) FAIL(*why);
    return std::get<WayBack>(way);
}

std::string python_list(const Extents& n) {
    return "(" + std::to_string(n[2]) + "," + std::to_string(n[1]) + "," + std::to_string(n[0]) + ")";
}

}  // namespace

TEST_CASE("scores come back as trilinear interpolation through the world has them, in all 48 orientations") {
    const int turn = GENERATE(range(0, 48));
    const bool crops = GENERATE(false, true);
    const auto seed = static_cast<unsigned>(2 * turn + crops);
    INFO("turn " << turn << (crops ? ", cropped" : ""));
    const auto grids = made_grids(turn, crops, seed);
    const auto way = way_of(grids);
    const std::size_t classes = 3;
    const auto scores = random_scores(grids.prepared, classes, seed);
    const auto found = brought_back(way, classes, scores, 1);
    const auto& n = grids.native;
    const auto voxels = static_cast<std::size_t>(n[0] * n[1] * n[2]);
    double worst = 0;
    std::size_t misplaced = 0, i = 0;
    for (std::int64_t z = 0; z < n[2]; ++z)
        for (std::int64_t y = 0; y < n[1]; ++y)
            for (std::int64_t x = 0; x < n[0]; ++x, ++i)
                for (std::size_t c = 0; c < classes; ++c) {
                    const auto score = static_cast<double>(found[c * voxels + i]);
                    misplaced += std::isnan(score) == in_box(grids.box, {x, y, z});
                    if (!std::isnan(score))
                        worst = std::max(worst,
                                         std::abs(score - by_definition(grids, scores, c,
                                                                        {static_cast<double>(x), static_cast<double>(y),
                                                                         static_cast<double>(z)})));
                }
    CHECK(misplaced == 0);  // outside of the box, and nowhere else, there is no score
    CHECK(worst < 1e-5);
    CHECK(BackToNative(way, classes, 1).covers_all() == (grids.box == VoxelBox{{0, 0, 0}, n}));
    const auto with_threads = brought_back(way, classes, scores, 3);
    CHECK(std::equal(found.begin(), found.end(), with_threads.begin(),
                     [](float a, float b) { return a == b || (std::isnan(a) && std::isnan(b)); }));
}

TEST_CASE("scores come back as scipy's map_coordinates has them, order 1, mode nearest") {
    const auto folder = std::filesystem::temp_directory_path() / ("cohort-back-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    std::string script = "import numpy as np\nimport scipy.ndimage as nd\nworst = 0\n";
    for (int turn = 0; turn < 48; turn += 5) {
        const auto grids = made_grids(turn, false, static_cast<unsigned>(500 + turn));
        const auto scores = random_scores(grids.prepared, 1, static_cast<unsigned>(turn));
        const auto found = brought_back(way_of(grids), 1, scores, 1);
        const auto name = std::to_string(turn);
        write_file_atomically(folder / ("in" + name), std::as_bytes(std::span(scores)));
        write_file_atomically(folder / ("out" + name), std::as_bytes(std::span(found)));
        const auto map = *grids.prepared_geometry.affine->inverse() * *grids.native_geometry.affine;
        std::string rows;
        for (const auto& row : map.m) {
            rows += "[";
            for (const double value : row) rows += shortest(value) + ",";
            rows += "],";
        }
        script += "a = np.fromfile('in" + name + "', np.float32).reshape" + python_list(grids.prepared) +
                  ".astype(float)\nb = np.fromfile('out" + name + "', np.float32).reshape" + python_list(grids.native) +
                  "\nm = np.array([" + rows +
                  "])\nz, y, x = np.indices(b.shape)\n"
                  "p = np.einsum('ij,jzyx->izyx', m, np.stack([x, y, z, np.ones_like(x)]))\n"
                  "worst = max(worst, np.abs(nd.map_coordinates(a, p[::-1], order=1, mode='nearest') - b).max())\n";
    }
    script += "raise SystemExit(0 if worst < 1e-5 else 9)\n";
    write_file_atomically(folder / "oracle.py", std::string_view(script));
    const auto python = "cd '" + folder.string() + "' && /usr/bin/python3 ";
    if (std::system((python + "-c 'import scipy.ndimage' 2>/dev/null").c_str()) != 0)
        std::cout << "skipped: python3-scipy not present (way back oracle)\n";
    else
        CHECK(std::system((python + "oracle.py").c_str()) == 0);
    std::filesystem::remove_all(folder);
}

TEST_CASE("a grid that did not change hands every score on unchanged") {
    Geometry geometry;
    geometry.affine = Affine{{{{0.7, 0.1, 0, 3}, {-0.1, 0.7, 0, 4}, {0, 0, 2.5, 5}}}};
    const Extents n{7, 5, 4};
    const auto way = std::get<WayBack>(way_back(n, geometry, n, geometry));
    CHECK(way.is_identity());
    const auto scores = random_scores(n, 2, 1);
    CHECK(brought_back(way, 2, scores, 1) == scores);
}

TEST_CASE("2D images, images without a world and single slices find the way back") {
    // A coronal 2D image becomes a volume of one slice along y.
    Geometry coronal;
    coronal.affine = Affine{{{{2, 0, 0, 1}, {0, 0, 1, 2}, {0, -3, 0, 3}}}};
    const Volume flat(VoxelType::u8, {6, 4}, axes_named("xy"));
    const auto turned = to_canonical(flat, coronal);
    const auto n = leading_extents(turned.voxels);
    CHECK(n == Extents{6, 1, 4});
    const auto way = std::get<WayBack>(way_back(n, turned.geometry, {6, 4, 1}, coronal));
    const auto scores = random_scores(n, 1, 2);
    const auto found = brought_back(way, 1, scores, 1);
    for (std::size_t y = 0; y < 4; ++y)
        for (std::size_t x = 0; x < 6; ++x) CHECK(found[y * 6 + x] == scores[(3 - y) * 6 + x]);

    // Without an affine: about the middle, at the ratio of spacings.
    Geometry fine, coarse;
    fine.raster_spacing_mm = Vec3{1, 1, 1};
    coarse.raster_spacing_mm = Vec3{2, 2, 1};
    const auto half = std::get<WayBack>(way_back({4, 3, 1}, coarse, {8, 6, 1}, fine));
    CHECK(half.axes[0].step == 0.5);
    CHECK(half.axes[0].start == -0.25);
    const auto coarse_scores = random_scores({4, 3, 1}, 2, 3);
    const auto coarse_found = brought_back(half, 2, coarse_scores, 1);
    CHECK(std::none_of(coarse_found.begin(), coarse_found.end(), [](float v) { return std::isnan(v); }));
    CHECK(coarse_found[0] == coarse_scores[0]);
    CHECK(coarse_found[1] == Approx(0.75 * coarse_scores[0] + 0.25 * coarse_scores[1]));
}

TEST_CASE("grids that are not related axis by axis are refused with a sentence") {
    Geometry straight, turned, none, sheared;
    straight.affine = Affine{};
    turned.affine = Affine{{{{0.98, -0.2, 0, 0}, {0.2, 0.98, 0, 0}, {0, 0, 1, 0}}}};
    sheared.affine = Affine{{{{1, 0, 0.05, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}}}};
    const Extents n{20, 20, 20};
    CHECK(std::get<std::string>(way_back(n, straight, n, turned)).find("right angles") != std::string::npos);
    CHECK(std::get<std::string>(way_back(n, straight, n, sheared)).find("sheared") != std::string::npos);
    CHECK(std::get<std::string>(way_back(n, straight, n, none)).find("place in the world") != std::string::npos);
    CHECK(std::get<std::string>(way_back({9, 20, 20}, none, n, none)).find("cropped") != std::string::npos);
    CHECK(std::holds_alternative<WayBack>(way_back(n, none, n, none)));
}
