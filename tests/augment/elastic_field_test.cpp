#include "augment/elastic_field.h"

#include <catch2/catch.hpp>
#include <cmath>

using namespace cohort;
using namespace cohort::augment;

TEST_CASE("displacements stay within the bound, vary smoothly and scale with the standard deviation") {
    const std::array<std::int64_t, 3> extent{40, 30, 26};
    RandomStream random(1, "elastic", 5), again(1, "elastic", 5);
    const ElasticField field(extent, 2.0, random), half(extent, 1.0, again);
    double largest = 0;
    int wrong = 0;
    std::array<std::vector<float>, 3> before;
    for (std::int64_t z = 0; z < extent[2]; ++z) {
        const auto slice = field.slice(z), half_slice = half.slice(z);
        for (std::int64_t y = 0; y < extent[1]; ++y) {
            std::array<std::vector<float>, 3> d, h;
            for (auto& line : d) line.assign(40, 0.0f);
            for (auto& line : h) line.assign(40, 0.0f);
            field.add_row(slice, y, d[0], d[1], d[2]);
            half.add_row(half_slice, y, h[0], h[1], h[2]);
            for (std::size_t a = 0; a < 3; ++a)
                for (std::size_t x = 0; x < 40; ++x) {
                    largest = std::max(largest, std::abs(static_cast<double>(d[a][x])));
                    wrong += std::abs(d[a][x] - 2 * h[a][x]) > 1e-5f;
                    wrong += x > 0 && std::abs(d[a][x] - d[a][x - 1]) > 1;
                    wrong += y > 0 && std::abs(d[a][x] - before[a][x]) > 1;
                }
            before = d;
        }
    }
    CHECK(wrong == 0);
    CHECK(largest <= field.bound());
    CHECK(largest > 0.2 * field.bound());
}

TEST_CASE("a flat patch is not displaced across its plane") {
    RandomStream random(1, "elastic", 6);
    const ElasticField field({32, 32, 1}, 3.0, random);
    std::vector<float> x(32), y(32), z(32);
    field.add_row(field.slice(0), 7, x, y, z);
    CHECK(z == std::vector<float>(32));
    CHECK(x != std::vector<float>(32));
}
