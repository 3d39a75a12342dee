#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-thread-jumps")  // GCC 12 would make branches of clamps, and no vector code; no value changes
#endif

#include "augment/intensity.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "augment/channel_statistics.h"
#include "augment/vector_math.h"

namespace cohort::augment {
namespace {

constexpr float most = std::numeric_limits<float>::max();
constexpr std::size_t pairs_at_once = 512;

/// Two normal numbers from two words each.
__attribute__((target_clones("avx512f", "avx2", "default"))) void normal_pairs(const std::uint32_t* words,
                                                                               std::size_t pairs, float sd,
                                                                               float* first, float* second) {
    constexpr float to_unit = 0x1p-24f;
    for (std::size_t i = 0; i < pairs; ++i) {
        const float u = (static_cast<float>(static_cast<std::int32_t>(words[2 * i] >> 8)) + 0.5f) * to_unit;
        const float turn = static_cast<float>(static_cast<std::int32_t>(words[2 * i + 1] >> 8)) * to_unit;
        // u = 1 − 2^-25 rounds to 1, whose logarithm must not become positive by rounding.
        const float square = -2.0f * log_of(u);
        const float radius = sd * std::sqrt(square > 0 ? square : 0.0f);
        const auto at = circle_at(turn);
        first[i] = radius * at.cos;
        second[i] = radius * at.sin;
    }
}

__attribute__((target_clones("avx512f", "avx2", "default"))) void multiply(float* v, std::size_t n, float factor) {
    for (std::size_t i = 0; i < n; ++i) v[i] *= factor;
}

__attribute__((target_clones("avx512f", "avx2", "default"))) void stretch_contrast(float* v, std::size_t n, float mean,
                                                                                   float factor, float low,
                                                                                   float high) {
    for (std::size_t i = 0; i < n; ++i) {
        const float stretched = (v[i] - mean) * factor + mean;
        const float above = stretched < low ? low : stretched;
        v[i] = above > high ? high : above;
    }
}

/// (sign·(v − least)/range)^power × range: what is not finite stays as it is.
__attribute__((target_clones("avx512f", "avx2", "default"))) void raise(float* v, std::size_t n, float sign,
                                                                        float least, float range, float power) {
    const float inverse = 1.0f / (range > 1e-7f ? range : 1e-7f);
    for (std::size_t i = 0; i < n; ++i) {
        const float share = (sign * v[i] - least) * inverse;
        const float within = share > 1.0f ? 1.0f : share;
        const float raised = power_of(within, power) * range + least;
        const float old = v[i];
        v[i] = std::abs(old) <= most ? raised : old;
    }
}

__attribute__((target_clones("avx512f", "avx2", "default"))) void move_and_scale(float* v, std::size_t n,
                                                                                 float from_mean, float scale,
                                                                                 float to_mean, float sign) {
    for (std::size_t i = 0; i < n; ++i) v[i] = sign * ((v[i] - from_mean) * scale + to_mean);
}

}  // namespace

void add_noise(std::span<float> image, double sd, RandomStream& random) {
    std::array<std::uint32_t, 2 * pairs_at_once> words;
    std::array<float, pairs_at_once> first, second;
    for (std::size_t at = 0; at < image.size(); at += 2 * pairs_at_once) {
        const auto here = image.subspan(at, std::min(2 * pairs_at_once, image.size() - at));
        const auto pairs = (here.size() + 1) / 2;
        random.fill(std::span(words).first(2 * pairs));
        normal_pairs(words.data(), pairs, static_cast<float>(sd), first.data(), second.data());
        for (std::size_t i = 0; i < here.size() / 2; ++i) {
            here[2 * i] += first[i];
            here[2 * i + 1] += second[i];
        }
        if (here.size() % 2 != 0) here.back() += first[pairs - 1];
    }
}

void brighten(std::span<float> channel, double factor) {
    multiply(channel.data(), channel.size(), static_cast<float>(factor));
}

void change_contrast(std::span<float> channel, double factor) {
    const auto before = channel_statistics(channel);
    stretch_contrast(channel.data(), channel.size(), static_cast<float>(before.mean), static_cast<float>(factor),
                     before.low, before.high);
}

void change_gamma(std::span<float> channel, double exponent, Negative negative) {
    const bool inverted = negative == Negative::yes;
    const auto before = channel_statistics(channel);
    if (before.count == 0) return;
    const auto sign = inverted ? -1.0f : 1.0f;
    const auto least = inverted ? -before.high : before.low;
    raise(channel.data(), channel.size(), sign, least, before.high - before.low, static_cast<float>(exponent));
    const auto after = channel_statistics(channel);
    move_and_scale(channel.data(), channel.size(), static_cast<float>(after.mean),
                   static_cast<float>(before.sd / std::max(after.sd, 1e-7)),
                   static_cast<float>(inverted ? -before.mean : before.mean), sign);
}

}  // namespace cohort::augment
