#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>

#include <catch2/catch.hpp>

#include "apps/curate/channel_values.h"
#include "apps/curate/content_digest.h"
#include "apps/curate/statistics.h"
#include "core/error.h"

using namespace cohort;
using namespace cohort::curate;

namespace {

template <class T>
Volume volume_of(Shape shape, const char* axes, const std::vector<double>& values) {
    Volume volume(VoxelTypeOf<T>::value, std::move(shape), axes_named(axes));
    auto voxels = volume.values<T>();
    for (std::size_t i = 0; i < voxels.size(); ++i) voxels[i] = static_cast<T>(values[i]);
    return volume;
}

/// The definition, slowly: sort, interpolate, two-pass SD in long double.
std::optional<Moments> by_definition(std::vector<double> values) {
    if (values.empty()) return std::nullopt;
    std::sort(values.begin(), values.end());
    Moments m;
    m.count = values.size();
    long double sum = 0, squares = 0;
    for (const auto v : values) sum += v;
    m.mean = static_cast<double>(sum / static_cast<long double>(values.size()));
    for (const auto v : values) squares += (v - m.mean) * (v - m.mean);
    m.sd = static_cast<double>(std::sqrt(squares / static_cast<long double>(values.size())));
    m.minimum = values.front();
    m.maximum = values.back();
    const auto percentile = [&](double p) {
        const double place = p / 100 * static_cast<double>(values.size() - 1);
        const auto k = static_cast<std::size_t>(std::floor(place));
        const auto above = std::min(k + 1, values.size() - 1);
        return values[k] + (values[above] - values[k]) * (place - std::floor(place));
    };
    m.percentile_00_5 = percentile(0.5);
    m.percentile_99_5 = percentile(99.5);
    return m;
}

void check_equal(const std::optional<Moments>& ours, const std::optional<Moments>& expected) {
    REQUIRE(ours.has_value() == expected.has_value());
    if (!ours) return;
    const double scale = 1e-9 * (1 + std::abs(expected->maximum) + std::abs(expected->minimum));
    CHECK(ours->count == expected->count);
    CHECK(std::abs(ours->mean - expected->mean) < scale);
    CHECK(std::abs(ours->sd - expected->sd) < scale);
    CHECK(ours->minimum == expected->minimum);
    CHECK(ours->maximum == expected->maximum);
    CHECK(std::abs(ours->percentile_00_5 - expected->percentile_00_5) < scale);
    CHECK(std::abs(ours->percentile_99_5 - expected->percentile_99_5) < scale);
}

/// One random volume of type T with axes x y c z, a scale per channel or one for all, and a mask.
template <class T>
void try_type(std::mt19937_64& random, double low, double high) {
    const std::int64_t nx = 1 + static_cast<std::int64_t>(random() % 9), ny = 1 + static_cast<std::int64_t>(random() % 7), nc = 2, nz = 5;
    const auto count = static_cast<std::size_t>(nx * ny * nc * nz);
    std::uniform_real_distribution<double> uniform(low, high);
    std::vector<double> values(count);
    for (auto& v : values) v = random() % 4 ? std::trunc(uniform(random)) : 0;
    Volume volume = volume_of<T>({nx, ny, nc, nz}, "xycz", values);
    if constexpr (std::is_floating_point_v<T>) {
        for (int i = 0; i < 3; ++i) volume.values<T>()[random() % count] = std::numeric_limits<T>::quiet_NaN();
        volume.values<T>()[random() % count] = -std::numeric_limits<T>::infinity();
    }
    Scale scale;
    if (random() % 2) scale = {{-2.5, 0.5}, {1, -3}, "c"};
    else if (random() % 2) scale = {{1.5}, {10}, ""};
    else if (random() % 2) scale = {{1, 2, 3, 4, 5}, {0, 0, 1, 1, 2}, "z"};
    std::vector<std::uint8_t> mask(static_cast<std::size_t>(nx * ny * nz));
    for (auto& m : mask) m = random() % 3 == 0;

    for (std::int64_t c = 0; c < nc; ++c) {
        std::vector<double> whole, inside;
        std::uint64_t bad = 0;
        for (std::int64_t z = 0; z < nz; ++z)
            for (std::int64_t i = 0; i < nx * ny; ++i) {
                const auto at = static_cast<std::size_t>((z * nc + c) * nx * ny + i);
                const auto k = static_cast<std::size_t>(scale.axis == "c" ? c : scale.axis == "z" ? z : 0);
                const double value = as_double(volume.values<T>()[at]) * scale.slope[k] + scale.offset[k];
                if (!std::isfinite(value)) {
                    ++bad;
                    continue;
                }
                whole.push_back(value);
                if (mask[static_cast<std::size_t>(z * nx * ny + i)]) inside.push_back(value);
            }
        const auto ours = channel_statistics(volume, scale, c, mask);
        CHECK(ours.voxels == count / 2);
        CHECK(ours.nan + ours.infinite == bad);
        check_equal(ours.whole, by_definition(whole));
        check_equal(ours.foreground, by_definition(inside));
    }
}

}  // namespace

TEST_CASE("moments and percentiles of every stored type equal their definition, per channel, scale and mask") {
    const auto seed = GENERATE(range(0u, 60u));
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    try_type<std::uint8_t>(random, 0, 255);
    try_type<std::int8_t>(random, -128, 127);
    try_type<std::uint16_t>(random, 0, 65535);
    try_type<std::int16_t>(random, -32768, 32767);
    try_type<std::int32_t>(random, -1e9, 1e9);
    try_type<std::uint64_t>(random, 0, 1e12);
    try_type<float>(random, -1e4, 1e6);
    try_type<double>(random, -1, 1e140);
}

TEST_CASE("percentiles are exact among many equal, tiny and huge values") {
    std::mt19937_64 random(7);
    std::vector<double> values(200'000);
    for (auto& v : values) {
        const auto kind = random() % 5;
        v = kind < 2 ? 0 : kind == 2 ? std::ldexp(1.0 + static_cast<double>(random() % 1000) * 1e-13, 3)
                                     : std::ldexp(static_cast<double>(random() % 2000) - 1000, static_cast<int>(random() % 80) - 40);
    }
    const auto volume = volume_of<double>({200, 100, 10}, "xyz", values);
    check_equal(channel_statistics(volume, {}, 0, {}).whole, by_definition(values));
}

TEST_CASE("an image of NaN alone has no moments, and one voxel has them all") {
    const auto nan = volume_of<float>({2, 2}, "xy", std::vector<double>(4, std::nan("")));
    CHECK_FALSE(channel_statistics(nan, {}, 0, {}).whole);
    CHECK(channel_statistics(nan, {}, 0, {}).nan == 4);
    const auto one = channel_statistics(volume_of<float>({1, 1}, "xy", {3}), {}, 0, {});
    CHECK(one.whole->percentile_99_5 == 3);
    CHECK(one.whole->sd == 0);
}

TEST_CASE("label values are counted after scale, and what is no integer is told apart") {
    const auto label = volume_of<float>({2, 3}, "xy", {0, 1, 1, 2.5, std::nan(""), 4});
    const auto counts = label_counts(label, {{2}, {0}, ""});
    CHECK(counts.not_integer == 1);  // 2.5 × 2 is an integer
    REQUIRE(counts.counts.size() == 4);
    CHECK(counts.counts[1].value == 2);
    CHECK(counts.counts[1].voxels == 2);
    CHECK(label_counts(label, {}).not_integer == 2);
    CHECK(label_counts(label, {}).first_not_integer == 2.5);
}

TEST_CASE("a label with endless values keeps a bounded table") {
    std::vector<double> values(70'000);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i);
    const auto counts = label_counts(volume_of<std::int32_t>({70'000}, "x", values), {});
    CHECK(counts.counts.size() == most_label_values);
    CHECK(counts.others == 70'000 - most_label_values);
}

TEST_CASE("the non-zero box holds every voxel that is not 0 after scale") {
    std::vector<double> values(7 * 6 * 5, 4);
    values[static_cast<std::size_t>(2 + 7 * (3 + 6 * 1))] = 5;
    values[static_cast<std::size_t>(4 + 7 * (1 + 6 * 3))] = 6;
    const auto volume = volume_of<std::int16_t>({7, 6, 5}, "xyz", values);
    const auto box = non_zero_box(volume, {{1}, {-4}, ""});
    REQUIRE(box);
    CHECK(box->first == std::array<std::int64_t, 3>{2, 1, 1});
    CHECK(box->last == std::array<std::int64_t, 3>{4, 3, 3});
    CHECK(non_zero_box(volume, {})->last == std::array<std::int64_t, 3>{6, 5, 4});
    CHECK_FALSE(non_zero_box(volume, {{0}, {0}, ""}));
}

TEST_CASE("content is equal when the decoded values are, however they are stored") {
    const std::vector<double> values{-3, 0, 7, 200, 5, 6};
    const auto shorts = content_digest(volume_of<std::int16_t>({3, 2}, "xy", values), {});
    CHECK(content_digest(volume_of<float>({3, 2}, "xy", values), {}) == shorts);
    CHECK(content_digest(volume_of<double>({3, 2, 1}, "xyz", values), {}) == shorts);
    CHECK(content_digest(volume_of<std::int64_t>({3, 2}, "xz", values), {}) == shorts);
    std::vector<double> halves = values;
    for (auto& v : halves) v = v * 2 + 8;
    CHECK(content_digest(volume_of<std::int32_t>({3, 2}, "xy", halves), {{0.5}, {-4}, ""}) == shorts);
    CHECK(content_digest(volume_of<std::int16_t>({2, 3}, "xy", values), {}) != shorts);
    CHECK(content_digest(volume_of<std::int16_t>({3, 2}, "xy", values), {{2}, {0}, ""}) != shorts);
}

TEST_CASE("one voxel that differs, in any narrowest form, makes another content; −0 and NaN payloads do not") {
    for (const double base : {1.0, -300.0, 1e6, 0.5, 0.1, 1e300}) {
        INFO(base);
        std::vector<double> values(100, base);
        const auto before = content_digest(volume_of<double>({100}, "x", values), {});
        values[99] = std::nextafter(base, 1e301);
        CHECK(content_digest(volume_of<double>({100}, "x", values), {}) != before);
    }
    const auto zero = content_digest(volume_of<float>({2}, "x", {0.0, 0.5}), {});
    CHECK(content_digest(volume_of<float>({2}, "x", {-0.0, 0.5}), {}) == zero);
    const auto nan = content_digest(volume_of<float>({2}, "x", {std::nan("1"), 0.5}), {});
    CHECK(content_digest(volume_of<float>({2}, "x", {-std::nan("2"), 0.5}), {}) == nan);
    CHECK(nan != zero);
}

TEST_CASE("integers beyond 2^53 and complex voxels are told apart to the last bit") {
    Volume a(VoxelType::u64, {2}, axes_named("x")), b(VoxelType::u64, {2}, axes_named("x"));
    a.values<std::uint64_t>()[0] = (std::uint64_t{1} << 60), a.values<std::uint64_t>()[1] = 1;
    b.values<std::uint64_t>()[0] = (std::uint64_t{1} << 60) + 1, b.values<std::uint64_t>()[1] = 1;
    CHECK(content_digest(a, {}) != content_digest(b, {}));
    Volume c(VoxelType::c64, {1}, axes_named("x")), d(VoxelType::c64, {1}, axes_named("x"));
    c.values<std::complex<float>>()[0] = {3, 4};
    d.values<std::complex<float>>()[0] = {4, 3};
    CHECK(content_digest(c, {}) != content_digest(d, {}));
}

TEST_CASE("a scale that does not fit its axis is refused") {
    const auto volume = volume_of<float>({2, 3}, "xy", {1, 2, 3, 4, 5, 6});
    CHECK_THROWS_AS(channel_statistics(volume, {{1, 2}, {0, 0}, "y"}, 0, {}), Error);
}
