#include "learn/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace cohort::learn {

double learning_rate(Schedule schedule, double base, std::uint64_t iteration, std::uint64_t iterations) {
    const auto done = static_cast<double>(iteration) / static_cast<double>(iterations);
    const auto decayed = schedule == Schedule::cosine ? base * (1 + std::cos(std::numbers::pi * done)) / 2
                                                      : base * std::pow(1 - done, 0.9);
    const auto rise = static_cast<double>(std::min<std::uint64_t>(iterations / 100, 50));
    return decayed * std::min(1.0, static_cast<double>(iteration + 1) / std::max(rise, 1.0));
}

}  // namespace cohort::learn
