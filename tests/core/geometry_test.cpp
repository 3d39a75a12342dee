#include "core/geometry.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/spatial_shape.h"

using namespace cohort;

namespace {
const Affine oblique{{{{0.9, -0.3, 0.1, -20}, {0.35, 1.1, 0.2, 5}, {-0.1, 0.2, 2.9, 7.5}}}};
}

TEST_CASE("an affine and its inverse lead back to the index") {
    const auto inverse = oblique.inverse();
    REQUIRE(inverse);
    const Vec3 index{3.5, -2, 11}, back = inverse->apply(oblique.apply(index));
    for (std::size_t i = 0; i < 3; ++i) CHECK(back[i] == Approx(index[i]).margin(1e-12));
    const Vec3 both = (oblique * *inverse).apply(index);
    for (std::size_t i = 0; i < 3; ++i) CHECK(both[i] == Approx(index[i]).margin(1e-12));
}

TEST_CASE("zero, singular and non-finite affines are not usable") {
    CHECK_FALSE(Affine{{{{0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}}}}.is_usable());
    CHECK_FALSE(Affine{{{{1, 2, 0, 0}, {2, 4, 0, 0}, {0, 0, 1, 0}}}}.is_usable());
    Affine broken;
    broken.m[1][3] = std::numeric_limits<double>::quiet_NaN();
    CHECK_FALSE(broken.is_usable());
    CHECK_FALSE(broken.inverse());
    CHECK(Affine{{{{1e-7, 0, 0, 0}, {0, 1e-7, 0, 0}, {0, 0, 1e-7, 0}}}}.is_usable());
}

TEST_CASE("two grids agree when their corners do, within a hundredth of the smallest spacing") {
    Geometry a{oblique}, b{oblique};
    const Shape shape{40, 50, 30};
    CHECK(same_grid(a, shape, b, shape));
    b.affine->m[0][3] += 0.005;
    CHECK(same_grid(a, shape, b, shape));
    b.affine->m[0][3] += 0.05;
    CHECK_FALSE(same_grid(a, shape, b, shape));
    CHECK_FALSE(same_grid(a, shape, a, {40, 50, 31}));
    CHECK(same_grid(a, shape, a, {40, 50, 30, 4}));  // time does not matter
    CHECK(std::isinf(corner_distance_mm(a, Geometry{}, shape)));
    CHECK(same_grid(Geometry{}, shape, Geometry{}, shape));
}

TEST_CASE("extents in space are told by the axes' names, wherever they stand") {
    CHECK(spatial_shape({6, 5, 3}, axes_named("xyc")) == Shape{6, 5, 1});
    CHECK(spatial_shape({3, 6, 5, 4}, axes_named("cxyz")) == Shape{6, 5, 4});
    CHECK(spatial_shape({4, 5, 6, 9}, axes_named("zyxt")) == Shape{6, 5, 4});
    CHECK(spatial_shape({7}, {Axis{"echo"}}) == Shape{1, 1, 1});
    const Geometry g{oblique};
    CHECK(same_grid(g, spatial_shape({6, 5, 3}, axes_named("xyc")), g, spatial_shape({6, 5}, axes_named("xy"))));
    CHECK_FALSE(same_grid(g, spatial_shape({6, 5, 3}, axes_named("xyz")), g, spatial_shape({6, 5}, axes_named("xy"))));
}

TEST_CASE("geometry survives JSON, and other JSON is refused") {
    for (const Geometry& g : {Geometry{}, Geometry{oblique}, Geometry{std::nullopt, Vec3{0.5, 0.5, 2}}}) CHECK(geometry_from_json(to_json(g)) == g);
    for (const char* bad : {"3", "{}", R"({"affine":[[1,2,3,4]]})", R"({"affine":[[1,2,3],[1,2,3],[1,2,3]]})", R"({"spacing":["a",1,1]})"})
        CHECK_THROWS_AS(geometry_from_json(parse_json(bad, "t")), Error);
}
