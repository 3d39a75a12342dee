#include "core/philox.h"

#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

using namespace cohort;

TEST_CASE("philox4x32-10 gives the known answers of Random123's kat_vectors") {
    CHECK(philox4x32_10({0, 0, 0, 0}, {0, 0}) == std::array<std::uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    CHECK(philox4x32_10({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}) ==
          std::array<std::uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    CHECK(philox4x32_10({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
          std::array<std::uint32_t, 4>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("a stream depends on seed, purpose and item, and on nothing else") {
    RandomStream a(7, "noise", 3), again(7, "noise", 3), other_item(7, "noise", 4), other_purpose(7, "shift", 3), other_seed(8, "noise", 3);
    std::set<std::uint64_t> firsts{RandomStream(7, "noise", 3).next_u64(), other_item.next_u64(), other_purpose.next_u64(), other_seed.next_u64()};
    CHECK(firsts.size() == 4);
    for (int i = 0; i < 100; ++i) CHECK(a.next_u32() == again.next_u32());
}

TEST_CASE("filling with words gives what single draws give, from any place in the stream") {
    for (const std::size_t skipped : {0u, 1u, 3u, 4u, 66u})
        for (const std::size_t count : {0u, 1u, 5u, 64u, 200u, 1000u}) {
            RandomStream one(7, "noise", (std::uint64_t{5} << 40) + 3), all(7, "noise", (std::uint64_t{5} << 40) + 3);
            for (std::size_t i = 0; i < skipped; ++i) CHECK(one.next_u32() == all.next_u32());
            std::vector<std::uint32_t> words(count);
            all.fill(words);
            for (const auto word : words) REQUIRE(word == one.next_u32());
            CHECK(one.next_u64() == all.next_u64());
        }
}

TEST_CASE("below(n) reaches every value about equally often and never n") {
    RandomStream random(1, "test", 0);
    std::array<int, 7> counts{};
    for (int i = 0; i < 70000; ++i) ++counts.at(random.below(7));
    for (const int count : counts) CHECK((count > 9500 && count < 10500));
}

TEST_CASE("normal() has mean 0 and SD 1, uniform() stays in [0, 1)") {
    RandomStream random(2, "test", 0);
    double sum = 0, squares = 0;
    constexpr int n = 200000;
    for (int i = 0; i < n; ++i) {
        const double x = random.normal(), u = random.uniform();
        sum += x, squares += x * x;
        REQUIRE((u >= 0 && u < 1));
    }
    CHECK(std::abs(sum / n) < 0.01);
    CHECK(std::abs(squares / n - 1) < 0.02);
}

TEST_CASE("items are numbered by name and copy, not by order") {
    CHECK(item_of("sub-01", 0) != item_of("sub-01", 1));
    CHECK(item_of("sub-01", 0) == item_of("sub-01"));
}
