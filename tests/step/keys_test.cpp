// When a run reuses what stands, and when it refuses to touch it.
#include <fcntl.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "tests/core/temporary_folder.h"
#include "run_process.h"
#include "store/manifest.h"

using namespace cohort::store;
namespace fs = std::filesystem;
using Catch::Contains;

namespace {

void set_old_time(const fs::path& file) {
    const timespec times[2] = {{1'600'000'000, 0}, {1'600'000'000, 0}};
    REQUIRE(::utimensat(AT_FDCWD, file.c_str(), times, 0) == 0);
}

}  // namespace

TEST_CASE("the same command again says so and does nothing, also under --force") {
    const TemporaryFolder folder;
    REQUIRE(probe(folder.path, {"--out", "data"}).code == 0);
    const auto written = fs::last_write_time(folder.path / "data/manifest.json");
    for (const Words& words :
         {Words{"--out", "data"}, Words{"--out", "data/", "--threads", "2"}, Words{"--out", "data", "--force"}}) {
        const Ended again = probe(folder.path, words);
        CHECK(again.code == 0);
        CHECK_THAT(again.err, Contains("up to date"));
        CHECK(fs::last_write_time(folder.path / "data/manifest.json") == written);
    }
}

TEST_CASE("what was made otherwise is kept with exit 6, and replaced under --force") {
    const TemporaryFolder folder;
    REQUIRE(probe(folder.path, {"--out", "data"}).code == 0);
    const auto before = read_manifest(folder.path / "data").digest;
    const Ended refused = probe(folder.path, {"--out", "data", "--count", "4"});
    CHECK(refused.code == 6);
    CHECK_THAT(refused.err, Contains("data stands already") && Contains("--force"));
    CHECK(read_manifest(folder.path / "data").digest == before);
    CHECK_FALSE(fs::exists(folder.path / ".data.partial"));
    REQUIRE(probe(folder.path, {"--out", "data", "--count", "4", "--force"}).code == 0);
    CHECK(read_manifest(folder.path / "data").content["samples"] == 4);
}

TEST_CASE("somebody else's folder is never replaced, not even under --force") {
    const TemporaryFolder folder;
    write(folder.path / "home/thesis.tex", "years");
    for (const Words& words : {Words{"--out", "home"}, Words{"--out", "home", "--force"}})
        CHECK(probe(folder.path, words).code == 6);
    CHECK(text_in(folder.path / "home/thesis.tex") == "years");
}

TEST_CASE("a damaged artefact is not taken for the same, and can be replaced") {
    const TemporaryFolder folder;
    REQUIRE(probe(folder.path, {"--out", "data"}).code == 0);
    std::string text = text_in(folder.path / "data/manifest.json");
    text.replace(text.find("\"samples\":3"), 11, "\"samples\":4");
    write(folder.path / "data/manifest.json", text);
    const Ended refused = probe(folder.path, {"--out", "data"});
    CHECK(refused.code == 6);
    CHECK_THAT(refused.err, Contains("damaged"));
    CHECK(probe(folder.path, {"--out", "data", "--force"}).code == 0);
    CHECK(read_manifest(folder.path / "data").content["samples"] == 3);
}

TEST_CASE("raw inputs that were touched are read and found the same; changed ones are not the same") {
    const TemporaryFolder folder;
    write(folder.path / "raw/a.nii", "1");
    const Words words{"--out", "data", "--input", "raw"};
    REQUIRE(probe(folder.path, words).code == 0);
    CHECK(probe(folder.path, words).err.find("reading the raw inputs") == std::string::npos);
    set_old_time(folder.path / "raw/a.nii");
    const Ended touched = probe(folder.path, words);
    CHECK(touched.code == 0);
    CHECK_THAT(touched.err, Contains("reading the raw inputs") && Contains("up to date"));
    fs::rename(folder.path / "raw", folder.path / "moved");
    CHECK(probe(folder.path, {"--out", "data", "--input", "moved"}).code == 0);
    write(folder.path / "moved/a.nii", "2");
    CHECK(probe(folder.path, {"--out", "data", "--input", "moved"}).code == 6);
}

TEST_CASE("an input that is renamed stays the same, one of other content does not") {
    const TemporaryFolder folder;
    REQUIRE(probe(folder.path, {"--out", "in"}).code == 0);
    REQUIRE(probe(folder.path, {"--out", "out", "--dataset", "in"}).code == 0);
    fs::rename(folder.path / "in", folder.path / "renamed");
    CHECK(probe(folder.path, {"--out", "out", "--dataset", "renamed"}).code == 0);
    REQUIRE(probe(folder.path, {"--out", "other", "--seed", "9"}).code == 0);
    CHECK(probe(folder.path, {"--out", "out", "--dataset", "other"}).code == 6);
}
