#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-thread-jumps")  // GCC 12 would make branches of clamps, and no vector code; no value changes
#endif

#include "augment/channel_statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace cohort::augment {
namespace {

constexpr std::size_t lanes = 16;
constexpr float most = std::numeric_limits<float>::max();

struct Lanes {
    double sum[lanes] = {}, squares[lanes] = {};
    float low[lanes], high[lanes], count[lanes];
};

/// `groups` × 16 voxels; `shift` is one of them, so that little cancels and what is not finite can stand for it.
/// A lane counts up to 2^24 in float: groups ≤ 2^20.
__attribute__((target_clones("avx512f", "avx2", "default"))) void add_groups(const float* v, std::size_t groups,
                                                                             float shift, Lanes& all) {
    double sum[lanes] = {}, squares[lanes] = {};
    float low[lanes], high[lanes], count[lanes] = {};
    for (std::size_t i = 0; i < lanes; ++i) low[i] = most, high[i] = -most;
    for (std::size_t g = 0; g < groups; ++g, v += lanes)
        for (std::size_t i = 0; i < lanes; ++i) {
            const bool finite = std::abs(v[i]) <= most;
            const float value = finite ? v[i] : shift;
            const double d = static_cast<double>(value) - static_cast<double>(shift);
            sum[i] += d;
            squares[i] += d * d;
            low[i] = value < low[i] ? value : low[i];
            high[i] = value > high[i] ? value : high[i];
            count[i] += finite ? 1.0f : 0.0f;
        }
    for (std::size_t i = 0; i < lanes; ++i) {
        all.sum[i] += sum[i];
        all.squares[i] += squares[i];
        all.low[i] = std::min(all.low[i], low[i]);
        all.high[i] = std::max(all.high[i], high[i]);
        all.count[i] = count[i];
    }
}

}  // namespace

ChannelStatistics channel_statistics(std::span<const float> channel) {
    Lanes all;
    std::fill(std::begin(all.low), std::end(all.low), most);
    std::fill(std::begin(all.high), std::end(all.high), -most);
    const auto first = std::find_if(channel.begin(), channel.end(), [](float v) { return std::isfinite(v); });
    if (first == channel.end()) return {};
    ChannelStatistics result;
    double count = 0;
    constexpr std::size_t block = lanes << 20;
    const auto take = [&](const float* from, std::size_t groups) {
        add_groups(from, groups, *first, all);
        for (const auto c : all.count) count += static_cast<double>(c);
    };
    const auto whole = channel.size() / lanes * lanes;
    for (std::size_t at = 0; at < whole; at += block) take(channel.data() + at, std::min(block, whole - at) / lanes);
    std::array<float, lanes> tail;
    tail.fill(std::numeric_limits<float>::quiet_NaN());
    std::copy(channel.begin() + static_cast<std::ptrdiff_t>(whole), channel.end(), tail.begin());
    take(tail.data(), 1);
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < lanes; ++i) {
        sum += all.sum[i];
        squares += all.squares[i];
    }
    result.count = static_cast<std::size_t>(count);
    result.mean = static_cast<double>(*first) + sum / count;
    if (count > 1) result.sd = std::sqrt(std::max(squares - sum * (sum / count), 0.0) / (count - 1));
    result.low = *std::min_element(std::begin(all.low), std::end(all.low));
    result.high = *std::max_element(std::begin(all.high), std::end(all.high));
    return result;
}

}  // namespace cohort::augment
