#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <cstring>
#include <limits>
#include <map>
#include <random>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "core/error.h"
#include "core/files.h"
#include "grid/crop.h"
#include "grid/normalise.h"
#include "grid/resample.h"

using namespace cohort;
using namespace cohort::grid;

namespace {

Volume random_volume(Shape shape, const char* axes, unsigned seed) {
    Volume volume(VoxelType::f32, std::move(shape), axes_named(axes));
    std::mt19937_64 random(seed);
    std::normal_distribution<float> normal;
    for (float& v : volume.values<float>()) v = normal(random) * 100;
    return volume;
}

std::vector<float> floats_in(const std::filesystem::path& file) {
    const auto bytes = read_file(file);
    std::vector<float> out(bytes.size() / 4);
    std::memcpy(out.data(), bytes.data(), out.size() * 4);
    return out;
}

void check_close(std::span<const float> ours, std::span<const float> theirs, double tolerance) {
    REQUIRE(ours.size() == theirs.size());
    double worst = 0;
    for (std::size_t i = 0; i < ours.size(); ++i)
        worst = std::max(worst, std::abs(static_cast<double>(ours[i]) - static_cast<double>(theirs[i])));
    CHECK(worst < tolerance);
}

/// Runs Python with the volume in in.f32 (numpy sees z, y, x) and the parameters in argv; nothing if scipy is missing.
std::optional<std::vector<float>> scipy(const Volume& source, const std::string& body) {
    const auto folder = std::filesystem::temp_directory_path() / ("cohort-resample-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    write_file_atomically(folder / "in.f32", source.bytes());
    std::string shape;
    for (auto n = source.shape().rbegin(); n != source.shape().rend(); ++n) shape += std::to_string(*n) + ",";
    const auto script = "import numpy as np\nimport scipy.ndimage as nd\na = np.fromfile('in.f32', np.float32).reshape(" + shape +
                        ").astype(np.float64)\n" + body + "\nb.astype(np.float32).tofile('out.f32')\n";
    write_file_atomically(folder / "o.py", std::string_view(script));
    const auto command = "cd '" + folder.string() + "' && /usr/bin/python3 o.py 2>/dev/null";
    std::optional<std::vector<float>> result;
    if (std::system(command.c_str()) == 0) result = floats_in(folder / "out.f32");
    else std::cout << "skipped: python3-scipy not present (resampling oracle)\n";
    std::filesystem::remove_all(folder);
    return result;
}

}  // namespace

TEST_CASE("linear and cubic resampling equal scipy.ndimage.zoom, larger and smaller") {
    const auto source = random_volume({17, 30, 9}, "xyz", 1);
    for (const std::array<std::int64_t, 3>& to : {std::array<std::int64_t, 3>{25, 21, 9}, {8, 60, 14}, {17, 1, 3}}) {
        const auto maps = corner_maps({17, 30, 9}, to);
        for (const int order : {1, 3}) {
            const auto body = "b = nd.zoom(a, [m / n for m, n in zip((" + std::to_string(to[2]) + "," + std::to_string(to[1]) + "," +
                              std::to_string(to[0]) + "), a.shape)], order=" + std::to_string(order) + ")";
            const auto theirs = scipy(source, body);
            if (!theirs) return;
            const auto ours = resample(source, maps, order == 1 ? Interpolation::linear : Interpolation::cubic);
            INFO("order " << order << " to " << to[0] << " " << to[1] << " " << to[2]);
            check_close(ours.values<float>(), *theirs, 2e-3 * (order == 1 ? 0.1 : 1));
        }
    }
}

TEST_CASE("resampling to a spacing equals scipy's affine_transform with the same map, borders included") {
    const auto source = random_volume({20, 11, 15}, "xyz", 2);
    Geometry geometry;
    geometry.affine = Affine{{{{0.7, 0, 0, 5}, {0, 2.5, 0, 6}, {0, 0, 1, 7}}}};
    const auto grid = grid_at_spacing({20, 11, 15}, geometry, {1, 1.1, 2.2});
    CHECK(grid.maps[0].to == 14);
    CHECK(grid.maps[1].to == 25);
    CHECK(grid.maps[2].to == 7);
    // Positions beyond the outer middles take the outer value: clip them, then mirror does not matter.
    std::string body = "p = [";
    for (const std::size_t a : {2, 1, 0})
        body += "np.clip(" + shortest(grid.maps[a].start) + " + np.arange(" + std::to_string(grid.maps[a].to) + ") * " +
                shortest(grid.maps[a].step) + ", 0, " + std::to_string(grid.maps[a].from - 1) + "),";
    body += "]\nb = nd.map_coordinates(a, np.meshgrid(*p, indexing='ij'), order=ORDER, mode='mirror')";
    for (const int order : {1, 3}) {
        auto with_order = body;
        with_order.replace(with_order.find("ORDER"), 5, std::to_string(order));
        const auto theirs = scipy(source, with_order);
        if (!theirs) return;
        const auto ours = resample(source, grid.maps, order == 1 ? Interpolation::linear : Interpolation::cubic, 3);
        check_close(ours.values<float>(), *theirs, 2e-3);
    }
    // Exactly the spacing, and the same middle in the world.
    const auto spacing = grid.geometry.spacing_mm();
    CHECK(spacing[0] == Approx(1));
    CHECK(spacing[1] == Approx(1.1));
    const auto middle = geometry.affine->apply({9.5, 5, 7}), after = grid.geometry.affine->apply({6.5, 12, 3});
    for (std::size_t a = 0; a < 3; ++a) CHECK(after[a] == Approx(middle[a]));
}

TEST_CASE("the result does not depend on threads, and the same grid changes nothing") {
    const auto source = random_volume({33, 21, 17, 2}, "xyzc", 3);
    const auto maps = corner_maps({33, 21, 17}, {40, 18, 25});
    for (const auto how : {Interpolation::linear, Interpolation::cubic}) {
        const auto one = resample(source, maps, how, 1), many = resample(source, maps, how, 5);
        CHECK(std::memcmp(one.bytes().data(), many.bytes().data(), one.bytes().size()) == 0);
        CHECK(one.shape() == Shape{40, 18, 25, 2});
    }
    const auto same = corner_maps({33, 21, 17}, {33, 21, 17});
    const auto linear = resample(source, same, Interpolation::linear);
    CHECK(std::memcmp(linear.bytes().data(), source.bytes().data(), source.bytes().size()) == 0);
    check_close(resample(source, same, Interpolation::cubic).values<float>(), source.values<float>(), 1e-3);
}

TEST_CASE("every extent from one voxel on works, cubic splines of short lines included") {
    const auto n = GENERATE(range<std::int64_t>(1, 30));
    const auto source = random_volume({n, 2, 1}, "xyz", static_cast<unsigned>(n));
    const auto same = resample(source, corner_maps({n, 2, 1}, {n, 2, 1}), Interpolation::cubic);
    check_close(same.values<float>(), source.values<float>(), 1e-3);
    CHECK(resample(source, corner_maps({n, 2, 1}, {7, 7, 7}), Interpolation::cubic).size() == 343);
}

TEST_CASE("images in two dimensions and with further axes are resampled plane by plane") {
    const auto source = random_volume({12, 10}, "xy", 5);
    const auto flat = resample(source, corner_maps({12, 10, 1}, {6, 20, 1}), Interpolation::linear);
    CHECK(flat.shape() == Shape{6, 20});
    CHECK_THROWS_AS(resample(random_volume({3, 12, 10}, "cxy", 5), corner_maps({1, 1, 1}, {1, 1, 1}), Interpolation::linear), Error);
    CHECK_THROWS_AS(resample(source, corner_maps({10, 12, 1}, {6, 20, 1}), Interpolation::linear), Error);
}

TEST_CASE("NaN stays where it is when the grid does, and spreads no further than its neighbourhood") {
    auto source = random_volume({9, 9, 9}, "xyz", 6);
    source.values<float>()[4 * 81 + 4 * 9 + 4] = std::numeric_limits<float>::quiet_NaN();
    const auto same = resample(source, corner_maps({9, 9, 9}, {9, 9, 9}), Interpolation::linear);
    const auto finer = resample(source, corner_maps({9, 9, 9}, {17, 17, 17}), Interpolation::linear);
    const auto bad = [](const Volume& v) {
        const auto values = v.values<float>();
        return std::count_if(values.begin(), values.end(), [](float x) { return std::isnan(x); });
    };
    CHECK(bad(same) == 1);
    CHECK(bad(finer) == 27);
}

TEST_CASE("labels: nearest equals scipy's order 0, per-label linear is the largest share with ties to the lowest") {
    Volume labels(VoxelType::i16, {13, 9, 7}, axes_named("xyz"));
    std::mt19937_64 random(8);
    for (auto& v : labels.values<std::int16_t>()) v = static_cast<std::int16_t>(random() % 3 == 0 ? -5 : random() % 2 ? 300 : 0);
    const auto maps = grid_at_spacing({13, 9, 7}, {}, {0.77, 1.3, 0.6}).maps;
    const auto nearest = resample_nearest(labels, maps), linear = resample_labels(labels, maps, 2);
    const auto at = [&](std::int64_t x, std::int64_t y, std::int64_t z) { return labels.values<std::int16_t>()[static_cast<std::size_t>((z * 9 + y) * 13 + x)]; };
    std::size_t i = 0;
    for (std::int64_t z = 0; z < maps[2].to; ++z)
        for (std::int64_t y = 0; y < maps[1].to; ++y)
            for (std::int64_t x = 0; x < maps[0].to; ++x, ++i) {
                std::array<double, 3> p{};
                const std::array<std::int64_t, 3> index{x, y, z};
                for (std::size_t a = 0; a < 3; ++a)
                    p[a] = std::clamp(maps[a].start + static_cast<double>(index[a]) * maps[a].step, 0.0, static_cast<double>(maps[a].from - 1));
                const auto round = [](double v) { return static_cast<std::int64_t>(std::floor(v + 0.5)); };
                REQUIRE(nearest.values<std::int16_t>()[i] == at(round(p[0]), round(p[1]), round(p[2])));
                std::map<std::int16_t, double> share;
                for (int corner = 0; corner < 8; ++corner) {
                    double w = 1;
                    std::array<std::int64_t, 3> c{};
                    for (std::size_t a = 0; a < 3; ++a) {
                        const auto low = std::min(static_cast<std::int64_t>(p[a]), maps[a].from - 2);
                        const double t = p[a] - static_cast<double>(low);
                        const bool high = (corner >> a) & 1;
                        c[a] = low + high;
                        w *= high ? t : 1 - t;
                    }
                    share[at(c[0], c[1], c[2])] += w;
                }
                const auto ours = linear.values<std::int16_t>()[i];
                double largest = 0;
                for (const auto& [value, w] : share) largest = std::max(largest, w);
                REQUIRE(share[ours] > largest - 1e-5);
            }
}

TEST_CASE("ties between labels go to the lowest") {
    Volume labels(VoxelType::u8, {2}, axes_named("x"));
    labels.values<std::uint8_t>()[0] = 9;
    labels.values<std::uint8_t>()[1] = 4;
    AxisMaps maps;
    maps[0] = {2, 1, 0.5, 1};
    CHECK(resample_labels(labels, maps).values<std::uint8_t>()[0] == 4);
}

TEST_CASE("spacings: axes of one voxel and zeros stay, equal spacings are the identity") {
    Geometry geometry;
    geometry.affine = Affine{{{{0.9375F, 0, 0, 0}, {0, 2, 0, 0}, {0, 0, 3, 0}}}};
    const auto grid = grid_at_spacing({10, 10, 1}, geometry, {0.9375 + 1e-8, 0, 1});
    for (const auto& map : grid.maps) CHECK(map.is_identity());
    CHECK(grid.geometry == geometry);
    CHECK(grid_at_spacing({3, 3, 3}, geometry, {1000, 1000, 1000}).maps[0].to == 1);
}

TEST_CASE("the non-zero box and the crop agree with the world") {
    Volume volume(VoxelType::f32, {7, 6, 5, 2}, axes_named("xyzc"));
    std::fill(volume.values<float>().begin(), volume.values<float>().end(), 0.0F);
    const auto set = [&](std::int64_t x, std::int64_t y, std::int64_t z, std::int64_t c, float v) {
        volume.values<float>()[static_cast<std::size_t>(((c * 5 + z) * 6 + y) * 7 + x)] = v;
    };
    CHECK_FALSE(non_zero_box(volume));
    set(2, 3, 1, 0, 8);
    set(5, 1, 3, 1, 9);
    const auto box = non_zero_box(volume);
    REQUIRE(box);
    CHECK(*box == VoxelBox{{2, 1, 1}, {4, 3, 3}});
    const auto cut = crop(volume, *box);
    CHECK(cut.shape() == Shape{4, 3, 3, 2});
    CHECK(cut.values<float>()[static_cast<std::size_t>((0 * 3 + 2) * 4 + 0)] == 8);
    CHECK(cut.values<float>()[static_cast<std::size_t>(((3 + 2) * 3 + 0) * 4 + 3)] == 9);
    Geometry geometry;
    geometry.affine = Affine{{{{0, 2, 0, 1}, {3, 0, 0, 2}, {0, 0, 4, 3}}}};
    const auto moved = cropped(geometry, *box);
    CHECK(moved.affine->apply({0, 0, 0}) == geometry.affine->apply({2, 1, 1}));
    CHECK(united({{0, 5, 0}, {1, 2, 3}}, {{2, 2, 0}, {1, 1, 1}}) == VoxelBox{{0, 2, 0}, {3, 5, 3}});
    CHECK_THROWS_AS(crop(volume, {{6, 0, 0}, {2, 1, 1}}), Error);
}

TEST_CASE("normalisations are their definitions, and keep what is not finite") {
    const auto infinity = std::numeric_limits<float>::infinity();
    const std::vector<float> source{4, 8, 0, infinity, -4, std::nanf(""), 2};
    const auto done = [&](Normalisation how) {
        auto voxels = source;
        normalise(voxels, how);
        CHECK(voxels[3] == infinity);
        CHECK(std::isnan(voxels[5]));
        return voxels;
    };
    const auto z = done({Intensity::zscore});
    CHECK(z[0] == Approx((4.0 - 2) / 4));  // mean 2, variance (4 + 36 + 4 + 36 + 0)/5 = 16
    CHECK(z[6] == 0);
    const auto m = done({Intensity::minmax});
    CHECK(m[1] == 1);
    CHECK(m[4] == 0);
    CHECK(m[2] == Approx(4.0 / 12));
    // numpy.percentile([-4, 0, 2, 4, 8], [25, 75]) is 0 and 4.
    const auto p = done({Intensity::percentile, {25, 75}});
    CHECK(p[4] == 0);
    CHECK(p[6] == 0.5F);
    CHECK(p[1] == 1);
    Normalisation window{Intensity::window};
    window.window_centre = 2;
    window.window_width = 8;
    const auto w = done(window);
    CHECK(w[4] == 0);
    CHECK(w[6] == 0.5F);
    CHECK(w[1] == 1);
    CHECK(done({Intensity::none})[1] == 8);
    for (const auto how : {Intensity::zscore, Intensity::minmax, Intensity::percentile}) {
        std::vector<float> flat(4, 7);
        normalise(flat, {how});
        CHECK(flat == std::vector<float>(4, 0));
    }
}

TEST_CASE("percentiles on random voxels equal numpy's") {
    const auto source = random_volume({40, 31, 1}, "xyz", 9);
    const auto theirs = scipy(source, "lo, hi = np.percentile(a, [1.3, 98.2])\nb = (np.clip(a, lo, hi) - lo) / (hi - lo)");
    if (!theirs) return;
    auto ours = source.clone();
    normalise(ours.values<float>(), {Intensity::percentile, {1.3, 98.2}});
    check_close(ours.values<float>(), *theirs, 1e-6);
}
