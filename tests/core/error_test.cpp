#include "core/error.h"

#include <catch2/catch.hpp>

#include "core/checked_math.h"
#include "core/log.h"
#include "core/quarantine.h"

using namespace cohort;

TEST_CASE("an error carries its chain, innermost first") {
    try {
        within([] { return std::string("ingesting data/raw"); },
               [] { within([] { return std::string("reading sub-12"); }, [] { throw Error(Exit::bad_input, "a.nii: it is cut short."); }); });
        FAIL("nothing was thrown");
    } catch (const Error& error) {
        CHECK(error.code() == Exit::bad_input);
        CHECK(std::string(error.what()) == "a.nii: it is cut short. [while reading sub-12, while ingesting data/raw]");
    }
}

TEST_CASE("no message carries what a terminal would obey, whatever names stand in it") {
    const std::string name = "a\x1b[2J\x07\xff.nii\r";
    Error error(Exit::bad_input, name + ": bad.\n\tsecond line");
    error.add_context("reading " + name);
    CHECK(std::string(error.what()) == "a\\x1b[2J\\x07\\xff.nii\\x0d: bad.\n\tsecond line "
                                       "[while reading a\\x1b[2J\\x07\\xff.nii\\x0d]");
    CHECK(error.sentence().find('\x1b') == std::string::npos);
    Log log;
    std::string seen;
    log.add_sink([&](Level, const std::string& text) { seen = text; });
    log.warn("skipped " + name);
    CHECK(seen == "skipped a\\x1b[2J\\x07\\xff.nii\\x0d");
    CHECK(log.warnings() == std::vector<std::string>{seen});
}

TEST_CASE("a slip of the finger finds the name that was meant, nonsense finds none") {
    const std::vector<std::string> known{"folds", "group", "dataset", "seed"};
    CHECK(did_you_mean("fodls", known) == "did you mean 'folds'? ");
    CHECK(did_you_mean("datset", known) == "did you mean 'dataset'? ");
    CHECK(did_you_mean("zzzzzz", known).empty());
}

TEST_CASE("products that would wrap are nothing") {
    CHECK(checked_product({3, 4, 5}) == 60);
    CHECK(checked_product({}) == 1);
    CHECK_FALSE(checked_product({INT64_MAX, 2}));
    CHECK_FALSE(checked_product({1000000, 1000000, 1000000, 1000000}));
    CHECK_FALSE(checked_product({-1, 2}));
}

TEST_CASE("sizes are read and written as people write them") {
    CHECK(parse_bytes("4096") == 4096);
    CHECK(parse_bytes("6 GiB") == std::uint64_t{6} << 30);
    CHECK(parse_bytes("512M") == std::uint64_t{512} << 20);
    CHECK(parse_bytes("1.5k") == 1536);
    CHECK_FALSE(parse_bytes("-1"));
    CHECK_FALSE(parse_bytes("many"));
    CHECK_FALSE(parse_bytes("3 parsecs"));
    CHECK_FALSE(parse_bytes("nan"));
    CHECK(human_bytes(17) == "17 bytes");
    CHECK(human_bytes(1536) == "1.5 KiB");
    CHECK(human_bytes(std::uint64_t{150} << 20) == "150 MiB");
}

TEST_CASE("reason words are unique, kebab-case and explained") {
    std::string last;
    for (const auto& reason : all_reasons()) {
        INFO(reason.word);
        CHECK(reason.word.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string_view::npos);
        CHECK(reason.about.ends_with("."));
        CHECK(std::count_if(all_reasons().begin(), all_reasons().end(), [&](const Reason& r) { return r.word == reason.word; }) == 1);
        CHECK(is_reason(reason.word));
    }
    CHECK_FALSE(is_reason("bad"));
}
