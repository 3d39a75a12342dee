// kill -9 at seeded random moments, then the same command.
#include <catch2/catch.hpp>
#include <csignal>
#include <random>
#include <thread>

#include "tests/core/temporary_folder.h"
#include "core/files.h"
#include "run_process.h"
#include "store/manifest.h"

using namespace cohort;
namespace fs = std::filesystem;

TEST_CASE("after kill -9 at any moment the same command gives the undisturbed result, with nothing to clean by hand") {
    const TemporaryFolder folder;
    REQUIRE(probe(folder.path, {"--out", "undisturbed", "--count", "20"}).code == 0);
    const auto expected = store::read_manifest(folder.path / "undisturbed");
    std::mt19937 random(4711);
    int killed_before_the_end = 0;
    for (int round = 0; round < 40; ++round) {
        const bool replacing = round % 3 == 2;
        fs::remove_all(folder.path / "data");
        if (replacing) REQUIRE(probe(folder.path, {"--out", "data", "--count", "2"}).code == 0);
        Words words{"--out", "data", "--count", "20", "--delay-ms", "1"};
        if (replacing) words.push_back("--force");
        {
            Process process(folder.path, words);
            std::this_thread::sleep_for(std::chrono::microseconds(random() % 60'000));
            process.kill(SIGKILL);
            killed_before_the_end += process.wait().code != 0;
        }
        INFO("round " << round);
        if (fs::exists(folder.path / "data")) {
            const auto seen = store::read_manifest(folder.path / "data");
            CHECK((seen.digest == expected.digest || (replacing && seen.content["samples"] == 2)));
        }
        const Ended again = probe(folder.path, words);
        INFO(again.err);
        CHECK(again.code == 0);
        for (const auto& entry : list_tree(folder.path / "undisturbed"))
            if (entry.path != "run.json")
                CHECK(text_in(folder.path / "undisturbed" / entry.path) == text_in(folder.path / "data" / entry.path));
        CHECK(list_tree(folder.path / "data").size() == list_tree(folder.path / "undisturbed").size());
        CHECK_FALSE(fs::exists(folder.path / ".data.partial"));
        CHECK_FALSE(fs::exists(folder.path / ".data.old"));
    }
    CHECK(killed_before_the_end > 10);
}
