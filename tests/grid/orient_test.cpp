#include "grid/orient.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <random>

#include "tests/formats/test_data.h"

using namespace cohort;

namespace {

Image read_image(const std::filesystem::path& file) {
    auto result = test_data::read(file);
    if (auto* fault = std::get_if<Quarantined>(&result)) FAIL(fault->message);
    return std::get<Image>(std::move(result));
}

/// All 48 ways in which voxel axes can lie along world axes, slightly oblique.
std::vector<Affine> all_48() {
    std::vector<Affine> all;
    const double c = std::cos(.2), s = std::sin(.2);
    std::array<std::size_t, 3> order{0, 1, 2};
    do {
        for (unsigned signs = 0; signs < 8; ++signs) {
            Affine affine;
            for (auto& row : affine.m) row = {0, 0, 0, 1.5};
            for (std::size_t i = 0; i < 3; ++i)
                affine.m[order[i]][i] = (signs >> i & 1 ? -1 : 1) * (1.0 + static_cast<double>(i));
            all.push_back(Affine{{{{1, 0, 0, 0}, {0, c, -s, 0}, {0, s, c, 0}}}} * affine);
        }
    } while (std::next_permutation(order.begin(), order.end()));
    return all;
}

}  // namespace

TEST_CASE("24 axis codes of one brain give the same array and the same affine", "[data]") {
    const auto folder = test_data::folder("nifti/orientations/axis_codes");
    if (!folder) return;
    std::optional<grid::Oriented> first;
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(*folder)) {
        const auto name = entry.path().filename().string();
        if (!name.ends_with(".nii.gz")) continue;
        INFO(name);
        const auto image = read_image(entry.path());
        CHECK(grid::axis_codes(*image.geometry.affine) == name.substr(0, 3));
        auto oriented = grid::to_canonical(image.voxels, image.geometry);
        CHECK(grid::axis_codes(*oriented.geometry.affine) == "RAS");
        CHECK(oriented.voxels.shape() == Shape{64, 79, 67});
        const Affine expected{{{{2.38523, 0, 0, -75.7625}, {0, 2.38975, 0, -110.7625}, {0, 0, 2.36649, -71.7625}}}};
        if (!first)
            first = std::move(oriented);
        else
            CHECK(text_of(oriented.voxels.bytes()) == text_of(first->voxels.bytes()));
        const auto& affine = (oriented.geometry.affine ? *oriented.geometry.affine : *first->geometry.affine);
        for (std::size_t row = 0; row < 3; ++row)
            for (std::size_t i = 0; i < 4; ++i) {
                CHECK(affine.m[row][i] == Approx(first->geometry.affine->m[row][i]).margin(1e-5));
                CHECK(affine.m[row][i] == Approx(expected.m[row][i]).margin(1e-4));
            }
        ++files;
    }
    CHECK(files == 24);
}

TEST_CASE("axis codes equal nibabel's on every file that has them", "[data]") {
    const auto data = test_data::folder("nifti");
    if (!data) return;
    const auto root = data->parent_path();
    const Json all = read_json(root / "../facts/nifti-expected.json");
    std::size_t compared = 0;
    for (const auto& [name, expected] : all["files"].items()) {
        if (!expected.contains("axcodes") || !expected["axcodes"].is_array() || expected.contains("refused")) continue;
        if (name.find("hippocampus") != std::string::npos || !std::filesystem::exists(root / name)) continue;
        INFO(name);
        Affine affine;
        for (std::size_t row = 0; row < 3; ++row)
            for (std::size_t i = 0; i < 4; ++i) affine.m[row][i] = expected["affine"][row][i].get<double>();
        std::string codes;
        for (const auto& code : expected["axcodes"]) codes += code.is_null() ? "?" : code.get<std::string>();
        CHECK(grid::axis_codes(affine) == codes);
        ++compared;
    }
    CHECK(compared > 150);
}

TEST_CASE("every voxel keeps its place in the world, for all 48 orientations, 2D to 5D and every voxel size") {
    std::mt19937_64 random(7);
    for (const auto& affine : all_48())
        for (const Shape& shape :
             {Shape{5, 4, 3}, Shape{40, 33, 2}, Shape{3, 4}, Shape{3, 4, 2, 3}, Shape{2, 3, 4, 1, 2}})
            for (const auto type : {VoxelType::u8, VoxelType::i16, VoxelType::f32, VoxelType::f64, VoxelType::c128}) {
                static const std::vector<Axis> names{{"x"}, {"y"}, {"z"}, {"t"}, {"v"}};
                Volume voxels(type, shape, {names.begin(), names.begin() + static_cast<long>(shape.size())});
                for (auto& byte : voxels.bytes()) byte = static_cast<std::byte>(random());
                Geometry geometry;
                geometry.affine = affine;
                const auto oriented = grid::to_canonical(voxels, geometry);
                REQUIRE(oriented.voxels.size() == voxels.size());
                CHECK(grid::axis_codes(*oriented.geometry.affine) == "RAS");
                const std::int64_t nx = shape[0], ny = shape[1], nz = shape.size() > 2 ? shape[2] : 1;
                const auto mx = oriented.voxels.extent("x"), my = oriented.voxels.extent("y"),
                           mz = oriented.voxels.extent("z");
                const auto to_old = geometry.affine->inverse();
                const std::int64_t blocks = voxels.size() / (nx * ny * nz);
                const std::size_t bytes = size_of(type);
                bool all_equal = true;
                for (std::int64_t block = 0; block < blocks; ++block)
                    for (std::int64_t z = 0; z < mz; ++z)
                        for (std::int64_t y = 0; y < my; ++y)
                            for (std::int64_t x = 0; x < mx; ++x) {
                                const auto world = oriented.geometry.affine->apply({double(x), double(y), double(z)});
                                const auto old = to_old->apply(world);
                                const auto from =
                                    ((block * nz + std::llround(old[2])) * ny + std::llround(old[1])) * nx +
                                    std::llround(old[0]);
                                const auto to = ((block * mz + z) * my + y) * mx + x;
                                all_equal =
                                    all_equal &&
                                    std::memcmp(voxels.bytes().data() + static_cast<std::size_t>(from) * bytes,
                                                oriented.voxels.bytes().data() + static_cast<std::size_t>(to) * bytes,
                                                bytes) == 0;
                            }
                CHECK(all_equal);
            }
}

TEST_CASE("an image without an affine, or with a direction missing, comes back as it is") {
    Volume voxels(VoxelType::u8, {2, 3}, axes_named("xy"));
    std::memset(voxels.bytes().data(), 3, 6);
    CHECK(text_of(grid::to_canonical(voxels, {}).voxels.bytes()) == text_of(voxels.bytes()));
    Geometry flat;
    flat.affine = Affine{{{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 0, 0}}}};
    CHECK(grid::axis_codes(*flat.affine) == "RA?");
    CHECK(grid::to_canonical(voxels, flat).geometry == flat);
    Geometry zero;
    zero.affine = Affine{{{{0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}}}};
    CHECK(grid::axis_codes(*zero.affine) == "???");
}
