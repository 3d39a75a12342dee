#include "augment/intensity.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "augment/channel_statistics.h"
#include "augment/filters.h"

using namespace cohort;
using namespace cohort::augment;

namespace {

using Extent3 = std::array<std::int64_t, 3>;

std::vector<float> noise_image(std::size_t n, std::uint64_t item = 0) {
    RandomStream random(2, "image", item);
    std::vector<float> image(n);
    for (auto& v : image) v = static_cast<float>(random.normal());
    return image;
}

std::pair<double, double> mean_and_sd(const std::vector<float>& image) {
    double sum = 0, squares = 0;
    for (const auto v : image) sum += v;
    const auto mean = sum / static_cast<double>(image.size());
    for (const auto v : image) squares += (v - mean) * (v - mean);
    return {mean, std::sqrt(squares / static_cast<double>(image.size() - 1))};
}

}  // namespace

TEST_CASE("noise has the standard deviation that was drawn, mean 0, and is a function of its stream") {
    std::vector<float> a(100001), b = a, c = a;
    RandomStream first(1, "noise", 7), same(1, "noise", 7), other(1, "noise", 8);
    add_noise(a, 0.5, first);
    add_noise(b, 0.5, same);
    add_noise(c, 0.5, other);
    CHECK(a == b);
    CHECK_FALSE(a == c);
    const auto [mean, sd] = mean_and_sd(a);
    CHECK(std::abs(mean) < 0.01);
    CHECK(sd == Approx(0.5).epsilon(0.02));
}

TEST_CASE("blur equals the convolution by its definition, with reflected borders, and keeps constants") {
    const Extent3 extent{9, 7, 4};
    const auto before = noise_image(9 * 7 * 4);
    auto image = before;
    const auto sigma = 0.8;
    blur(image, extent, {sigma, 0, sigma});
    const auto radius = std::lround((6 * sigma - 0.5) / 2);
    const auto weight = [&](std::int64_t i) { return std::exp(-double(i * i) / (2 * sigma * sigma)); };
    double sum = 0;
    for (auto i = -radius; i <= radius; ++i) sum += weight(i);
    const auto mirrored = [](std::int64_t i, std::int64_t n) {
        while (i < 0 || i >= n) i = i < 0 ? -i : 2 * (n - 1) - i;
        return i;
    };
    std::size_t at = 0;
    for (std::int64_t z = 0; z < 4; ++z)
        for (std::int64_t y = 0; y < 7; ++y)
            for (std::int64_t x = 0; x < 9; ++x, ++at) {
                double expected = 0;
                for (auto k = -radius; k <= radius; ++k)
                    for (auto i = -radius; i <= radius; ++i)
                        expected +=
                            weight(k) * weight(i) / (sum * sum) *
                            before[static_cast<std::size_t>((mirrored(z + k, 4) * 7 + y) * 9 + mirrored(x + i, 9))];
                REQUIRE(image[at] == Approx(expected).margin(1e-5));
            }
    std::vector<float> constant(9 * 7 * 4, 3.5f);
    blur(constant, extent, {1, 1, 1});
    for (const auto v : constant) CHECK(v == Approx(3.5));
}

TEST_CASE("brightness scales, contrast stretches about the mean and keeps minimum and maximum") {
    const auto before = noise_image(1000);
    auto bright = before, strong = before, weak = before;
    brighten(bright, 1.25);
    change_contrast(strong, 1.25);
    change_contrast(weak, 0.75);
    const auto [mean, sd] = mean_and_sd(before);
    const auto [low, high] = std::minmax_element(before.begin(), before.end());
    for (std::size_t i = 0; i < 1000; ++i) {
        CHECK(bright[i] == before[i] * 1.25f);
        CHECK(strong[i] ==
              Approx(std::clamp((before[i] - mean) * 1.25 + mean, double(*low), double(*high))).margin(1e-5));
    }
    CHECK(mean_and_sd(weak).second == Approx(0.75 * sd).epsilon(1e-4));
}

TEST_CASE("gamma keeps mean, standard deviation and order, on the image and on its negative") {
    for (const auto negative : {Negative::no, Negative::yes})
        for (const auto exponent : {0.7, 1.0, 1.5}) {
            const auto before = noise_image(4000);
            auto image = before;
            change_gamma(image, exponent, negative);
            CHECK(mean_and_sd(image).first == Approx(mean_and_sd(before).first).margin(1e-4));
            CHECK(mean_and_sd(image).second == Approx(mean_and_sd(before).second).epsilon(1e-4));
            for (std::size_t i = 1; i < image.size(); ++i)
                if (before[i] > before[0] + 1e-3) REQUIRE(image[i] >= image[0] - 1e-5);
            if (exponent == 1.0)
                for (std::size_t i = 0; i < image.size(); ++i) REQUIRE(image[i] == Approx(before[i]).margin(1e-4));
        }
    std::vector<float> constant(100, 2.0f);
    change_gamma(constant, 1.5, Negative::yes);
    for (const auto v : constant) CHECK(v == Approx(2.0));
}

TEST_CASE("a lower resolution keeps ramps, loses detail and leaves axes of length 1 alone") {
    const Extent3 extent{16, 12, 8};
    std::vector<float> ramp;
    for (int z = 0; z < 8; ++z)
        for (int y = 0; y < 12; ++y)
            for (int x = 0; x < 16; ++x) ramp.push_back(static_cast<float>(x + 2 * y - 3 * z));
    auto image = ramp;
    lower_resolution(image, extent, {0.5, 0.5, 0.5});
    for (std::size_t i = 0; i < image.size(); ++i)
        CHECK(image[i] == Approx(ramp[i]).margin(4.6));  // nearest: half a cell each
    auto detail = noise_image(16 * 12 * 8);
    const auto sd = mean_and_sd(detail).second;
    lower_resolution(detail, extent, {0.5, 0.5, 0.5});
    CHECK(mean_and_sd(detail).second < 0.8 * sd);
    auto same = noise_image(64);
    const auto before = same;
    lower_resolution(same, {8, 8, 1}, {1.0, 1.0, 1.0});
    CHECK(same == before);
    lower_resolution(same, {64, 1, 1}, {0.5, 0.5, 0.5});
    CHECK(same != before);
}

TEST_CASE("at zero strength nothing changes") {
    const auto before = noise_image(9 * 8 * 7);
    const Extent3 extent{9, 8, 7};
    auto image = before;
    RandomStream random(1, "noise", 0);
    add_noise(image, 0, random);
    CHECK(image == before);
    blur(image, extent, {0, 0, 0});
    brighten(image, 1);
    lower_resolution(image, extent, {1, 1, 1});
    CHECK(image == before);
    change_contrast(image, 1);
    for (std::size_t i = 0; i < image.size(); ++i) REQUIRE(image[i] == Approx(before[i]).margin(1e-6));
    for (const auto negative : {Negative::no, Negative::yes}) change_gamma(image, 1, negative);
    for (std::size_t i = 0; i < image.size(); ++i) REQUIRE(image[i] == Approx(before[i]).margin(5e-5));
}

TEST_CASE("a voxel that is NaN or infinite changes no other, but for those within the kernel's reach") {
    const Extent3 extent{12, 11, 10};
    const auto clean = noise_image(12 * 11 * 10);
    constexpr std::size_t at = (5 * 11 + 5) * 12 + 6;
    for (const auto bad : {std::nanf(""), HUGE_VALF, -HUGE_VALF}) {
        // The other voxels' statistics: without voxel `at`, which takes a value that is neither least nor largest.
        auto without = clean;
        without[at] = without[at - 1];
        auto damaged = clean;
        damaged[at] = bad;
        auto a = without, b = damaged;
        change_contrast(a, 1.2), change_contrast(b, 1.2);
        change_gamma(a, 1.3, Negative::yes), change_gamma(b, 1.3, Negative::yes);
        change_gamma(a, 0.8, Negative::no), change_gamma(b, 0.8, Negative::no);
        if (std::isnan(bad)) CHECK(std::isnan(b[at]));  // contrast clips infinities
        for (std::size_t i = 0; i < a.size(); ++i)
            if (i != at) REQUIRE(b[i] == Approx(a[i]).margin(0.02));
        a = without, b = damaged;
        blur(a, extent, {1, 1, 1}), blur(b, extent, {1, 1, 1});
        for (std::int64_t z = 0; z < 10; ++z)
            for (std::int64_t y = 0; y < 11; ++y)
                for (std::int64_t x = 0; x < 12; ++x) {
                    const auto i = static_cast<std::size_t>((z * 11 + y) * 12 + x);
                    if (std::abs(x - 6) > 3 || std::abs(y - 5) > 3 || std::abs(z - 5) > 3) REQUIRE(a[i] == b[i]);
                }
    }
    std::vector<float> none(20, std::nanf(""));
    change_gamma(none, 1.5, Negative::no);
    change_contrast(none, 1.5);
    for (const auto v : none) CHECK(std::isnan(v));
}

TEST_CASE("statistics are those of the definition for any number of voxels, NaN and infinities left out") {
    for (const std::size_t n : {0u, 1u, 2u, 15u, 16u, 17u, 1000u, 40001u}) {
        auto image = noise_image(n, n);
        for (auto& v : image) v = v * 3 + 1000;
        const auto [mean, sd] = mean_and_sd(image);
        const auto got = channel_statistics(image);
        CHECK(got.count == n);
        if (n == 0) continue;
        CHECK(got.mean == Approx(mean).epsilon(1e-9));
        if (n > 1) CHECK(got.sd == Approx(sd).epsilon(1e-6));
        CHECK(got.low == *std::min_element(image.begin(), image.end()));
        CHECK(got.high == *std::max_element(image.begin(), image.end()));
        auto with_holes = image;
        for (const auto hole : {std::nanf(""), HUGE_VALF, -HUGE_VALF})
            with_holes.insert(with_holes.begin() + static_cast<std::ptrdiff_t>(n / 2), hole);
        const auto same = channel_statistics(with_holes);
        CHECK(same.count == n);
        CHECK(same.mean == Approx(mean).epsilon(1e-9));
        CHECK(same.high == got.high);
    }
}
