#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

#include "augment/sample_transform.h"
#include "core/error.h"

using namespace cohort;
using namespace cohort::augment;

TEST_CASE("every recipe has a name of its own and a sentence, and is found by its name") {
    for (const auto& entry : all_recipes()) {
        CHECK(std::count_if(all_recipes().begin(), all_recipes().end(), [&](const auto& e) { return e.name == entry.name; }) == 1);
        CHECK(entry.about.ends_with("."));
        CHECK_NOTHROW(recipe_named(entry.name));
    }
    CHECK_THROWS_AS(recipe_named("ligth"), Error);
}

TEST_CASE("the empty recipe changes nothing") {
    std::vector<float> image(100, 0.25f);
    for (std::uint64_t item = 0; item < 50; ++item) {
        const auto drawn = draw_transform(recipe_named("none"), {10, 5, 2}, 1, item);
        CHECK(drawn.shift_voxels == std::array<std::int64_t, 3>{0, 0, 0});
        apply_intensity(drawn, image, 1, item);
    }
    CHECK(image == std::vector<float>(100, 0.25f));
}

TEST_CASE("shifts keep within their range, use all of it, and leave axes of length 1 alone") {
    std::array<int, 9> seen{};
    for (std::uint64_t item = 0; item < 2000; ++item) {
        const auto drawn = draw_transform(recipe_named("light"), {32, 32, 1}, 1, item);
        REQUIRE(std::abs(drawn.shift_voxels[0]) <= 4);
        ++seen[static_cast<std::size_t>(drawn.shift_voxels[1] + 4)];
        REQUIRE(drawn.shift_voxels[2] == 0);
    }
    for (const auto count : seen) CHECK(count > 100);
}

TEST_CASE("noise has the standard deviation that was drawn, mean 0, and is a function of seed and item") {
    SampleTransform drawn;
    drawn.noise_sd = 0.5;
    std::vector<float> a(100001), b = a, c = a;
    apply_intensity(drawn, a, 1, 7);
    apply_intensity(drawn, b, 1, 7);
    apply_intensity(drawn, c, 1, 8);
    CHECK(a == b);
    CHECK_FALSE(a == c);
    double sum = 0, squares = 0;
    for (const auto value : a) sum += value, squares += static_cast<double>(value) * value;
    const auto n = static_cast<double>(a.size());
    CHECK(std::abs(sum / n) < 0.01);
    CHECK(std::sqrt(squares / n) == Approx(0.5).epsilon(0.02));
}
