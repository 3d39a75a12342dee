// Stopping: by signals, by the driver's death, by impatience.
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <thread>

#include "tests/core/temporary_folder.h"
#include "core/json.h"
#include "run_process.h"
#include "store/manifest.h"

using namespace cohort;
namespace fs = std::filesystem;
using Catch::Contains;

TEST_CASE("each of three signals saves the state, ends with 75, and the same command goes on from there") {
    const int signal = GENERATE(SIGTERM, SIGINT, SIGUSR1);
    const TemporaryFolder folder;
    const Words words{"--out", "data", "--behaviour", "wait"};
    Process process(folder.path, words, {{"COHORT_RUN_RECORD", "record.json"}});
    REQUIRE(process.wait_for_text("waiting"));
    process.kill(signal);
    const Ended stopped = process.wait();
    CHECK(stopped.code == 75);
    CHECK_THAT(stopped.err, Contains("the same command goes on"));
    CHECK_FALSE(fs::exists(folder.path / "data"));
    CHECK(text_in(folder.path / ".data.partial/state") == "half");
    CHECK(read_json(folder.path / "record.json")["exit"] == 75);
    REQUIRE(probe(folder.path, words).code == 0);
    const auto went_on = store::read_manifest(folder.path / "data").digest;
    CHECK_FALSE(fs::exists(folder.path / "data/state"));
    REQUIRE(probe(folder.path, {"--out", "undisturbed"}).code == 0);
    CHECK(went_on == store::read_manifest(folder.path / "undisturbed").digest);
}

TEST_CASE("a second SIGINT ends at once") {
    const TemporaryFolder folder;
    Process process(folder.path, {"--out", "data", "--behaviour", "stubborn"});
    for (int i = 0; i < 1000 && !fs::exists(folder.path / ".data.partial/key"); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    process.kill(SIGINT);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    process.kill(SIGINT);
    CHECK(process.wait().code == 128 + SIGINT);
}

TEST_CASE("a run whose driver is dead does not begin, and one whose driver dies is asked to stop") {
    const TemporaryFolder folder;
    CHECK(probe(folder.path, {"--out", "data"}, {{"COHORT_PARENT", "1"}}).code == 75);
    CHECK_FALSE(fs::exists(folder.path / "data"));
    CHECK(probe(folder.path, {"--out", "data"}, {{"COHORT_PARENT", std::to_string(::getpid())}}).code == 0);

    const pid_t driver = ::fork();
    if (driver == 0) {
        ::setenv("COHORT_PARENT", std::to_string(::getpid()).c_str(), 1);
        ::setenv("COHORT_RUN_RECORD", (folder.path / "record.json").c_str(), 1);
        Process process(folder.path, {"--out", "waiting", "--behaviour", "wait"});
        process.wait_for_text("waiting");
        ::_exit(0);  // without waiting for it
    }
    ::waitpid(driver, nullptr, 0);
    for (int i = 0; i < 1000 && !fs::exists(folder.path / "record.json"); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    REQUIRE(fs::exists(folder.path / "record.json"));
    CHECK(read_json(folder.path / "record.json")["exit"] == 75);
}
