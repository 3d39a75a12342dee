#include "store/run_record.h"

#include <catch2/catch.hpp>

using namespace cohort;
using namespace cohort::store;

TEST_CASE("times are RFC 3339 in UTC with milliseconds") {
    CHECK(rfc3339(Clock::time_point(std::chrono::milliseconds(1'709'210'096'007))) == "2024-02-29T12:34:56.007Z");
    CHECK(rfc3339(Clock::time_point()) == "1970-01-01T00:00:00.000Z");
}

TEST_CASE("absolute paths are reduced to their last component, everything else stays") {
    CHECK(without_absolute_paths("/home/ada/raw/a.nii is cut short.") == "a.nii is cut short.");
    CHECK(without_absolute_paths("--input=/data/x/") == "--input=x");
    CHECK(without_absolute_paths("read '/srv/a b' and (/tmp/q)") == "read 'a b' and (q)");
    CHECK(without_absolute_paths("raw/a.nii 3/4 https://host/x 5 mm/s") == "raw/a.nii 3/4 https://host/x 5 mm/s");
    CHECK(without_absolute_paths("in /home/Ada L/raw/a.nii: bad", {"/home/Ada L"}) == "in a.nii: bad");
    CHECK(without_absolute_paths("in /home/Ada L: bad", {"/home/Ada L"}) == "in Ada L: bad");
    CHECK(without_absolute_paths("/") == "/");
    CHECK(without_absolute_paths("") == "");
}

TEST_CASE("above identified, run.json names no host, no user and no absolute path") {
    RunRecord record;
    record.step = "ingest";
    record.version = "0.1.0";
    record.key = "sha256:00";
    record.warnings = {"/home/ada/raw/b.nii has no world"};
    record.command_line = {"/usr/bin/cohort-ingest", "--input", "/home/ada lovelace/raw", "--out=/scratch/x"};
    record.more = {
        {"note", "saw /home/ada lovelace/raw/c.nii"}, {"host", "babbage"}, {"nested", {{"at", Json::array({"/a/b"})}}}};
    const Json open = run_json(record, Privacy::identified);
    CHECK(open.contains("host"));
    CHECK(open["command_line"][2] == "/home/ada lovelace/raw");
    const Json closed = run_json(record, Privacy::pseudonymised);
    CHECK_FALSE(closed.contains("host"));
    CHECK_FALSE(closed.contains("user"));
    CHECK(closed["command_line"] == Json{"cohort-ingest", "--input", "raw", "--out=x"});
    CHECK(closed["warnings"] == Json{"b.nii has no world"});
    CHECK(closed["note"] == "saw c.nii");
    CHECK(closed["nested"]["at"] == Json{"b"});
    for (const char* word : {"/home", "ada", "babbage", "/scratch", "/usr"})
        CHECK(canonical_json(closed).find(word) == std::string::npos);
}
