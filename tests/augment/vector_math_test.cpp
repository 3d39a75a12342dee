#include "augment/vector_math.h"

#include <catch2/catch.hpp>
#include <cmath>

using namespace cohort::augment;

TEST_CASE("logarithm, power and circle agree with the library's in double") {
    double log_error = 0, power_error = 0, circle_error = 0;
    for (int i = 1; i < 200000; ++i) {
        const auto x = static_cast<float>(i) / 200000.0f;
        const auto turn = static_cast<double>(x);
        log_error = std::max(log_error, std::abs(log_of(x) - std::log(turn)) / (1e-3 + std::abs(std::log(turn))));
        for (const float p : {0.2f, 0.7f, 1.0f, 1.5f, 5.0f})
            power_error = std::max(power_error, std::abs(power_of(x, p) / std::pow(turn, static_cast<double>(p)) - 1));
        const auto at = circle_at(x);
        const auto angle = turn * 6.283185307179586;
        circle_error = std::max({circle_error, std::abs(at.cos - std::cos(angle)), std::abs(at.sin - std::sin(angle))});
    }
    CHECK(log_error < 4e-7);
    CHECK(power_error < 1e-5);
    CHECK(circle_error < 5e-7);
    CHECK(circle_at(0).cos == 1.0f);
    CHECK(power_of(1, 1.3f) == 1.0f);
    CHECK(power_of(0, 0.7f) < 2e-5f);
    CHECK(log_of(1) == 0.0f);
}
