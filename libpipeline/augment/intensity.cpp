#include "augment/intensity.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace cohort::augment {
namespace {

struct Moments {
    double mean = 0, sd = 0;  ///< sample standard deviation, as PyTorch has it
};

Moments moments(std::span<const float> values) {
    const auto n = static_cast<double>(values.size());
    double sum = 0;
    for (const auto v : values) sum += v;
    const auto mean = sum / n;
    double squares = 0;
    for (const auto v : values) squares += (v - mean) * (v - mean);
    return {mean, values.size() > 1 ? std::sqrt(squares / (n - 1)) : 0};
}

/// Index reflected into [0, n) without repeating the edge: −1 → 1, n → n − 2.
std::int64_t reflected(std::int64_t i, std::int64_t n) {
    if (n == 1) return 0;
    const auto period = 2 * (n - 1);
    i = ((i % period) + period) % period;
    return i < n ? i : period - i;
}

std::vector<float> gaussian(double sigma) {
    const auto radius = std::max<std::int64_t>(1, std::lround((6 * sigma - 0.5) / 2));
    std::vector<float> kernel;
    double sum = 0;
    for (auto i = -radius; i <= radius; ++i) sum += std::exp(-static_cast<double>(i * i) / (2 * sigma * sigma));
    for (auto i = -radius; i <= radius; ++i)
        kernel.push_back(static_cast<float>(std::exp(-static_cast<double>(i * i) / (2 * sigma * sigma)) / sum));
    return kernel;
}

/// Convolution along one axis: lines of `inner` values lie `n` deep, `outer` times.
void convolve(std::span<const float> in, std::span<float> out, std::int64_t inner, std::int64_t n, std::int64_t outer,
              const std::vector<float>& kernel) {
    const auto radius = static_cast<std::int64_t>(kernel.size() / 2);
    std::fill(out.begin(), out.end(), 0.0f);
    for (std::int64_t o = 0; o < outer; ++o)
        for (std::int64_t i = 0; i < n; ++i) {
            auto* to = out.data() + (o * n + i) * inner;
            for (std::size_t k = 0; k < kernel.size(); ++k) {
                const auto* from = in.data() + (o * n + reflected(i + static_cast<std::int64_t>(k) - radius, n)) * inner;
                for (std::int64_t j = 0; j < inner; ++j) to[j] += kernel[k] * from[j];
            }
        }
}

/// Linear interpolation from m to n samples along one axis, half-pixel centres, ends held.
void stretch(std::span<const float> in, std::span<float> out, std::int64_t inner, std::int64_t m, std::int64_t n, std::int64_t outer) {
    for (std::int64_t i = 0; i < n; ++i) {
        const auto at = std::clamp((static_cast<double>(i) + 0.5) * static_cast<double>(m) / static_cast<double>(n) - 0.5, 0.0,
                                   static_cast<double>(m - 1));
        const auto low = static_cast<std::int64_t>(at), high = std::min(low + 1, m - 1);
        const auto w = static_cast<float>(at - static_cast<double>(low));
        for (std::int64_t o = 0; o < outer; ++o) {
            const auto* a = in.data() + (o * m + low) * inner;
            const auto* b = in.data() + (o * m + high) * inner;
            auto* to = out.data() + (o * n + i) * inner;
            for (std::int64_t j = 0; j < inner; ++j) to[j] = a[j] + w * (b[j] - a[j]);
        }
    }
}

}  // namespace

void add_noise(std::span<float> image, double sd, RandomStream& random) {
    // Box–Muller in float: noise needs no more than 24 bits.
    const auto scale = static_cast<float>(sd);
    constexpr float to_unit = 0x1p-24f;
    for (std::size_t i = 0; i < image.size(); i += 2) {
        const auto u = (static_cast<float>(random.next_u32() >> 8) + 0.5f) * to_unit;
        const auto angle = static_cast<float>(random.next_u32() >> 8) * (to_unit * 2 * std::numbers::pi_v<float>);
        const auto radius = scale * std::sqrt(-2 * std::log(u));
        image[i] += radius * std::cos(angle);
        if (i + 1 < image.size()) image[i + 1] += radius * std::sin(angle);
    }
}

void blur(std::span<float> channel, const std::array<std::int64_t, 3>& extent, const std::array<double, 3>& sigma) {
    std::vector<float> other(channel.size());
    std::int64_t inner = 1;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const auto outer = static_cast<std::int64_t>(channel.size()) / (inner * extent[axis]);
        if (sigma[axis] > 0 && extent[axis] > 1) {
            convolve(channel, other, inner, extent[axis], outer, gaussian(sigma[axis]));
            std::copy(other.begin(), other.end(), channel.begin());
        }
        inner *= extent[axis];
    }
}

void brighten(std::span<float> channel, double factor) {
    for (auto& v : channel) v *= static_cast<float>(factor);
}

void change_contrast(std::span<float> channel, double factor) {
    const auto [low, high] = std::minmax_element(channel.begin(), channel.end());
    const auto least = *low, most = *high;
    const auto mean = static_cast<float>(moments(channel).mean);
    for (auto& v : channel) v = std::clamp((v - mean) * static_cast<float>(factor) + mean, least, most);
}

void lower_resolution(std::span<float> channel, const std::array<std::int64_t, 3>& extent, double factor) {
    std::array<std::int64_t, 3> small{};
    for (std::size_t axis = 0; axis < 3; ++axis)
        small[axis] = std::max<std::int64_t>(1, std::lround(static_cast<double>(extent[axis]) * factor));
    std::vector<float> now;
    const auto nearest = [&](std::int64_t i, std::size_t axis) { return (2 * i + 1) * extent[axis] / (2 * small[axis]); };
    for (std::int64_t z = 0; z < small[2]; ++z)
        for (std::int64_t y = 0; y < small[1]; ++y)
            for (std::int64_t x = 0; x < small[0]; ++x)
                now.push_back(channel[static_cast<std::size_t>((nearest(z, 2) * extent[1] + nearest(y, 1)) * extent[0] + nearest(x, 0))]);
    auto shape = small;
    std::vector<float> next;
    std::int64_t inner = 1;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const auto outer = static_cast<std::int64_t>(now.size()) / (inner * shape[axis]);
        next.resize(static_cast<std::size_t>(inner * extent[axis] * outer));
        stretch(now, next, inner, shape[axis], extent[axis], outer);
        std::swap(now, next);
        inner *= extent[axis];
    }
    std::copy(now.begin(), now.end(), channel.begin());
}

void change_gamma(std::span<float> channel, double exponent, Negative negative) {
    const auto sign = negative == Negative::yes ? -1.0f : 1.0f;
    for (auto& v : channel) v *= sign;
    const auto before = moments(channel);
    const auto [low, high] = std::minmax_element(channel.begin(), channel.end());
    const auto least = *low, range = *high - *low, power = static_cast<float>(exponent);
    const auto inverse = 1 / std::max(range, 1e-7f);
    for (auto& v : channel) v = std::pow((v - least) * inverse, power) * range + least;
    const auto after = moments(channel);
    const auto scale = static_cast<float>(before.sd / std::max(after.sd, 1e-7));
    for (auto& v : channel)
        v = sign * ((v - static_cast<float>(after.mean)) * scale + static_cast<float>(before.mean));
}

}  // namespace cohort::augment
