#include "learn/loader.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>

using namespace cohort::learn;

TEST_CASE("batches come in order for any number of threads, and are never made further ahead than asked") {
    const auto threads = GENERATE(1u, 2u, 5u);
    std::atomic<std::uint64_t> taken{3}, furthest{0};
    Loader loader(
        [&](std::uint64_t i, Batch& batch) {
            if (i % 3 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
            auto seen = furthest.load();
            while (seen < i && !furthest.compare_exchange_weak(seen, i)) {
            }
            CHECK(i < taken + 4 + 1);
            batch.iteration = i;
            batch.image.assign(4, static_cast<float>(i));
        },
        3, 60, threads, 4);
    for (std::uint64_t i = 3; i < 60; ++i) {
        auto batch = loader.next();
        ++taken;
        CHECK(batch->iteration == i);
        CHECK(batch->image[3] == static_cast<float>(i));
        loader.recycle(std::move(batch));
    }
}

TEST_CASE("what the making of a batch throws is thrown where it is taken, not before") {
    Loader loader(
        [](std::uint64_t i, Batch& batch) {
            if (i == 2) throw std::runtime_error("second");
            batch.iteration = i;
        },
        0, 10, 3, 8);
    CHECK(loader.next()->iteration == 0);
    CHECK(loader.next()->iteration == 1);
    CHECK_THROWS_WITH(loader.next(), "second");
}

TEST_CASE("a loader that is given up with batches under way ends at once") {
    for (int i = 0; i < 20; ++i) {
        Loader loader([](std::uint64_t, Batch&) { std::this_thread::sleep_for(std::chrono::microseconds(200)); }, 0,
                      1000000, 2, 4);
        loader.next();
    }
}
