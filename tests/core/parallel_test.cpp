#include "core/parallel.h"

#include <catch2/catch.hpp>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace cohort;

TEST_CASE("parallel_for visits every item once for any number of threads") {
    for (const unsigned threads : {1U, 2U, 5U}) {
        std::vector<std::atomic<int>> visits(1000);
        parallel_for(visits.size(), threads, [&](std::size_t i) { ++visits[i]; });
        for (const auto& count : visits) REQUIRE(count == 1);
    }
}

TEST_CASE("the failure of the lowest item is thrown, whatever fails first") {
    for (const unsigned threads : {1U, 4U}) {
        try {
            parallel_for(50, threads, [](std::size_t i) {
                if (i == 7) std::this_thread::sleep_for(std::chrono::milliseconds(20));
                if (i == 7 || i == 8 || i == 30) throw std::runtime_error(std::to_string(i));
            });
            FAIL("nothing was thrown");
        } catch (const std::runtime_error& error) {
            CHECK(std::string(error.what()) == "7");
        }
    }
}

TEST_CASE("ordered_for consumes in order and keeps at most `window` items in flight") {
    for (const unsigned threads : {1U, 2U, 4U}) {
        std::vector<std::size_t> seen;
        std::atomic<int> in_flight{0}, most{0};
        ordered_for(
            300, threads,
            [&](std::size_t i) {
                const int now = ++in_flight;
                int before = most;
                while (now > before && !most.compare_exchange_weak(before, now)) {
                }
                if (i % 17 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
                return i * i;
            },
            [&](std::size_t i, std::size_t square) {
                --in_flight;
                CHECK(square == i * i);
                seen.push_back(i);
            },
            3);
        REQUIRE(seen.size() == 300);
        CHECK(std::is_sorted(seen.begin(), seen.end()));
        CHECK(most <= 3);
    }
}

TEST_CASE("an ordered loop throws the lowest failure after consuming everything below it") {
    for (const unsigned threads : {1U, 3U}) {
        std::size_t consumed = 0;
        CHECK_THROWS_WITH(ordered_for(
                              100, threads,
                              [](std::size_t i) {
                                  if (i == 40) std::this_thread::sleep_for(std::chrono::milliseconds(10));
                                  if (i == 40 || i == 41) throw std::runtime_error("item " + std::to_string(i));
                                  return i;
                              },
                              [&](std::size_t, std::size_t) { ++consumed; }),
                          "item 40");
        CHECK(consumed == 40);
    }
}

TEST_CASE("failures of the source and of the sink end the loop too") {
    for (const unsigned threads : {1U, 3U}) {
        int n = 0;
        CHECK_THROWS_WITH(ordered_pipeline(threads, 0,
                                           [&]() -> std::optional<int> {
                                               if (n == 5) throw std::runtime_error("source");
                                               return n++;
                                           },
                                           [](int& i) { return i; }, [](int&, int) {}),
                          "source");
        CHECK_THROWS_WITH(ordered_for(10, threads, [](std::size_t i) { return i; },
                                      [](std::size_t i, std::size_t) {
                                          if (i == 3) throw std::runtime_error("sink");
                                      }),
                          "sink");
    }
}
