#include "learn/kernels/instance_norm.h"

#include <cmath>
#include <vector>

#include "learn/kernels/vector.h"

namespace cohort::learn {
namespace {

constexpr std::int64_t at_once = 64;  // vectors summed in float32 before their sum joins one in double

/// Two sums over n voxels of what f(vector, index of its first voxel) gives as a pair.
struct Sums {
    double first = 0, second = 0;
};
template <class F>
COHORT_INLINE Sums summed(std::int64_t n, F&& f) {
    Sums total;
    std::int64_t i = 0;
    while (i < n) {
        Vector first{}, second{};
        for (std::int64_t k = 0; k < at_once && i < n; ++k, i += lanes) {
            Vector a, b;
            f(i, std::min(lanes, n - i), a, b);
            first += a;
            second += b;
        }
        total.first += lane_sum(first);
        total.second += lane_sum(second);
    }
    return total;
}

COHORT_INLINE Vector load_up_to(const float* from, std::int64_t count) {
    return count == lanes ? load(from) : load_some(from, count);
}
COHORT_INLINE void store_up_to(float* to, const Vector& v, std::int64_t count) {
    if (count == lanes)
        store(to, v);
    else
        store_some(to, v, count);
}

/// One channel of one item, with all that is known of it.
struct Channel {
    const float* input;
    std::int64_t n;
    float weight, bias, slope;
    float mean = 0, inverse_sd = 0;
};

COHORT_AVX512 void forward(Channel& c, double epsilon, float* output) {
    const auto voxels = static_cast<double>(c.n);
    const auto sum = summed(
        c.n, [&](std::int64_t i, std::int64_t count, Vector & a, Vector & b) __attribute__((always_inline)) {
            a = load_up_to(c.input + i, count);
            b = Vector{};
        });
    c.mean = static_cast<float>(sum.first / voxels);
    const auto spread = summed(
        c.n, [&](std::int64_t i, std::int64_t count, Vector & a, Vector & b) __attribute__((always_inline)) {
            const Vector away = load_up_to(c.input + i, count) - c.mean;
            a = b = Vector{};
            if (count == lanes)
                a = away * away;
            else
                for (std::int64_t l = 0; l < count; ++l) a[l] = away[l] * away[l];
        });
    c.inverse_sd = static_cast<float>(1.0 / std::sqrt(spread.first / voxels + epsilon));
    const auto factor = c.weight * c.inverse_sd, shift = c.bias - c.mean * factor;
    for (std::int64_t i = 0; i < c.n; i += lanes) {
        const auto count = std::min(lanes, c.n - i);
        const Vector y = load_up_to(c.input + i, count) * factor + shift;
        store_up_to(output + i, y > 0.0f ? y : y * c.slope, count);
    }
}

/// The sums are Σ g' and Σ g'·x̂, g' the gradient before the leaky ReLU.
COHORT_AVX512 Sums backward(const Channel& c, const float* gradient, float* of_input) {
    const auto factor = c.weight * c.inverse_sd, shift = c.bias - c.mean * factor;
    const auto before_relu = [&](std::int64_t i, std::int64_t count, Vector & x, Vector & g)
        __attribute__((always_inline)) {
        x = load_up_to(c.input + i, count);
        g = load_up_to(gradient + i, count);
        const Vector y = x * factor + shift;
        g = y > 0.0f ? g : g * c.slope;
    };
    const auto sums = summed(
        c.n, [&](std::int64_t i, std::int64_t count, Vector & a, Vector & b) __attribute__((always_inline)) {
            Vector x;
            before_relu(i, count, x, a);
            b = a * ((x - c.mean) * c.inverse_sd);
        });
    const auto voxels = static_cast<double>(c.n);
    const auto mean_gradient = static_cast<float>(sums.first / voxels);
    const auto along = static_cast<float>(sums.second / voxels) * c.inverse_sd;
    for (std::int64_t i = 0; i < c.n; i += lanes) {
        const auto count = std::min(lanes, c.n - i);
        Vector x, g;
        before_relu(i, count, x, g);
        store_up_to(of_input + i, factor * (g - mean_gradient - (x - c.mean) * along), count);
    }
    return sums;
}

}  // namespace

void normalise_forward(const NormShape& s, const float* input, const float* weight, const float* bias, float* output,
                       float* mean, float* inverse_sd, const ParallelRun& run) {
    run(s.batch * s.channels, [&](std::int64_t item) {
        const auto k = item % s.channels;
        Channel c{input + item * s.voxels, s.voxels, weight[k], bias[k], static_cast<float>(s.slope)};
        forward(c, s.epsilon, output + item * s.voxels);
        mean[item] = c.mean;
        inverse_sd[item] = c.inverse_sd;
    });
}

void normalise_backward(const NormShape& s, const float* input, const float* weight, const float* bias,
                        const float* mean, const float* inverse_sd, const float* gradient, float* of_input,
                        float* of_weight, float* of_bias, const ParallelRun& run) {
    std::vector<Sums> sums(static_cast<std::size_t>(s.batch * s.channels));
    run(s.batch * s.channels, [&](std::int64_t item) {
        const auto k = item % s.channels;
        const Channel c{input + item * s.voxels,     s.voxels,   weight[k],       bias[k],
                        static_cast<float>(s.slope), mean[item], inverse_sd[item]};
        sums[static_cast<std::size_t>(item)] = backward(c, gradient + item * s.voxels, of_input + item * s.voxels);
    });
    for (std::int64_t k = 0; k < s.channels; ++k) {
        Sums total;
        for (std::int64_t n = 0; n < s.batch; ++n) {
            total.first += sums[static_cast<std::size_t>(n * s.channels + k)].first;
            total.second += sums[static_cast<std::size_t>(n * s.channels + k)].second;
        }
        of_bias[k] = static_cast<float>(total.first);
        of_weight[k] = static_cast<float>(total.second);
    }
}

}  // namespace cohort::learn
