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

constexpr std::array<std::int64_t, 3> extent{16, 16, 8};

Recipe recipe_with(const Range& range) {
    Recipe recipe{.shift_voxels = {0.5, 0, 4}, .noise_sd = {}};
    recipe.@name@ = range;
    return recipe;
}

}  // namespace

TEST_CASE("@name@ at zero strength leaves every bit as it is") {
    std::vector<float> image{-0.0f, 1.5f, std::numeric_limits<float>::denorm_min()};
    const auto before = image;
    apply_@name@(0, image);
    CHECK(std::equal(image.begin(), image.end(), before.begin(),
                     [](float a, float b) { return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b); }));
    CHECK(draw_transform(recipe_with({}), extent, 1, 2).@name@ == 0);
}

TEST_CASE("@name@ adds what was drawn, and it is drawn within its range about as often as asked") {
    const auto recipe = recipe_with({.25, .5, 2});
    int happened = 0;
    for (std::uint64_t item = 0; item < 2000; ++item) {
        const auto drawn = draw_transform(recipe, extent, 7, item);
        if (drawn.@name@ == 0) continue;
        ++happened;
        CHECK((drawn.@name@ >= .5 && drawn.@name@ < 2));
        std::vector<float> image{1, 2};
        apply_intensity(drawn, image, 7, item);
        CHECK(image[0] == 1 + static_cast<float>(drawn.@name@));
        CHECK(image[1] == 2 + static_cast<float>(drawn.@name@));
    }
    CHECK(happened > 400);
    CHECK(happened < 600);
}

TEST_CASE("@name@ changes nothing of what else is drawn") {
    for (std::uint64_t item = 0; item < 100; ++item) {
        const auto with = draw_transform(recipe_with({1, -1, 1}), extent, 3, item);
        const auto without = draw_transform(recipe_with({}), extent, 3, item);
        CHECK(with.shift_voxels == without.shift_voxels);
        CHECK(with.noise_sd == without.noise_sd);
    }
}
