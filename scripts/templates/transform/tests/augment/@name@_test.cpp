#include "augment/@name@.h"

#include <catch2/catch.hpp>
#include <array>
#include <bit>
#include <limits>
#include <vector>

#include "augment/sample_transform.h"

using namespace cohort;
using namespace cohort::augment;

namespace {

constexpr std::array<std::int64_t, 3> extent{2, 1, 1};

SampleTransform drawn_with(const Range& range, std::uint64_t item) {
    Recipe recipe;
    recipe.shift_voxels = {0.5, 0, 4};
    recipe.gamma = {0.5, 0.7, 1.5};
    recipe.@name@ = range;
    return draw_transform(recipe, extent, {1, 1, 1}, 1, 7, item);
}

}  // namespace

TEST_CASE("@name@ at zero strength leaves every bit as it is") {
    std::vector<float> image{-0.0f, 1.5f, std::numeric_limits<float>::denorm_min()};
    const auto before = image;
    apply_@name@(0, image);
    CHECK(std::equal(image.begin(), image.end(), before.begin(),
                     [](float a, float b) { return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b); }));
    CHECK(drawn_with({}, 2).@name@ == 0);
}

TEST_CASE("@name@ adds what was drawn, and it is drawn within its range about as often as asked") {
    int happened = 0;
    for (std::uint64_t item = 0; item < 2000; ++item) {
        auto drawn = drawn_with({.25, .5, 2}, item);
        if (drawn.@name@ == 0) continue;
        ++happened;
        CHECK((drawn.@name@ >= .5 && drawn.@name@ < 2));
        drawn.channels.clear();  // nothing but this one
        std::vector<float> image{1, 2};
        apply_intensity(drawn, extent, image, 7, item);
        CHECK(image[0] == 1 + static_cast<float>(drawn.@name@));
        CHECK(image[1] == 2 + static_cast<float>(drawn.@name@));
    }
    CHECK(happened > 400);
    CHECK(happened < 600);
}

TEST_CASE("@name@ changes nothing of what else is drawn") {
    for (std::uint64_t item = 0; item < 100; ++item) {
        const auto with = drawn_with({1, -1, 1}, item), without = drawn_with({}, item);
        CHECK(with.shift_voxels == without.shift_voxels);
        CHECK(with.channels[0].gamma == without.channels[0].gamma);
    }
}
