#include "core/memory_budget.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "core/error.h"
#include "core/parallel.h"

using namespace cohort;

TEST_CASE("no more than the budget is ever reserved, and everyone gets a turn") {
    const MemoryBudget budget(100);
    std::atomic<int> held{0}, most{0};
    parallel_for(200, 4, [&](std::size_t i) {
        const int want = 20 + static_cast<int>(i % 60);
        const auto reservation = budget.reserve(static_cast<std::uint64_t>(want), "an image");
        const int now = held += want;
        int before = most;
        while (now > before && !most.compare_exchange_weak(before, now)) {
        }
        std::this_thread::yield();
        held -= want;
    });
    CHECK(most <= 100);
    CHECK(held == 0);
}

TEST_CASE("what never fits is refused at once, naming itself and --memory") {
    const MemoryBudget budget(1000);
    try {
        (void)budget.reserve(1001, "The volume of sub-01");
        FAIL("was granted");
    } catch (const Error& error) {
        CHECK(error.code() == Exit::resources);
        CHECK(std::string(error.what()).find("sub-01") != std::string::npos);
        CHECK(std::string(error.what()).find("--memory") != std::string::npos);
    }
}
