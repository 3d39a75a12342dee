#include "measure/point_distances.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "masks.h"
#include "measure/percentile.h"

using namespace cohort;
using namespace cohort::measure;

namespace {

std::vector<double> brute_force(const Mask& from, const Mask& to, const Vec3& s) {
    std::vector<double> out;
    const auto [nx, ny, nz] = from.shape;
    const auto each = [&](const Mask& m, auto body) {
        std::size_t i = 0;
        for (std::int64_t z = 0; z < nz; ++z)
            for (std::int64_t y = 0; y < ny; ++y)
                for (std::int64_t x = 0; x < nx; ++x, ++i)
                    if (m.voxels[i]) body(double(x) * s[0], double(y) * s[1], double(z) * s[2]);
    };
    each(from, [&](double x, double y, double z) {
        double best = std::numeric_limits<double>::infinity();
        each(to, [&](double a, double b, double c) { best = std::min(best, std::hypot(x - a, y - b, z - c)); });
        out.push_back(best);
    });
    return out;
}

Mask random_mask(std::mt19937& random, Extent3 shape, int one_in) {
    Mask m{shape, 3, std::vector<std::uint8_t>(static_cast<std::size_t>(shape[0] * shape[1] * shape[2]), 0)};
    for (auto& v : m.voxels) v = below(random, one_in) == 0;
    return m;
}

}  // namespace

TEST_CASE("distances equal the brute-force minimum for any shape, spacing, density and thread count") {
    const auto seed = GENERATE(range(0u, 150u));
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const Extent3 shape = random_shape(random, 14);
    const Vec3 spacing{.1 + below(random, 40) / 10., .1 + below(random, 40) / 10., .1 + below(random, 40) / 10.};
    const Mask from = random_mask(random, shape, 1 + below(random, 9)),
               to = random_mask(random, shape, 1 + below(random, 300));
    const auto expected = brute_force(from, to, spacing);
    const auto got = point_distances(from, to, spacing, 1);
    REQUIRE(got.size() == expected.size());
    bool equal = true;
    for (std::size_t i = 0; i < got.size(); ++i)
        equal = equal && (got[i] == expected[i] || std::abs(got[i] - expected[i]) < 1e-12 * (1 + expected[i]));
    CHECK(equal);
    CHECK(point_distances(from, to, spacing, 3) == got);
}

TEST_CASE("far surfaces, which wait for whole slices, are as exact as near ones") {
    const auto seed = GENERATE(range(0u, 12u));
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const Extent3 shape{40 + below(random, 20), 50 + below(random, 20), 45 + below(random, 20)};
    const Vec3 spacing{.5 + below(random, 20) / 10., .5 + below(random, 20) / 10., .5 + below(random, 20) / 10.};
    const auto empty = [&] {
        return Mask{shape, 3, std::vector<std::uint8_t>(static_cast<std::size_t>(shape[0] * shape[1] * shape[2]), 0)};
    };
    Mask from = empty(), to = empty();
    for (int i = 0; i < 60; ++i) {
        from.voxels[static_cast<std::size_t>(below(random, static_cast<int>(from.voxels.size())))] = 1;
        if (seed % 3 != 0 || i < 3)  // few, and then in one corner
            to.voxels[static_cast<std::size_t>(below(random, static_cast<int>(to.voxels.size() / (seed % 2 ? 1 : 12))))] = 1;
    }
    const auto expected = brute_force(from, to, spacing);
    const auto got = point_distances(from, to, spacing, 1);
    REQUIRE(got.size() == expected.size());
    double worst = 0;
    for (std::size_t i = 0; i < got.size(); ++i)
        worst = std::max(worst, std::abs(got[i] - expected[i]) / (1 + expected[i]));
    CHECK(worst < 1e-12);
    CHECK(point_distances(from, to, spacing, 4) == got);
}

TEST_CASE("a border is the foreground with a face neighbour outside, and the frame is outside") {
    LabelMap r = empty_map({4, 4, 4});
    for (auto& v : r.values) v = 1;
    const CasePair full(r, r);
    const Mask mask = mask_of(full, label_target(1), Side::reference);
    CHECK(mask.count() == 64);
    CHECK(border_of(mask, Connectivity::face).count() == 56);
    CHECK(border_of(mask_of(full, label_target(1), Side::reference, Frame::object), Connectivity::full).count() == 0);
}

TEST_CASE("in two dimensions only the four or eight neighbours of the plane count") {
    LabelMap r = empty_map({5, 5, 1}, {1, 1, 1}, 2);
    for (auto& v : r.values) v = 1;
    voxel(r, 2, 2, 0) = 0;
    const CasePair pair(r, r);
    const Mask mask = mask_of(pair, label_target(1), Side::reference, Frame::object);
    CHECK(border_of(mask, Connectivity::face).count() == 4);
    CHECK(border_of(mask, Connectivity::full).count() == 8);
}

TEST_CASE("percentiles are numpy's linear ones") {
    std::vector<double> v{4, 1, 3, 2};
    CHECK(percentile(v, .95) == Approx(3.85));
    CHECK(percentile(v, 0) == 1);
    CHECK(percentile(v, 1) == 4);
    CHECK(percentile_of_sorted({1, 2, 3, 4}, .5) == 2.5);
    std::vector<double> none, one{7};
    CHECK(std::isnan(percentile(none, .5)));
    CHECK(percentile(one, .95) == 7);
    std::vector<double> infinite{INFINITY, 1, INFINITY};
    CHECK(std::isinf(percentile(infinite, .95)));
}
