#include "learn/split_part.h"

#include <catch2/catch.hpp>

#include "core/error.h"
#include "core/files.h"
#include "tests/learn/made_cases.h"

using namespace cohort;
using namespace cohort::learn;

TEST_CASE("a fold is found by name, and a wrong name is answered with the nearest") {
    const TestFolder folder;
    write_file_atomically(folder / "split.json",
                          R"({"folds":[{"name":"left","train":["b","a"],"validation":["c"],"test":[]},
                                       {"name":"right","train":["c"],"validation":[],"test":["a"]}]})");
    const auto folds = read_folds(folder.path());
    CHECK(fold_named(folds, "left").train == std::vector<std::string>{"a", "b"});
    CHECK(fold_named(folds, "right").test == std::vector<std::string>{"a"});
    try {
        fold_named(folds, "rigth");
        FAIL("found");
    } catch (const Error& error) {
        CHECK(error.code() == Exit::usage);
        CHECK(error.sentence().find("did you mean 'right'?") != std::string::npos);
    }
    CHECK_THROWS_AS(fold_named(folds, ""), Error);
}

TEST_CASE("the only fold needs no name, and damaged splits are bad input") {
    const TestFolder folder;
    write_file_atomically(folder / "split.json", R"({"folds":[{"name":"0","train":["a"],"validation":[],"test":[]}]})");
    CHECK(fold_named(read_folds(folder.path()), "").name == "0");
    for (const auto* text : {"{}", "[]", R"({"folds":[]})", R"({"folds":[{"name":"0","train":"a"}]})",
                             R"({"folds":[{"train":[]}]})", R"({"folds":[{"name":"0","train":[3]}]})", "x"}) {
        write_file_atomically(folder / "split.json", std::string_view(text));
        CHECK_THROWS_AS(read_folds(folder.path()), Error);
    }
}
