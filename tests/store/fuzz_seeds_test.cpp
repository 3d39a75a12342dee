// The fuzzer's seeds, replayed: every finding becomes one.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "core/files.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

TEST_CASE("every seed of manifests and samples is read or refused with a sentence, and nothing else happens") {
    const char* const source = std::getenv("COHORT_SOURCE");
    const std::filesystem::path seeds = std::filesystem::path(source != nullptr ? source : ".") / "tests/fuzz-seeds";
    for (const char* kind : {"manifests", "samples"}) {
        std::size_t replayed = 0;
        for (const auto& entry : std::filesystem::directory_iterator(seeds / kind)) {
            const auto bytes = cohort::read_file(entry.path());
            CHECK(LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()) == 0);
            ++replayed;
        }
        CHECK(replayed >= 10);
    }
}
