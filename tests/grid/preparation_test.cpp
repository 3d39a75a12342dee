#include "grid/preparation.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <complex>
#include <cstring>
#include <limits>
#include <random>

#include "core/deflate.h"
#include "core/error.h"
#include "grid/axis_map.h"
#include "grid/crop.h"
#include "grid/orient.h"

using namespace cohort;
using namespace cohort::grid;

namespace {

/// Left, posterior, superior; spacing 2 × 3 × 4 mm.
Geometry flipped() {
    Geometry geometry;
    geometry.affine = Affine{{{{-2, 0, 0, 30}, {0, -3, 0, 40}, {0, 0, 4, -10}}}};
    return geometry;
}

Volume random_f32(Shape shape, const char* axes, unsigned seed) {
    Volume volume(VoxelType::f32, std::move(shape), axes_named(axes));
    std::mt19937_64 random(seed);
    std::normal_distribution<float> normal;
    for (float& v : volume.values<float>()) v = normal(random);
    return volume;
}

Volume filled(VoxelType type, Shape shape, const char* axes, double value) {
    Volume volume(type, std::move(shape), axes_named(axes));
    visit(volume, [&]<class T>(std::span<T> voxels) {
        if constexpr (std::is_arithmetic_v<T>) std::fill(voxels.begin(), voxels.end(), static_cast<T>(value));
    });
    return volume;
}

std::vector<PreparedArray> one(Volume voxels, Treatment treatment = Treatment::image, Scale scale = {}) {
    std::vector<PreparedArray> arrays;
    arrays.push_back({"a", treatment, std::move(voxels), std::move(scale)});
    return arrays;
}

PreparedSample prepared(const Preparation& how, std::vector<PreparedArray> arrays, const Geometry& geometry,
                        unsigned threads = 1) {
    auto result = prepare(how, std::move(arrays), geometry, threads);
    if (const auto* why = std::get_if<Quarantined>(&result)) FAIL(why->reason << ": " << why->message);
    return std::move(std::get<PreparedSample>(result));
}

std::string reason(const Preparation& how, std::vector<PreparedArray> arrays, const Geometry& geometry) {
    const auto result = prepare(how, std::move(arrays), geometry);
    const auto* why = std::get_if<Quarantined>(&result);
    if (why) CHECK(is_reason(why->reason));
    return why ? why->reason : "";
}

Preparation to_spacing(double mm, Interpolation interpolation = Interpolation::linear) {
    Preparation how;
    how.spacing_mm = {mm, mm, mm};
    how.interpolation = interpolation;
    return how;
}

bool same_bytes(const Volume& a, const Volume& b) { return text_of(a.bytes()) == text_of(b.bytes()); }

}  // namespace

TEST_CASE("a preparation reads back from its JSON, which leaves out what plays no part") {
    std::mt19937_64 random(1);
    for (int i = 0; i < 200; ++i) {
        Preparation how;
        how.canonical = random() % 2;
        how.crop_to_non_zero = random() % 2;
        if (random() % 2) how.spacing_mm = {static_cast<double>(random() % 5), 0.7, 1.25};
        how.interpolation = random() % 2 ? Interpolation::cubic : Interpolation::linear;
        how.labels = random() % 2 ? LabelInterpolation::linear : LabelInterpolation::nearest;
        how.normalisation.intensity = static_cast<Intensity>(random() % 5);
        how.normalisation.percentiles = {1, 90};
        how.normalisation.window_width = 77;
        const auto json = to_json(how);
        CHECK(to_json(preparation_from_json(json, "test")) == json);
        CHECK(json.contains("interpolation") == how.resamples());
        CHECK(json["normalisation"].contains("percentiles") == (how.normalisation.intensity == Intensity::percentile));
        CHECK(json["normalisation"].contains("width") == (how.normalisation.intensity == Intensity::window));
    }
}

TEST_CASE("a preparation's JSON that this version would not write is refused") {
    const auto good = to_json(to_spacing(1));
    const auto refused = [](const Json& json) {
        try {
            preparation_from_json(json, "model");
        } catch (const Error& error) {
            return error.code() == Exit::bad_input && error.sentence().find("model") == 0;
        }
        return false;
    };
    CHECK_FALSE(refused(good));
    CHECK(refused(Json::array()));
    CHECK(refused(nullptr));
    for (const auto& [key, unused] : good.items()) {
        auto json = good;
        json.erase(key);
        INFO(key);
        CHECK(refused(json));
        json[key] = {{"odd", 7}};
        CHECK(refused(json));
    }
    auto json = good;
    json["more"] = 1;
    CHECK(refused(json));
    for (const Json& spacing : {Json{1, 1}, Json{0, 0, 0}, Json{-1, 1, 1}, Json{"1", 1, 1}}) {
        json = good;
        json["spacing_mm"] = spacing;
        CHECK(refused(json));
    }
    for (const Json& normalisation :
         {Json{{"method", "window"}, {"centre", 0}, {"width", 0}},
          Json{{"method", "percentile"}, {"percentiles", {9, 3}}}, Json{{"method", "zcore"}}}) {
        json = good;
        json["normalisation"] = normalisation;
        CHECK(refused(json));
    }
}

TEST_CASE("a preparation is crop, orientation, normalisation and resampling, one after the other") {
    const auto geometry = flipped();
    auto source = random_f32({12, 11, 9}, "xyz", 2);
    for (std::int64_t z = 0; z < 9; ++z)
        for (std::int64_t y = 0; y < 11; ++y)
            for (std::int64_t x = 0; x < 12; ++x)
                if (x < 3 || y > 7 || z == 0)
                    source.values<float>()[static_cast<std::size_t>((z * 11 + y) * 12 + x)] = 0;
    auto how = to_spacing(1.5, Interpolation::cubic);
    how.crop_to_non_zero = true;
    how.normalisation.intensity = Intensity::zscore;
    const auto done = prepared(how, one(source.clone()), geometry, 2);

    const VoxelBox box{{3, 0, 1}, {9, 8, 8}};
    auto expected = to_canonical(crop(source, box), cropped(geometry, box));
    normalise(expected.voxels.values<float>(), how.normalisation);
    const auto target = grid_at_spacing(leading_extents(expected.voxels), expected.geometry, how.spacing_mm);
    const auto resampled = resample(expected.voxels, target.maps, Interpolation::cubic);
    CHECK(done.geometry == target.geometry);
    CHECK(done.grid_changed);
    CHECK(done.arrays[0].changed);
    CHECK(done.arrays[0].voxels.shape() == resampled.shape());
    CHECK(same_bytes(done.arrays[0].voxels, resampled));
    CHECK(axis_codes(*done.geometry.affine) == "RAS");
}

TEST_CASE("world positions stay: a ramp over the world is the same ramp on the new grid") {
    const auto geometry = flipped();
    const auto ramp = [](const Vec3& world) { return static_cast<float>(world[0] + 10 * world[1] - 3 * world[2]); };
    Volume source(VoxelType::f32, {10, 9, 8}, axes_named("xyz"));
    const auto fill = [&](Volume& volume, const Geometry& at) {
        std::size_t i = 0;
        const auto n = leading_extents(volume);
        for (std::int64_t z = 0; z < n[2]; ++z)
            for (std::int64_t y = 0; y < n[1]; ++y)
                for (std::int64_t x = 0; x < n[0]; ++x)
                    volume.values<float>()[i++] = ramp(
                        at.affine->apply({static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)}));
    };
    fill(source, geometry);
    const auto done = prepared(to_spacing(1.1), one(std::move(source)), geometry);
    const auto& result = done.arrays[0].voxels;
    Volume expected(VoxelType::f32, result.shape(), result.axes());
    fill(expected, done.geometry);
    const auto n = leading_extents(result);
    for (std::int64_t z = 2; z < n[2] - 2; ++z)  // beyond the outer middles the border's value stands
        for (std::int64_t y = 2; y < n[1] - 2; ++y)
            for (std::int64_t x = 1; x < n[0] - 1; ++x) {
                const auto i = static_cast<std::size_t>((z * n[1] + y) * n[0] + x);
                REQUIRE(result.values<float>()[i] == Approx(expected.values<float>()[i]).margin(1e-3));
            }
}

TEST_CASE("type and scale stay where no value changes, labels keep them always") {
    Preparation turn;
    const Scale scale{{2}, {5}};
    const auto turned =
        prepared(turn, one(filled(VoxelType::i16, {4, 3, 2}, "xyz", 7), Treatment::image, scale), flipped());
    CHECK(turned.arrays[0].voxels.type() == VoxelType::i16);
    CHECK(turned.arrays[0].scale == scale);
    CHECK(turned.arrays[0].changed);

    auto how = to_spacing(1);
    const auto image =
        prepared(how, one(filled(VoxelType::i16, {4, 3, 2}, "xyz", 7), Treatment::image, scale), flipped());
    CHECK(image.arrays[0].voxels.type() == VoxelType::f32);
    CHECK(image.arrays[0].scale.is_identity());
    for (const float v : image.arrays[0].voxels.values<float>()) CHECK(v == 19);
    for (const auto labels : {LabelInterpolation::nearest, LabelInterpolation::linear}) {
        how.labels = labels;
        const auto label =
            prepared(how, one(filled(VoxelType::u16, {4, 3, 2}, "xyz", 300), Treatment::label, scale), flipped());
        CHECK(label.arrays[0].voxels.type() == VoxelType::u16);
        CHECK(label.arrays[0].scale == scale);
        CHECK(label.arrays[0].voxels.shape() == Shape{8, 9, 8});
        for (const auto v : label.arrays[0].voxels.values<std::uint16_t>()) CHECK(v == 300);
    }
}

TEST_CASE("what a preparation would not change comes back as it was") {
    Geometry canonical;
    canonical.affine = Affine{};
    auto how = to_spacing(1);
    how.crop_to_non_zero = true;
    const auto source = random_f32({4, 4, 4}, "xyz", 3);
    const auto done = prepared(how, one(source.clone()), canonical);
    CHECK_FALSE(done.grid_changed);
    CHECK_FALSE(done.arrays[0].changed);
    CHECK(same_bytes(done.arrays[0].voxels, source));
    how.normalisation.intensity = Intensity::minmax;
    std::vector<PreparedArray> both = one(source.clone());
    both.push_back({"l", Treatment::label, filled(VoxelType::u8, {4, 4, 4}, "xyz", 1), {}});
    const auto normalised = prepared(how, std::move(both), canonical);
    CHECK_FALSE(normalised.grid_changed);
    CHECK(normalised.arrays[0].changed);
    CHECK_FALSE(normalised.arrays[1].changed);
}

TEST_CASE("the crop holds what any image shows, and labels are cut with them") {
    Geometry geometry;
    geometry.affine = Affine{};
    auto first = filled(VoxelType::i16, {6, 6, 6}, "xyz", -3), second = filled(VoxelType::f32, {6, 6, 6}, "xyz", 0);
    first.values<std::int16_t>()[(1 * 6 + 2) * 6 + 3] = 5;  // of the scaled values, −3 is the 0
    second.values<float>()[(4 * 6 + 2) * 6 + 1] = 8;
    auto label = filled(VoxelType::u8, {6, 6, 6}, "xyz", 0);
    label.values<std::uint8_t>()[(4 * 6 + 2) * 6 + 1] = 2;
    std::vector<PreparedArray> arrays = one(std::move(first), Treatment::image, {{1}, {3}});
    arrays.push_back({"b", Treatment::image, std::move(second), {}});
    arrays.push_back({"l", Treatment::label, std::move(label), {}});
    Preparation how;
    how.crop_to_non_zero = true;
    const auto done = prepared(how, std::move(arrays), geometry);
    for (const auto& array : done.arrays) CHECK(array.voxels.shape() == Shape{3, 1, 4});
    CHECK(done.geometry.affine->apply({0, 0, 0}) == Vec3{1, 2, 1});
    CHECK(done.arrays[0].voxels.values<std::int16_t>()[2] == 5);
    CHECK(done.arrays[2].voxels.values<std::uint8_t>()[9] == 2);
    // Nothing to decide it by: a label alone, an image of zeros.
    CHECK_FALSE(
        prepared(how, one(filled(VoxelType::u8, {3, 3, 3}, "xyz", 0), Treatment::label), geometry).grid_changed);
    const auto empty = prepared(how, one(filled(VoxelType::u8, {3, 3, 3}, "xyz", 0)), geometry);
    CHECK_FALSE(empty.grid_changed);
    REQUIRE(empty.remarks.size() == 1);
    CHECK(empty.remarks[0].check == "image-empty");
}

TEST_CASE("every channel is normalised by itself, wherever the axis c stands") {
    Geometry geometry;
    Preparation how;
    how.normalisation.intensity = Intensity::minmax;
    for (const char* axes : {"xyzc", "xyzct", "xyc"}) {
        const Shape shape = std::string_view(axes) == "xyc"    ? Shape{4, 3, 2}
                            : std::string_view(axes) == "xyzc" ? Shape{4, 3, 5, 2}
                                                               : Shape{4, 3, 5, 2, 3};
        const auto source = random_f32(shape, axes, 5);
        const auto done = prepared(how, one(source.clone()), geometry);
        std::size_t below = 1;
        for (std::size_t a = 0; source.axes()[a].name != "c"; ++a) below *= static_cast<std::size_t>(shape[a]);
        for (std::size_t c = 0; c < 2; ++c) {
            std::vector<float> before, after;
            for (std::size_t i = 0; i < static_cast<std::size_t>(source.size()); ++i)
                if ((i / below) % 2 == c) {
                    before.push_back(source.values<float>()[i]);
                    after.push_back(done.arrays[0].voxels.values<float>()[i]);
                }
            normalise(before, how.normalisation);
            CHECK(before == after);
        }
    }
}

TEST_CASE("voxels that are not finite are flagged, and quarantined where cubic interpolation would spread them") {
    const auto with_nan = [] {
        auto volume = random_f32({6, 6, 6}, "xyz", 7);
        volume.values<float>()[20] = std::numeric_limits<float>::quiet_NaN();
        volume.values<float>()[21] = std::numeric_limits<float>::infinity();
        return volume;
    };
    auto how = to_spacing(1);
    how.normalisation.intensity = Intensity::zscore;
    const auto linear = prepared(how, one(with_nan()), flipped());
    REQUIRE(linear.remarks.size() == 1);
    CHECK(linear.remarks[0].check == "image-non-finite");
    CHECK_THAT(linear.remarks[0].message, Catch::Contains("2 of 216 voxels"));
    std::size_t finite = 0;
    for (const float v : linear.arrays[0].voxels.values<float>()) finite += std::isfinite(v);
    CHECK(finite > static_cast<std::size_t>(linear.arrays[0].voxels.size()) / 2);
    how.interpolation = Interpolation::cubic;
    CHECK(reason(how, one(with_nan()), flipped()) == "image-non-finite");
    how.spacing_mm = {2, 3, 4};  // its own: nothing is interpolated
    CHECK(reason(how, one(with_nan()), flipped()).empty());
}

TEST_CASE("a constant image becomes 0 under normalisations of its own range, and is flagged") {
    for (const auto intensity : {Intensity::zscore, Intensity::minmax, Intensity::percentile}) {
        Preparation how;
        how.normalisation.intensity = intensity;
        const auto done = prepared(how, one(filled(VoxelType::u8, {3, 3, 3}, "xyz", 9)), flipped());
        REQUIRE(done.remarks.size() == 1);
        CHECK(done.remarks[0].check == "image-constant");
        for (const float v : done.arrays[0].voxels.values<float>()) CHECK(v == 0);
    }
}

TEST_CASE("images of one voxel, flat ones and those with further axes are prepared") {
    auto how = to_spacing(0.5, Interpolation::cubic);
    how.crop_to_non_zero = true;
    how.normalisation.intensity = Intensity::zscore;
    const auto voxel = prepared(how, one(filled(VoxelType::i16, {1, 1, 1}, "xyz", 5)), flipped());
    CHECK(voxel.arrays[0].voxels.shape() == Shape{1, 1, 1});
    Geometry raster;
    raster.raster_spacing_mm = Vec3{1, 2, 1};
    const auto flat = prepared(to_spacing(0.5), one(random_f32({6, 4}, "xy", 8)), raster);
    CHECK(flat.arrays[0].voxels.shape() == Shape{12, 16});
    CHECK(flat.geometry.raster_spacing_mm == Vec3{0.5, 0.5, 1});
    const auto course = prepared(to_spacing(2), one(random_f32({6, 4, 2, 3}, "xyzt", 9)), flipped());
    CHECK(course.arrays[0].voxels.shape() == Shape{6, 6, 4, 3});
}

TEST_CASE("what cannot be prepared is quarantined with a word for it, before anything is allocated") {
    const auto spacing = to_spacing(1);
    CHECK(reason(spacing, one(random_f32({6, 4, 3}, "xyz", 1)), {}) == "spacing-unknown");
    CHECK(reason(Preparation{}, one(random_f32({6, 4, 3}, "xyz", 1)), {}).empty());
    Geometry zero;
    zero.raster_spacing_mm = Vec3{0, 1, 1};
    CHECK(reason(spacing, one(random_f32({6, 4, 3}, "xyz", 1)), zero) == "spacing-unknown");
    CHECK(reason(spacing, one(random_f32({6, 4, 3}, "cxy", 1)), flipped()) == "unsupported");
    CHECK(reason(to_spacing(1e-9), one(random_f32({6, 4, 3}, "xyz", 1)), flipped()) == "too-large");
    auto two = one(random_f32({6, 4, 3}, "xyz", 1));
    two.push_back({"l", Treatment::label, filled(VoxelType::u8, {6, 4, 2}, "xyz", 0), {}});
    CHECK(reason(spacing, std::move(two), flipped()) == "geometry-mismatch");
    CHECK(reason(spacing, one(Volume(VoxelType::c64, {6, 4, 3}, axes_named("xyz"))), flipped()) == "unsupported");
    Volume complex(VoxelType::c64, {6, 4, 3}, axes_named("xyz"));
    std::fill(complex.values<std::complex<float>>().begin(), complex.values<std::complex<float>>().end(),
              std::complex<float>(0, 1));
    const auto turned = prepared(Preparation{}, one(std::move(complex)), flipped());
    CHECK(turned.arrays[0].voxels.type() == VoxelType::c64);

    // 10¹² voxels: the plan says it without memory.
    const auto plan = prepared_grid(to_spacing(1e-3), {{10, 10, 10}, axes_named("xyz"), {Affine{}, {}}});
    REQUIRE(std::holds_alternative<ArrayGrid>(plan));
    CHECK(std::get<ArrayGrid>(plan).shape == Shape{10000, 10000, 10000});
    const auto bytes = bytes_to_prepare(to_spacing(1e-3), Treatment::image, VoxelType::i16,
                                        {{10, 10, 10}, axes_named("xyz"), {}}, std::get<ArrayGrid>(plan));
    CHECK(bytes.held == 4'000'000'000'000 + 2000);
    const auto vast =
        bytes_to_prepare(to_spacing(1), Treatment::image, VoxelType::i16, {{10, 10, 10}, axes_named("xyz"), {}},
                         {{std::int64_t{1} << 30, std::int64_t{1} << 30, 64}, axes_named("xyz"), {}});
    CHECK(vast.held == (std::uint64_t{1} << 63) - 1);
}

TEST_CASE("the planned grid is the one that comes out, for random grids and preparations") {
    std::mt19937_64 random(11);
    for (int i = 0; i < 60; ++i) {
        const Shape shape{static_cast<std::int64_t>(1 + random() % 9), static_cast<std::int64_t>(1 + random() % 9),
                          static_cast<std::int64_t>(1 + random() % 9)};
        Geometry geometry;
        Affine affine;
        for (auto& row : affine.m)
            for (auto& entry : row) entry = static_cast<double>(random() % 2001) / 500 - 2;
        if (!affine.is_usable()) continue;
        geometry.affine = affine;
        auto how = to_spacing(0.4 + static_cast<double>(random() % 20) / 10);
        how.canonical = random() % 2;
        const auto volume = random_f32(shape, "xyz", static_cast<unsigned>(i));
        const auto plan = std::get<ArrayGrid>(prepared_grid(how, {shape, volume.axes(), geometry}));
        const auto one_thread = prepared(how, one(volume.clone()), geometry, 1),
                   many = prepared(how, one(volume.clone()), geometry, 3);
        CHECK(plan ==
              ArrayGrid{one_thread.arrays[0].voxels.shape(), one_thread.arrays[0].voxels.axes(), one_thread.geometry});
        CHECK(same_bytes(one_thread.arrays[0].voxels, many.arrays[0].voxels));
    }
}
