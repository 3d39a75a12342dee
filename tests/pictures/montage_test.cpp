#include "pictures/montage.h"

#include <catch2/catch.hpp>

#include "pictures/planes.h"

using namespace cohort;
using namespace cohort::pictures;

namespace {

Geometry with_axes(std::array<int, 3> world_of_axis, std::array<double, 3> step) {
    Affine a;
    for (auto& row : a.m) row = {0, 0, 0, 0};
    for (std::size_t axis = 0; axis < 3; ++axis) a.m[static_cast<std::size_t>(world_of_axis[axis])][axis] = step[axis];
    return {a, std::nullopt};
}

/// First and last pixel row or column that is not black.
std::array<int, 4> box_of(const Raster& r, Rgb colour) {
    std::array<int, 4> box{r.width(), r.height(), -1, -1};
    for (int y = 0; y < r.height(); ++y)
        for (int x = 0; x < r.width(); ++x)
            if (r.at(x, y) == colour) {
                box[0] = std::min(box[0], x);
                box[1] = std::min(box[1], y);
                box[2] = std::max(box[2], x);
                box[3] = std::max(box[3], y);
            }
    return box;
}

}  // namespace

TEST_CASE("a RAS volume is shown with the patient's right on the left and superior up") {
    const auto planes = planes_of({8, 9, 10}, with_axes({0, 1, 2}, {1, 1, 1}));
    REQUIRE(planes.size() == 3);
    CHECK(planes[0] == Plane{0, 1, 2, true, true});
    CHECK(planes[1] == Plane{0, 2, 1, true, true});
    CHECK(planes[2] == Plane{1, 2, 0, true, true});
}

TEST_CASE("any order and sign of axes shows the same patient") {
    // PIR: x runs to posterior, y to inferior, z to the right.
    const auto planes = planes_of({8, 9, 10}, with_axes({1, 2, 0}, {-1, -1, 1}));
    REQUIRE(planes.size() == 3);
    CHECK(planes[0] == Plane{2, 0, 1, true, false});
    CHECK(planes[1] == Plane{2, 1, 0, true, false});
    CHECK(planes[2] == Plane{0, 1, 2, false, false});
}

TEST_CASE("a single slice gives one plane, and without a world the index axes stay") {
    CHECK(planes_of({8, 9, 1}, {}) == std::vector{Plane{0, 1, 2, false, false}});
    CHECK(planes_of({1, 9, 7}, {}) == std::vector{Plane{1, 2, 0, false, false}});
    CHECK(planes_of({1, 1, 1}, {}).size() == 1);
}

TEST_CASE("slices go through the centre of mass of the labels, else through the middle") {
    std::vector<std::int32_t> labels(5 * 6 * 7, 0);
    CaseView view{.shape = {5, 6, 7}};
    CHECK(cutting_point(view) == std::array<std::int64_t, 3>{2, 3, 3});
    labels[(6 * 6 + 5) * 5 + 4] = 1;
    view.filled = labels;
    CHECK(cutting_point(view) == std::array<std::int64_t, 3>{4, 5, 6});
}

TEST_CASE("pixels are isotropic in millimetres: a slice of 10 × 20 mm is drawn 1 : 2") {
    const std::vector<float> image(20 * 10, 1.0f);
    std::vector<std::int32_t> all(20 * 10, 1);
    Geometry geometry;
    geometry.raster_spacing_mm = Vec3{0.5, 2, 1};
    const CaseView view{.shape = {20, 10, 1}, .geometry = geometry, .image = image, .filled = all};
    const Raster tile = draw_case(view, 100);
    CHECK(tile.width() == 100);
    const Rgb colour = tile.at(50, 50);
    const auto box = box_of(tile, colour);
    CHECK(box == std::array<int, 4>{25, 0, 74, 99});
}

TEST_CASE("a prediction is outlined and a reference filled, in their label's colour") {
    const std::int64_t n = 16;
    std::vector<float> image(static_cast<std::size_t>(n * n), 0.0f);
    std::vector<std::int32_t> label(image.size(), 0);
    for (std::int64_t y = 4; y < 12; ++y)
        for (std::int64_t x = 4; x < 12; ++x) label[static_cast<std::size_t>(y * n + x)] = 2;
    const Raster outline = draw_case({.shape = {n, n, 1}, .image = image, .outlined = label}, 160);
    CHECK(box_of(outline, label_colour(2)) == std::array<int, 4>{40, 40, 119, 119});
    CHECK_FALSE(outline.at(80, 80) == label_colour(2));
    const Raster fill = draw_case({.shape = {n, n, 1}, .image = image, .filled = label}, 160);
    CHECK(fill.at(80, 80) == blend(fill.at(0, 0), label_colour(2), .45));
}

TEST_CASE("images of NaN, of one value, or without any finite voxel are drawn without fault") {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    for (const float value : {nan, 3.0f, std::numeric_limits<float>::infinity()}) {
        const std::vector<float> image(27, value);
        const Raster row = draw_case({.shape = {3, 3, 3}, .image = image}, 30);
        CHECK(row.width() == 30 * 3 + 8);
        CHECK(row.height() == 30);
    }
}
