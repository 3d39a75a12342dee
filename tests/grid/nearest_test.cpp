#include "grid/nearest.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <map>
#include <random>

#include "core/error.h"
#include "grid/orient.h"
#include "tests/formats/test_data.h"

using namespace cohort;

TEST_CASE("lesion labels brought to 1 mm equal scipy's, voxel for voxel", "[data]") {
    // The given 1 mm labels equal scipy.ndimage.affine_transform(native > 0, inv(A_native)·A_1mm, order=0).
    const auto folder = test_data::folder("nifti/open_ms");
    if (!folder) return;
    std::size_t compared = 0;
    for (const auto& entry : std::filesystem::directory_iterator(*folder / "native")) {
        INFO(entry.path());
        auto native = std::get<Image>(test_data::read(entry.path()));
        const auto given = std::get<Image>(test_data::read(*folder / "resampled_1mm" / entry.path().filename()));
        const auto ours = grid::resample_nearest(native.voxels, native.geometry, given.voxels.shape(),
                                                 given.voxels.axes(), given.geometry);
        std::size_t differing = 0;
        visit(ours, [&](auto values) {
            visit(given.voxels, [&](auto expected) {
                for (std::size_t i = 0; i < values.size(); ++i)
                    differing += (as_double(values[i]) > 0) != (as_double(expected[i]) > 0);
            });
        });
        CHECK(differing == 0);
        ++compared;
    }
    CHECK(compared == 11);
}

TEST_CASE("a grid that only turns and flips is undone exactly by resampling back") {
    std::mt19937_64 random(3);
    Volume voxels(VoxelType::i16, {7, 5, 4, 2}, {{"x"}, {"y"}, {"z"}, {"t"}});
    for (auto& byte : voxels.bytes()) byte = static_cast<std::byte>(random());
    Geometry geometry;
    geometry.affine = Affine{{{{0, -2, 0.1, 10}, {0, 0.2, 3, -7}, {-1.5, 0, 0, 4}}}};
    const auto canonical = grid::to_canonical(voxels, geometry);
    REQUIRE(grid::axis_codes(*canonical.geometry.affine) == "RAS");
    const auto back =
        grid::resample_nearest(canonical.voxels, canonical.geometry, voxels.shape(), voxels.axes(), geometry);
    CHECK(text_of(back.bytes()) == text_of(voxels.bytes()));
}

TEST_CASE("what lies outside the source is zero, and grids without a world are refused") {
    Volume voxels(VoxelType::u8, {2, 2, 2}, axes_named("xyz"));
    std::memset(voxels.bytes().data(), 9, 8);
    Geometry at_origin, shifted;
    at_origin.affine = Affine{};
    shifted.affine = Affine{{{{1, 0, 0, -1}, {0, 1, 0, -1}, {0, 0, 1, -1}}}};
    const auto result = grid::resample_nearest(voxels, at_origin, {4, 4, 4}, axes_named("xyz"), shifted);
    std::size_t nines = 0;
    for (const auto value : result.values<std::uint8_t>()) nines += value == 9;
    CHECK(nines == 8);
    CHECK(result.values<std::uint8_t>()[0] == 0);
    CHECK(result.values<std::uint8_t>()[1 + 4 + 16] == 9);
    CHECK_THROWS_AS(grid::resample_nearest(voxels, {}, {4, 4, 4}, axes_named("xyz"), shifted), Error);
    Geometry far;
    far.affine = Affine{{{{1, 0, 0, 1e300}, {0, 1, 0, 0}, {0, 0, 1, 0}}}};
    const auto nothing = grid::resample_nearest(voxels, at_origin, {2, 2, 2}, axes_named("xyz"), far);
    for (const auto value : nothing.values<std::uint8_t>()) CHECK(value == 0);
}
