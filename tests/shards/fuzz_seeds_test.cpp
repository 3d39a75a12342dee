#include <catch2/catch.hpp>

#include <cstdlib>

#include "core/files.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

TEST_CASE("every fuzz seed of shards is survived") {
    const char* source = std::getenv("COHORT_SOURCE");
    const std::filesystem::path folder = std::filesystem::path(source ? source : ".") / "tests/fuzz-seeds/shard";
    const auto seeds = cohort::list_tree(folder);
    CHECK(seeds.size() >= 10);
    for (const auto& seed : seeds) {
        INFO(seed.path);
        const auto bytes = cohort::read_file(folder / seed.path);
        LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    }
}
