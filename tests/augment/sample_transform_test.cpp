#include "augment/sample_transform.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "core/error.h"

using namespace cohort;
using namespace cohort::augment;

TEST_CASE("every recipe has a name of its own and a sentence, and is found by its name") {
    for (const auto& entry : all_recipes()) {
        CHECK(std::count_if(all_recipes().begin(), all_recipes().end(),
                            [&](const auto& e) { return e.name == entry.name; }) == 1);
        CHECK(entry.about.ends_with("."));
        CHECK_NOTHROW(recipe_named(entry.name));
    }
    CHECK_THROWS_AS(recipe_named("ligth"), Error);
}

namespace {

const Extent cube{12, 10, 8};
const std::array<double, 3> one_mm{1, 1, 1};

bool is_identity(const Matrix& m) {
    for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t j = 0; j < 3; ++j)
            if (m[i][j] != (i == j ? 1.0 : 0.0)) return false;
    return true;
}

}  // namespace

TEST_CASE("the empty recipe changes nothing") {
    std::vector<float> image(960, 0.25f);
    for (std::uint64_t item = 0; item < 50; ++item) {
        const auto drawn = draw_transform(recipe_named("none"), cube, one_mm, 1, 1, item);
        CHECK(drawn.shift_voxels == std::array<std::int64_t, 3>{0, 0, 0});
        CHECK(drawn.mirrored == std::array<bool, 3>{});
        CHECK_FALSE(drawn.warps);
        apply_intensity(drawn, cube, image, 1, item);
    }
    CHECK(image == std::vector<float>(960, 0.25f));
}

TEST_CASE("every recipe is drawn as a function of seed and item, with finite results") {
    for (const auto& entry : all_recipes())
        for (std::uint64_t item = 0; item < 40; ++item) {
            const auto a = draw_transform(entry.recipe, cube, one_mm, 2, 1, item);
            const auto b = draw_transform(entry.recipe, cube, one_mm, 2, 1, item);
            CHECK(a.matrix == b.matrix);
            CHECK(a.mirrored == b.mirrored);
            CHECK(a.noise_sd == b.noise_sd);
            CHECK((a.warps || is_identity(a.matrix)));
            std::vector<float> image(2 * 960);
            for (std::size_t i = 0; i < image.size(); ++i) image[i] = static_cast<float>(i % 37) * 0.1f - 2;
            auto again = image;
            apply_intensity(a, cube, image, 1, item);
            apply_intensity(b, cube, again, 1, item);
            CHECK(image == again);
            CHECK(std::all_of(image.begin(), image.end(), [](float v) { return std::isfinite(v); }));
        }
}

TEST_CASE("nnU-Net's recipe happens as often as it says") {
    int warped = 0, mirrored = 0, noisy = 0, gamma = 0;
    constexpr int n = 4000;
    for (std::uint64_t item = 0; item < n; ++item) {
        const auto t = draw_transform(recipe_named("nnunet"), {32, 32, 32}, one_mm, 1, 1, item);
        warped += t.warps;
        mirrored += t.mirrored[0];
        noisy += t.noise_sd > 0;
        gamma += t.channels[0].gamma != 1;
        CHECK_FALSE(t.elastic);
    }
    CHECK(warped / double(n) == Approx(0.36).margin(0.03));  // 1 − .8²
    CHECK(mirrored / double(n) == Approx(0.5).margin(0.03));
    CHECK(noisy / double(n) == Approx(0.1).margin(0.02));
    CHECK(gamma / double(n) == Approx(0.3).margin(0.03));
}

TEST_CASE("rotations keep lengths in millimetres, and thick slices turn in their plane only") {
    Recipe turning;
    turning.rotation_degrees = {1, -30, 30};
    turning.in_plane_degrees = {1, -180, 180};
    for (std::uint64_t item = 0; item < 30; ++item) {
        const std::array<double, 3> spacing{0.8, 1.1, 2.0};
        const auto m = draw_transform(turning, {32, 32, 16}, spacing, 1, 1, item).matrix;
        for (std::size_t a = 0; a < 3; ++a)
            for (std::size_t b = 0; b < 3; ++b) {
                double dot = 0;  // columns of S·M·S⁻¹
                for (std::size_t k = 0; k < 3; ++k)
                    dot += m[k][a] * spacing[k] / spacing[a] * m[k][b] * spacing[k] / spacing[b];
                CHECK(dot == Approx(a == b ? 1.0 : 0.0).margin(1e-12));
            }
        const auto thick = draw_transform(turning, {32, 32, 16}, {1, 1, 5}, 1, 1, item).matrix;
        CHECK(thick[2] == std::array<double, 3>{0, 0, 1});
        CHECK(thick[0][2] == 0);
        const auto flat = draw_transform(turning, {32, 32, 1}, one_mm, 1, 1, item).matrix;
        CHECK(flat[2] == std::array<double, 3>{0, 0, 1});
    }
}

TEST_CASE("shifts keep within their range, use all of it, and leave axes of length 1 alone") {
    std::array<int, 9> seen{};
    for (std::uint64_t item = 0; item < 2000; ++item) {
        const auto drawn = draw_transform(recipe_named("light"), {32, 32, 1}, one_mm, 1, 1, item);
        REQUIRE(std::abs(drawn.shift_voxels[0]) <= 4);
        ++seen[static_cast<std::size_t>(drawn.shift_voxels[1] + 4)];
        REQUIRE(drawn.shift_voxels[2] == 0);
    }
    for (const auto count : seen) CHECK(count > 100);
}

TEST_CASE("mirroring a patch reverses its axes, twice gives it back") {
    const Extent extent{3, 4, 5};
    std::vector<float> image(2 * 60);
    for (std::size_t i = 0; i < image.size(); ++i) image[i] = static_cast<float>(i);
    const auto before = image;
    for (int axes = 0; axes < 8; ++axes) {
        const std::array<bool, 3> mirrored{(axes & 1) != 0, (axes & 2) != 0, (axes & 4) != 0};
        mirror_patch(std::span(image), extent, mirrored);
        int wrong = 0;
        for (std::int64_t v = 0; v < 2; ++v)
            for (std::int64_t z = 0; z < 5; ++z)
                for (std::int64_t y = 0; y < 4; ++y)
                    for (std::int64_t x = 0; x < 3; ++x) {
                        const auto from = ((v * 5 + (mirrored[2] ? 4 - z : z)) * 4 + (mirrored[1] ? 3 - y : y)) * 3 +
                                          (mirrored[0] ? 2 - x : x);
                        wrong += image[static_cast<std::size_t>(((v * 5 + z) * 4 + y) * 3 + x)] !=
                                 before[static_cast<std::size_t>(from)];
                    }
        CHECK(wrong == 0);
        mirror_patch(std::span(image), extent, mirrored);
        CHECK(image == before);
    }
}

TEST_CASE("thick slices are scaled and lowered in plane only, and elongated single slices turn little") {
    auto recipe = recipe_named("nnunet");
    recipe.rotation_degrees.probability = recipe.in_plane_degrees.probability = recipe.elongated_degrees.probability =
        1;
    recipe.scale.probability = recipe.low_resolution.probability = 1;
    bool far = false;
    for (std::uint64_t item = 0; item < 60; ++item) {
        const auto thick = draw_transform(recipe, {64, 64, 12}, {1, 1, 4}, 2, 1, item);
        CHECK(thick.matrix[2] == std::array<double, 3>{0, 0, 1});
        for (const auto& channel : thick.channels) CHECK(channel.resolution[2] == 1);
        const auto long_slice = draw_transform(recipe, {64, 40, 1}, one_mm, 1, 1, item).matrix;
        CHECK(std::abs(std::atan2(long_slice[1][0], long_slice[0][0])) <= 15.001 * 3.14159265 / 180);
        const auto slice = draw_transform(recipe, {56, 40, 1}, one_mm, 1, 1, item).matrix;
        far = far || std::abs(std::atan2(slice[1][0], slice[0][0])) > 1;
    }
    CHECK(far);
}

TEST_CASE("a recipe is changed by name, and what cannot be is said in a sentence") {
    Recipe recipe = recipe_named("nnunet");
    CHECK(change_recipe(recipe, "noise-sd=.5:0:.2").empty());
    CHECK(recipe.noise_sd == Range{0.5, 0, 0.2});
    CHECK(change_recipe(recipe, "gamma=0").empty());
    CHECK(recipe.gamma == Range{0, 0.7, 1.5});
    CHECK(change_recipe(recipe, "mirror=0").empty());
    CHECK(recipe.mirror == 0);
    CHECK_FALSE(to_json(recipe).contains("mirror"));
    CHECK(to_json(recipe)["noise_sd"]["high"] == 0.2);
    const auto before = recipe;
    for (const auto* wrong : {"noise=.5", "noise-sd", "noise-sd=", "noise-sd=2", "noise-sd=.5:1", "noise-sd=.5:.2:0",
                              "noise-sd=.5:0:1e9", "noise-sd=nan", "noise-sd=.5:0:.2:", "mirror=.5:0:1",
                              "elastic-voxels=.3", "gamma=.1:0:2", "", "=", "scale=.5:a:b"}) {
        INFO(wrong);
        const auto sentence = change_recipe(recipe, wrong);
        CHECK(sentence.ends_with("."));
        CHECK(recipe == before);
    }
    CHECK(change_recipe(recipe, "noize-sd=1").find("did you mean 'noise-sd'") != std::string::npos);
    CHECK(to_json(Recipe{}) == Json::object());
}
