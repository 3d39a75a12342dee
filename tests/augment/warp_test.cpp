#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "augment/sample_transform.h"
#include "augment/warp_row.h"
#include "core/philox.h"

using namespace cohort;
using namespace cohort::augment;

namespace {

/// An image of two channels with labels 0 to 3 in blobs, as large as `shape`.
struct Source {
    Extent shape;
    std::vector<float> image;
    std::vector<std::uint16_t> labels;

    explicit Source(const Extent& s) : shape(s) {
        RandomStream random(4, "source", 0);
        for (std::int64_t i = 0; i < 2 * s[0] * s[1] * s[2]; ++i) image.push_back(static_cast<float>(random.normal()));
        for (std::int64_t z = 0; z < s[2]; ++z)
            for (std::int64_t y = 0; y < s[1]; ++y)
                for (std::int64_t x = 0; x < s[0]; ++x)
                    labels.push_back(static_cast<std::uint16_t>((x / 3 + y / 4 + z / 5) % 4));
    }
    bool holds(std::int64_t x, std::int64_t y, std::int64_t z) const {
        return x >= 0 && y >= 0 && z >= 0 && x < shape[0] && y < shape[1] && z < shape[2];
    }
    float value(std::int64_t c, std::int64_t x, std::int64_t y, std::int64_t z) const {
        return holds(x, y, z) ? image[static_cast<std::size_t>(((c * shape[2] + z) * shape[1] + y) * shape[0] + x)]
                              : 0.0f;
    }
    std::uint16_t label(std::int64_t x, std::int64_t y, std::int64_t z) const {
        return holds(x, y, z) ? labels[static_cast<std::size_t>((z * shape[1] + y) * shape[0] + x)] : std::uint16_t{0};
    }
};

struct Patch {
    std::vector<float> image;
    std::vector<std::uint16_t> labels;
};

Patch warped(const Source& source, const SpatialMap& map, const Extent& extent) {
    const auto box = source_box(map, extent, source.shape);
    std::vector<float> image;
    std::vector<std::uint16_t> labels;
    for (std::int64_t c = 0; c < 2; ++c)
        for (std::int64_t z = 0; z < box.extent[2]; ++z)
            for (std::int64_t y = 0; y < box.extent[1]; ++y)
                for (std::int64_t x = 0; x < box.extent[0]; ++x) {
                    image.push_back(source.value(c, x + box.origin[0], y + box.origin[1], z + box.origin[2]));
                    if (c == 0) labels.push_back(source.label(x + box.origin[0], y + box.origin[1], z + box.origin[2]));
                }
    const auto voxels = static_cast<std::size_t>(extent[0] * extent[1] * extent[2]);
    Patch patch{std::vector<float>(2 * voxels), std::vector<std::uint16_t>(voxels)};
    warp_patch(map, box, image, labels, 0, extent, patch.image, patch.labels);
    return patch;
}

/// Trilinear interpolation by its definition.
double interpolated(const Source& source, std::int64_t c, const std::array<double, 3>& at, int label = -1) {
    std::array<std::int64_t, 3> low{};
    for (std::size_t i = 0; i < 3; ++i) low[i] = static_cast<std::int64_t>(std::floor(at[i]));
    double sum = 0;
    for (int k = 0; k < 8; ++k) {
        double weight = 1;
        std::array<std::int64_t, 3> v{};
        for (std::size_t i = 0; i < 3; ++i) {
            const bool upper = (k >> i & 1) != 0;
            v[i] = low[i] + (upper ? 1 : 0);
            const auto t = at[i] - static_cast<double>(low[i]);
            weight *= upper ? t : 1 - t;
        }
        sum += weight * (label < 0 ? static_cast<double>(source.value(c, v[0], v[1], v[2]))
                                   : (source.label(v[0], v[1], v[2]) == label ? 1.0 : 0.0));
    }
    return sum;
}

SpatialMap map_of(const std::string& recipe, const Extent& extent, std::uint64_t item) {
    const auto t = draw_transform(recipe_named(recipe), extent, {1, 1, 1.3}, 1, 9, item);
    return t.map({1, 2, -3}, extent);
}

}  // namespace

TEST_CASE("the identity map copies the patch, to the bit, and a mirrored one equals mirroring the copy") {
    const Source source({20, 17, 15});
    const Extent extent{12, 9, 8};
    for (int axes = 0; axes < 8; ++axes) {
        SampleTransform t;
        t.mirrored = {(axes & 1) != 0, (axes & 2) != 0, (axes & 4) != 0};
        const Extent origin{6, -4, 9};  // partly outside
        const auto patch = warped(source, t.map(origin, extent), extent);
        Patch expected;
        for (std::int64_t c = 0; c < 2; ++c)
            for (std::int64_t z = 0; z < extent[2]; ++z)
                for (std::int64_t y = 0; y < extent[1]; ++y)
                    for (std::int64_t x = 0; x < extent[0]; ++x) {
                        expected.image.push_back(source.value(c, x + origin[0], y + origin[1], z + origin[2]));
                        if (c == 0)
                            expected.labels.push_back(source.label(x + origin[0], y + origin[1], z + origin[2]));
                    }
        mirror_patch(std::span(expected.image), extent, t.mirrored);
        mirror_patch(std::span(expected.labels), extent, t.mirrored);
        CHECK(patch.image == expected.image);
        CHECK(patch.labels == expected.labels);
    }
}

TEST_CASE("drawn maps equal trilinear interpolation and the largest share, voxel by voxel") {
    const auto recipe = GENERATE(as<std::string>{}, "nnunet", "nnunet-elastic");
    const Source source({24, 20, 18});
    const Extent extent{16, 13, 11};
    for (std::uint64_t item = 0; item < 30; ++item) {
        int wrong_values = 0, wrong_labels = 0;
        const auto map = map_of(recipe, extent, item);
        const auto patch = warped(source, map, extent);
        std::size_t i = 0;
        for (std::int64_t z = 0; z < extent[2]; ++z)
            for (std::int64_t y = 0; y < extent[1]; ++y) {
                std::array<std::vector<float>, 3> bent;
                for (auto& line : bent) line.assign(static_cast<std::size_t>(extent[0]), 0.0f);
                if (map.elastic) map.elastic->add_row(map.elastic->slice(z), y, bent[0], bent[1], bent[2]);
                for (std::int64_t x = 0; x < extent[0]; ++x, ++i) {
                    const std::array<double, 3> o{static_cast<double>(x) - 7.5, static_cast<double>(y) - 6,
                                                  static_cast<double>(z) - 5};
                    std::array<double, 3> at = map.centre;
                    for (std::size_t r = 0; r < 3; ++r) {
                        for (std::size_t k = 0; k < 3; ++k) at[r] += map.matrix[r][k] * o[k];
                        at[r] += bent[r][static_cast<std::size_t>(x)];
                    }
                    wrong_values += !(std::abs(patch.image[i] - interpolated(source, 0, at)) < 2e-4);
                    const auto chosen = interpolated(source, 0, at, patch.labels[i]);
                    for (int label = 0; label < 4; ++label)
                        wrong_labels += !(chosen >= interpolated(source, 0, at, label) - 1e-4);
                }
            }
        INFO("item " << item);
        CHECK(wrong_values == 0);
        CHECK(wrong_labels == 0);
    }
}

TEST_CASE("a smooth blob and its label stay aligned under every warp: thresholding commutes within a voxel") {
    // The image is the distance to a sphere, positive inside: label 1 exactly where it is positive.
    const Extent shape{40, 40, 40};
    Source source(shape);
    for (std::int64_t z = 0; z < 40; ++z)
        for (std::int64_t y = 0; y < 40; ++y)
            for (std::int64_t x = 0; x < 40; ++x) {
                const auto d = 11.0 - std::hypot(double(x) - 19, double(y) - 21, double(z) - 20);
                const auto i = static_cast<std::size_t>((z * 40 + y) * 40 + x);
                source.image[i] = static_cast<float>(d);
                source.labels[i] = d > 0 ? 1 : 0;
            }
    for (std::uint64_t item = 0; item < 40; ++item) {
        const auto t = draw_transform(recipe_named("nnunet-elastic"), shape, {1, 1, 1}, 1, 3, item);
        const auto patch = warped(source, t.map({0, 0, 0}, shape), shape);
        int apart = 0;
        for (std::size_t i = 0; i < patch.labels.size(); ++i)
            apart += (patch.image[i] > 1 && patch.labels[i] != 1) || (patch.image[i] < -1 && patch.labels[i] != 0);
        CHECK(apart == 0);
    }
}

TEST_CASE("patches of one slice, far outside, and wild maps are filled with background") {
    const Source source({10, 10, 1});
    SpatialMap map;
    map.centre = {4, 4, 0};
    CHECK(warped(source, map, {8, 8, 1}).image.size() == 128);
    map.centre = {500, -500, 0};
    for (const auto v : warped(source, map, {8, 8, 1}).image) CHECK(v == 0);
    map.matrix[0][0] = 1e12;
    map.matrix[1][2] = -1e12;
    CHECK_NOTHROW(warped(source, map, {8, 8, 3}));
}

TEST_CASE("rows are blended to the same bits plainly and by vectors, whatever their length and wherever they lead") {
    const BoxShape box{7, 6, 5};
    std::vector<float> source;
    RandomStream random(3, "rows", 0);
    for (int i = 0; i < 7 * 6 * 5; ++i) source.push_back(static_cast<float>(random.normal()));
    for (std::size_t n = 1; n < 40; ++n) {
        Row row(n);
        for (std::size_t i = 0; i < n; ++i) {
            row.x[i] = static_cast<float>(random.uniform(-1, 7));
            row.y[i] = static_cast<float>(random.uniform(-1, 6));
            row.z[i] = static_cast<float>(random.uniform(-1, 5));
        }
        row.x[n / 2] = n % 3 == 0 ? std::nanf("") : 6.0f;
        row.y[n / 3] = n % 3 == 1 ? HUGE_VALF : 0.0f;
        row.z[n - 1] = n % 3 == 2 ? -HUGE_VALF : 3.5f;
        place_row(row, box);
        std::vector<float> fast(n), plain(n);
        blend_row(row, source.data(), box, fast.data());
        blend_row_plain(row, source.data(), box, plain.data());
        CHECK(fast == plain);
        for (std::size_t i = 0; i < n; ++i) {
            const bool inside =
                row.x[i] >= 0 && row.x[i] < 6 && row.y[i] >= 0 && row.y[i] < 5 && row.z[i] >= 0 && row.z[i] < 4;
            CHECK((row.inside[i] != 0) == inside);
            CHECK((row.at[i] >= 0 && row.at[i] + (6 + 1) * 7 + 1 < 7 * 6 * 5));
            if (!inside) CHECK(fast[i] == 0.0f);
        }
    }
}

TEST_CASE("a voxel that is NaN changes only the voxels that read it") {
    Source source({16, 15, 14});
    const Extent extent{16, 15, 14};
    auto damaged = source;
    damaged.image[(7 * 15 + 7) * 16 + 8] = std::nanf("");
    for (std::uint64_t item = 0; item < 10; ++item) {
        const auto map =
            draw_transform(recipe_named("nnunet-elastic"), extent, {1, 1, 1}, 1, 9, item).map({0, 0, 0}, extent);
        const auto clean = warped(source, map, extent), other = warped(damaged, map, extent);
        std::size_t differ = 0;
        for (std::size_t i = 0; i < clean.image.size(); ++i) differ += !(clean.image[i] == other.image[i]);
        CHECK(differ < 100);
        CHECK(clean.labels == other.labels);
    }
}
