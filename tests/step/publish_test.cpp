// What a run publishes and says.
#include <catch2/catch.hpp>

#include "tests/core/temporary_folder.h"
#include "core/files.h"
#include "core/json.h"
#include "run_process.h"
#include "store/manifest.h"
#include "store/raw_tree.h"
#include "store/sample.h"

using namespace cohort;
using namespace cohort::store;
namespace fs = std::filesystem;
using Catch::Contains;

TEST_CASE("a run publishes a whole artefact and prints one line of canonical JSON about it") {
    const TemporaryFolder folder;
    const Ended ended = probe(folder.path, {"--out", "data"});
    INFO(ended.err);
    REQUIRE(ended.code == 0);
    const Manifest manifest = read_manifest(folder.path / "data");
    CHECK(
        ended.out ==
        R"({"artefact":"data","content":{"samples":3},"counts":{"quarantined":0,"skipped":0,"sources":3},"digest":")" +
            manifest.digest.text() + R"(","kind":"dataset"})" + "\n");
    CHECK_THAT(ended.err,
               Contains("3 samples from 3 samples; 0 quarantined; 0 skipped") && Contains("a table for people"));
    CHECK(manifest.privacy == Privacy::identified);
    CHECK(manifest.made_by.step == "probe");
    CHECK(manifest.made_by.parameters == Json{{"behaviour", "write"}, {"count", 3}, {"parts", Json::array()}});
    CHECK(fs::exists(folder.path / "data/quarantine.jsonl"));
    CHECK_FALSE(fs::exists(folder.path / ".data.partial"));
    SampleReader reader(folder.path / "data/samples.jsonl", manifest.member("samples.jsonl", folder.path / "data"));
    int samples = 0;
    while (reader.next()) ++samples;
    CHECK(samples == 3);
}

TEST_CASE("threads, memory, messages and place change run.json and no other byte") {
    const TemporaryFolder folder;
    REQUIRE(probe(folder.path, {"--out", "a", "--threads", "1", "--seed", "5"}).code == 0);
    REQUIRE(
        probe(folder.path, {"--out", "deep/b", "--threads", "2", "--seed", "5", "--memory", "1 GiB", "--quiet",
                            "--delay-ms", "1", "--accept-quarantined", "all", "--progress", "json", "--png", "x.png"})
            .code == 0);
    for (const auto& entry : list_tree(folder.path / "a"))
        if (entry.path != "run.json")
            CHECK(text_in(folder.path / "a" / entry.path) == text_in(folder.path / "deep/b" / entry.path));
    REQUIRE(probe(folder.path, {"--out", "c", "--seed", "6"}).code == 0);
    CHECK(read_manifest(folder.path / "c").digest != read_manifest(folder.path / "a").digest);
}

TEST_CASE("run.json says when, where and with what, and above identified neither host nor user nor absolute path") {
    const TemporaryFolder folder;
    const std::string raw = (folder.path / "raw").string();
    write(folder.path / "raw/a.nii", "1");
    REQUIRE(
        probe(folder.path, {"--out", (folder.path / "open").string(), "--input", raw, "--behaviour", "warn"}).code ==
        0);
    const Json open = read_json(folder.path / "open/run.json");
    for (const char* name : {"key", "listing_key", "start", "end", "host", "user", "version"})
        CHECK(open[name].is_string());
    for (const char* name :
         {"duration_s", "threads", "memory_bytes", "cpu_s", "peak_rss_bytes", "bytes_in", "bytes_out"})
        CHECK(open[name].is_number());
    CHECK(open["peak_rss_bytes"].get<double>() > 1e6);
    CHECK(open["warnings"] == Json{"/home/ada/raw/a.nii has no world."});
    CHECK(open["command_line"][4] == raw);
    REQUIRE(probe(folder.path, {"--out", (folder.path / "closed").string(), "--input", raw, "--behaviour", "warn",
                                "--privacy", "anonymous"})
                .code == 0);
    const std::string closed = text_in(folder.path / "closed/run.json");
    CHECK(closed.find("\"/") == std::string::npos);
    CHECK(closed.find(folder.path.string()) == std::string::npos);
    CHECK(closed.find("/home") == std::string::npos);
    CHECK(closed.find("\"host\"") == std::string::npos);
    CHECK(read_manifest(folder.path / "closed").privacy == Privacy::anonymous);
}

TEST_CASE("an output is never more private than its inputs, and may be less") {
    const TemporaryFolder folder;
    REQUIRE(probe(folder.path, {"--out", "low", "--privacy", "identified"}).code == 0);
    REQUIRE(probe(folder.path, {"--out", "high", "--privacy", "anonymous", "--count", "4"}).code == 0);
    const auto level_of = [&](const Words& words) {
        Words all = words;
        all.insert(all.end(), {"--out", "next"});
        fs::remove_all(folder.path / "next");
        REQUIRE(probe(folder.path, all).code == 0);
        return read_manifest(folder.path / "next").privacy;
    };
    CHECK(level_of({"--dataset", "high"}) == Privacy::anonymous);
    CHECK(level_of({"--parts", "high,low"}) == Privacy::identified);
    CHECK(level_of({"--dataset", "low", "--privacy", "anonymous"}) == Privacy::identified);
    CHECK(level_of({"--dataset", "high", "--privacy", "pseudonymised"}) == Privacy::pseudonymised);
}

TEST_CASE("inputs stand in the manifest by name, kind and digest, paths by digests only") {
    const TemporaryFolder folder;
    write(folder.path / "raw/a.nii", "1");
    write(folder.path / "raw/b/c.nii", "22");
    write(folder.path / "labels/a.nii", "3");
    REQUIRE(probe(folder.path, {"--out", "one"}).code == 0);
    REQUIRE(probe(folder.path, {"--out", "two", "--count", "5"}).code == 0);
    REQUIRE(probe(folder.path,
                  {"--out", "out", "--parts", "one,two", "--input", "raw", "--labels", "labels", "--given", "absent"})
                .code == 0);
    const Manifest manifest = read_manifest(folder.path / "out");
    const std::string one = read_manifest(folder.path / "one").digest.text(),
                      two = read_manifest(folder.path / "two").digest.text();
    const std::string raw = raw_digest(hash_raw_tree(folder.path / "raw", 1)).text();
    const std::string labels = raw_digest(hash_raw_tree(folder.path / "labels", 1)).text();
    CHECK(manifest.made_by.inputs == std::vector<InputRecord>{{"parts[0]", "dataset", one},
                                                              {"parts[1]", "dataset", two},
                                                              {"input", "raw", raw},
                                                              {"labels", "raw", labels}});
    CHECK(manifest.made_by.parameters["input"] == raw);
    CHECK(manifest.made_by.parameters["given"].is_null());
    CHECK(manifest.made_by.parameters["parts"] == Json{one, two});
    const auto sources = read_sources(folder.path / "out/sources.jsonl");
    REQUIRE(sources.size() == 3);
    CHECK(sources[1] == SourceFile{"b/c.nii", 2, sha256("22"), "input"});
    CHECK(sources[2] == SourceFile{"a.nii", 1, sha256("3"), "labels"});
}

TEST_CASE("quarantined inputs beyond what is accepted end with 8, published; a larger acceptance takes what stands") {
    const TemporaryFolder folder;
    const Words words{"--out", "data", "--behaviour", "quarantine"};
    const Ended first = probe(folder.path, words);
    CHECK(first.code == 8);
    CHECK_THAT(first.err,
               Contains("3 samples from 6 samples; 2 quarantined; 1 skipped") && Contains("data/quarantine.jsonl"));
    const Manifest manifest = read_manifest(folder.path / "data");
    CHECK(manifest.counts.quarantined == 2);
    CHECK(manifest.counts.skipped == 1);
    CHECK(
        text_in(folder.path / "data/quarantine.jsonl")
            .starts_with(
                R"({"details":{},"message":"it holds nothing.","reason":"empty-file","source":"a.nii","stage":"probe"})"));
    const auto again = [&](const std::string& accepted) {
        Words all = words;
        all.insert(all.end(), {"--accept-quarantined", accepted});
        const Ended ended = probe(folder.path, all);
        CHECK_THAT(ended.err, Contains("up to date"));
        return ended.code;
    };
    CHECK(again("1") == 8);
    CHECK(again("2") == 0);
    CHECK(again("10%") == 8);
    CHECK(again("34%") == 0);
    CHECK(again("all") == 0);
    CHECK(probe(folder.path, words).out == first.out);
}

TEST_CASE("the driver's record says how the run ended, whichever way it did") {
    const TemporaryFolder folder;
    const Environment environment{{"COHORT_RUN_RECORD", "record.json"}};
    REQUIRE(probe(folder.path, {"--out", "data"}, environment).code == 0);
    const Json done = read_json(folder.path / "record.json");
    CHECK(done["exit"] == 0);
    CHECK(done["digest"] == read_manifest(folder.path / "data").digest.text());
    CHECK(done["counts"] == Json{{"sources", 3}, {"quarantined", 0}, {"skipped", 0}});
    for (const char* name : {"peak_rss", "cpu_s", "wall_s"}) CHECK(done[name].is_number());
    REQUIRE(probe(folder.path, {"--out", "x", "--behaviour", "throw"}, environment).code == 3);
    const Json failed = read_json(folder.path / "record.json");
    CHECK(failed["exit"] == 3);
    CHECK(failed["message"] == "a.nii: it is cut short. [while doing what was asked]");
    CHECK(failed["digest"].is_null());
    REQUIRE(probe(folder.path, {"--outt", "x"}, environment).code == 2);
    CHECK(read_json(folder.path / "record.json")["exit"] == 2);
}

TEST_CASE("a dry run checks, says what it would do, and writes nothing") {
    const TemporaryFolder folder;
    const Ended ended = probe(folder.path, {"--out", "data", "--dry-run"});
    CHECK(ended.code == 0);
    CHECK_THAT(ended.err, Contains("would write a dataset to data"));
    CHECK(parse_json(ended.out, "stdout")["key"].is_string());
    CHECK(fs::is_empty(folder.path));
    CHECK(probe(folder.path, {"--out", "data", "--dry-run", "--behaviour", "invalid"}).code == 2);
    REQUIRE(probe(folder.path, {"--out", "data"}).code == 0);
    CHECK_THAT(probe(folder.path, {"--out", "data", "--dry-run"}).err, Contains("would do nothing"));
}

TEST_CASE("help, describe and version go to stdout without an output") {
    const TemporaryFolder folder;
    CHECK_THAT(probe(folder.path, {"--help"}).out, Contains("--behaviour"));
    CHECK(parse_json(probe(folder.path, {"--describe"}).out, "stdout").is_object());
    CHECK(probe(folder.path, {"--version"}).code == 0);
}
