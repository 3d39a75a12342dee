#include <catch2/catch.hpp>

#include "cli/terminal.h"
#include "core/json.h"

using namespace cohort;
using namespace cohort::cli;

namespace {

const Progress::Snapshot halfway = {"reading", "samples", 50, 100, 2, 1000, "loss .31"};

}  // namespace

TEST_CASE("a line says done, total, rate, time left and what is quarantined") {
    CHECK(progress_line(halfway, 25, false) ==
          "reading: 50 of 100 samples (50 %), 2.00/s, 0:25 left, 2 quarantined, loss .31");
    CHECK(progress_line(halfway, 25, true) == "reading: 50 of 100 samples in 0:25, 2 quarantined, loss .31");
}

TEST_CASE("nothing is promised that is not known") {
    CHECK(progress_line({"listing", "files", 7, 0, 0, 0, ""}, 0, false) == "listing: 7 files");
    CHECK(progress_line({"listing", "files", 7, 0, 0, 0, ""}, 1e-6, false) == "listing: 7 files");
    CHECK(progress_line({"listing", "files", 0, 9, 0, 0, ""}, 3, false) == "listing: 0 of 9 files (0 %)");
    CHECK(progress_line({"x", "", 12, 10, 0, 0, ""}, 6, false) == "x: 12 of 10 (100 %), 2.00/s, 0:00 left");
    const auto json = parse_json(progress_json({"x", "", 0, 0, 0, 0, ""}, 0, false), "line");
    CHECK(json["total"].is_null());
    CHECK(json["left_s"].is_null());
}

TEST_CASE("long times show hours") {
    CHECK(progress_line({"x", "", 1, 2, 0, 0, ""}, 3661, false) == "x: 1 of 2 (50 %), 0.000/s, 1:01:01 left");
}

TEST_CASE("a bar never leaves its width, also amid many-byte characters") {
    Progress::Snapshot now = halfway;
    now.note = "Verlust ½ größer äöü äöü äöü";
    for (std::size_t width = 0; width < 130; ++width) {
        const auto bar = progress_bar(now, 25, width);
        std::size_t columns = 0;
        for (const char c : bar) columns += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
        CHECK(columns <= width);
        CHECK_NOTHROW(canonical_json(bar));  // still whole UTF-8
    }
    CHECK(progress_bar(halfway, 25, 200).starts_with("reading [##########..........] 50 of 100 samples"));
}

TEST_CASE("progress as JSON has the numbers as numbers") {
    const auto json = parse_json(progress_json(halfway, 25, true), "line");
    CHECK(json["done"] == 50);
    CHECK(json["total"] == 100);
    CHECK(json["per_second"] == 2);
    CHECK(json["left_s"] == 25);
    CHECK(json["quarantined"] == 2);
    CHECK(json["finished"] == true);
}
