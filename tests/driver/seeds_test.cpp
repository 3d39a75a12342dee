// Every seed of the pipeline fuzzer is a graph or an Error(usage).
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "core/files.h"
#include "memory_world.h"

TEST_CASE("every seed of the pipeline fuzzer is a graph or a refusal with its sentence") {
    const char* source = std::getenv("COHORT_SOURCE");
    const std::filesystem::path folder =
        std::filesystem::path(source != nullptr ? source : ".") / "tests/fuzz-seeds/pipeline";
    REQUIRE(std::filesystem::is_directory(folder));
    std::size_t seeds = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        INFO(entry.path().string());
        ++seeds;
        const std::string said =
            cohort::driver::memory::refusal_of(cohort::read_text(entry.path()), {{"data", "images"}, {"folds", "0,1"}});
        CHECK_FALSE(said.starts_with("wrong code"));
    }
    CHECK(seeds >= 10);
}
