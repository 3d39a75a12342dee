// How a run fails: sentence, exit code, nothing half-written.
#include <sys/mount.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "tests/core/temporary_folder.h"
#include "core/json.h"
#include "run_process.h"
#include "step/failure.h"
#include "store/manifest.h"

using namespace cohort;
namespace fs = std::filesystem;
using Catch::Contains;

TEST_CASE("whatever a step throws becomes its exit code and one sentence with its chain") {
    const TemporaryFolder folder;
    const auto says = [&](const std::string& behaviour, int code) {
        const Ended ended = probe(folder.path, {"--out", "data", "--behaviour", behaviour});
        CHECK(ended.code == code);
        CHECK_FALSE(fs::exists(folder.path / "data"));
        CHECK(ended.out.empty());
        return ended.err;
    };
    CHECK_THAT(says("throw", 3), Contains("cohort-probe: a.nii: it is cut short. [while doing what was asked]"));
    CHECK_THAT(says("refuse", 7), Contains("privacy"));
    CHECK_THAT(says("logic", 1), Contains("please report it") && Contains("vector"));
    CHECK_THAT(says("memory", 5), Contains("--memory") && Contains("--threads"));
    CHECK_THAT(says("invalid", 2),
               Contains("--count: it does not suit the dataset.") && Contains("nothing suits anything."));
}

TEST_CASE("a path that the system refuses is an input's fault, or the output's where it belongs to --out, never a bug") {
    const auto ending = [](const fs::path& path, std::errc why, const fs::path& out) {
        return step::ending_of(std::make_exception_ptr(fs::filesystem_error("cannot", path, std::make_error_code(why))),
                               1000, out);
    };
    for (const auto why : {std::errc::filename_too_long, std::errc::not_a_directory, std::errc::permission_denied,
                           std::errc::too_many_symbolic_link_levels, std::errc::no_such_file_or_directory}) {
        CHECK(ending("raw/x", why, "work/out").code == Exit::bad_input);
        CHECK(ending("raw/x", why, "").code == Exit::bad_input);
        CHECK(ending("work/other", why, "work/out").code == Exit::bad_input);
        for (const char* ours : {"work/out", "work/out/samples.jsonl", "work/.out.partial/key", "./work/../work/.out.old"})
            CHECK(ending(ours, why, "work/out/").code == Exit::output);
    }
    CHECK(ending("raw/x", std::errc::no_space_on_device, "out").code == Exit::resources);
    CHECK(ending("raw/x", std::errc::read_only_file_system, "out").code == Exit::output);
    const auto said = ending("raw/a\x1b[2J\nb", std::errc::not_a_directory, "out").message;
    CHECK_THAT(said, Contains("'raw/a\\x1b[2J\\x0ab'") && Contains("Not a directory") && !Contains("filesystem error"));
}

TEST_CASE("inputs that are missing, unfinished, damaged or of another kind are exit 3 and named") {
    const TemporaryFolder folder;
    const auto says = [&](const Words& words) {
        Words all{"--out", "data"};
        all.insert(all.end(), words.begin(), words.end());
        const Ended ended = probe(folder.path, all);
        CHECK(ended.code == 3);
        return ended.err;
    };
    CHECK_THAT(says({"--dataset", "absent"}), Contains("absent does not exist"));
    CHECK_THAT(says({"--input", "nowhere"}), Contains("--input nowhere does not exist"));
    fs::create_directories(folder.path / "plain");
    CHECK_THAT(says({"--dataset", "plain"}), Contains("no artefact"));
    write(folder.path / "plain/manifest.json", "{\"format\":1,");
    CHECK_THAT(says({"--dataset", "plain"}), Contains("plain/manifest.json"));
    store::Manifest split;
    split.kind = "split";
    split.made_by.step = "partition";
    split.digest = store::content_digest(split, {});
    write(folder.path / "plain/manifest.json", canonical_json(store::to_json(split)));
    CHECK_THAT(says({"--dataset", "plain"}), Contains("is of kind split; dataset is wanted"));
    CHECK(probe(folder.path, {"--out", "data", "--parts", "plain"}).code == 0);
}

TEST_CASE("a command line that is wrong is exit 2 and writes nothing") {
    const TemporaryFolder folder;
    CHECK(probe(folder.path, {"--out", "data", "--count", "many"}).code == 2);
    CHECK(probe(folder.path, {"--out", "data", "--cuont", "3"}).code == 2);
    CHECK(probe(folder.path, {}).code == 2);
    CHECK(fs::is_empty(folder.path));
}

TEST_CASE("a place that cannot be written is exit 6") {
    const TemporaryFolder folder;
    write(folder.path / "file", "x");
    for (const char* out : {"file/data", "/proc/data", "/"}) {
        const Ended ended = probe(folder.path, {"--out", out});
        INFO(ended.err);
        CHECK(ended.code == 6);
    }
}

TEST_CASE("a file-size limit ends a run with a sentence, not with a signal") {
    const TemporaryFolder folder;
    Process process(folder.path, {"--out", "data", "--behaviour", "fill"}, {}, 1 << 20);
    const Ended ended = process.wait();
    INFO(ended.err);
    CHECK((ended.code == 5 || ended.code == 6));
    CHECK_FALSE(fs::exists(folder.path / "data"));
}

TEST_CASE("a full disk is exit 5, and the same command goes through once there is room") {
    const TemporaryFolder folder;
    const auto disk = folder.path / "disk";
    fs::create_directories(disk);
    if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=8m") != 0) {
        WARN("skipped: a small file system cannot be mounted here");
        return;
    }
    const Words words{"--out", (disk / "data").string(), "--behaviour", "fill"};
    const Ended full = probe(folder.path, words);
    CHECK(full.code == 5);
    CHECK_THAT(full.err, Contains("No space left"));
    CHECK_FALSE(fs::exists(disk / "data"));
    REQUIRE(::mount("tmpfs", disk.c_str(), "tmpfs", MS_REMOUNT, "size=256m") == 0);
    CHECK(probe(folder.path, words).code == 0);
    CHECK(store::read_manifest(disk / "data").kind == "dataset");
    ::umount(disk.c_str());
}
