#include "learn/schedule.h"

#include <catch2/catch.hpp>

using namespace cohort::learn;

TEST_CASE("both schedules rise within the first hundredth, fall after it and end near nothing") {
    for (const auto schedule : {Schedule::cosine, Schedule::poly}) {
        const std::uint64_t n = 1000;
        CHECK(learning_rate(schedule, 1, 0, n) == Approx(0.1));
        for (std::uint64_t i = 10; i < n; ++i)
            CHECK(learning_rate(schedule, 1, i, n) <= learning_rate(schedule, 1, i - 1, n));
        CHECK(learning_rate(schedule, 1, n - 1, n) < 0.003);
        CHECK(learning_rate(schedule, 1, 0, 1) == 1);
    }
    CHECK(learning_rate(Schedule::cosine, 2, 500, 1000) == Approx(1));
    CHECK(learning_rate(Schedule::poly, 1, 500, 1000) == Approx(0.5358867));  // .5^.9
}
