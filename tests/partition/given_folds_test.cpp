#include <catch2/catch.hpp>

#include "apps/partition/given_folds.h"
#include "core/error.h"
#include "core/files.h"
#include "tests/partition/made_dataset.h"

using namespace cohort;
using namespace cohort::partition;
using Ids = std::vector<std::string>;

namespace {

std::filesystem::path put(const std::filesystem::path& file, std::string_view text) {
    std::filesystem::create_directories(file.parent_path());
    write_file_atomically(file, text);
    return file;
}

int exit_of(const auto& work) {
    try {
        work();
    } catch (const Error& error) {
        return static_cast<int>(error.code());
    }
    return 0;
}

constexpr std::string_view summary = R"({"metric_per_case": [
    {"prediction_file": "/a/b/sub-1.v2.nii.gz", "metrics": {}}, {"prediction_file": "C:\\x\\sub-2.png"}]})";

}  // namespace

TEST_CASE("splits_final.json gives folds named by their place") {
    const TemporaryFolder folder;
    const auto file = put(folder.path / "splits_final.json",
                          R"([{"train": ["a", "b"], "val": ["c"]}, {"train": ["c"], "val": ["a", "b"]}])");
    const auto folds = read_given_folds(file);
    REQUIRE(folds.size() == 2);
    CHECK(folds[0].name == "0");
    CHECK(*folds[0].train == Ids{"a", "b"});
    CHECK(folds[1].validation == Ids{"a", "b"});
}

TEST_CASE("a folder of nnU-Net's summaries gives the validation part of each fold, the rest trains") {
    const TemporaryFolder folder;
    put(folder.path / "fold_10" / "validation" / "summary.json", summary);
    const auto two = put(folder.path / "fold_2" / "validation" / "summary.json", summary);
    put(folder.path / "fold_all" / "progress.txt", "no summary here");
    const auto folds = read_given_folds(folder.path);
    REQUIRE(folds.size() == 2);
    CHECK(folds[0].name == "2");
    CHECK(folds[1].name == "10");
    CHECK(folds[0].validation == Ids{"sub-1.v2", "sub-2"});
    CHECK_FALSE(folds[0].train);
    const auto single = read_given_folds(two);
    REQUIRE(single.size() == 1);
    CHECK(single[0].name == "2");
}

TEST_CASE("a table's folds keep their names, numbers in their order") {
    const TemporaryFolder folder;
    const auto file = put(folder.path / "folds.csv", "\xEF\xBB\xBF"
                                                       "fold,note,id\r\n10,\"x, y\",a\r\n\r\n2,,\"b\"\r\n2,\"say \"\"so\"\"\",c\r\n");
    const auto folds = read_given_folds(file);
    REQUIRE(folds.size() == 2);
    CHECK(folds[0].name == "2");
    CHECK(folds[0].validation == Ids{"b", "c"});
    CHECK(*folds[0].train == Ids{"a"});
}

TEST_CASE("a table whose folds are train, val and test is one hold-out") {
    const TemporaryFolder folder;
    const auto folds = read_given_folds(put(folder.path / "f.tsv", "id\tfold\na\ttrain\nb\tval\nc\ttest\nd\ttrain\n"));
    REQUIRE(folds.size() == 1);
    CHECK(*folds[0].train == Ids{"a", "d"});
    CHECK(folds[0].validation == Ids{"b"});
    CHECK(folds[0].test == Ids{"c"});
}

TEST_CASE("tables of folds without the columns, or with an id twice or none, are refused with the line") {
    const TemporaryFolder folder;
    const auto read = [&](std::string_view text) { return read_given_folds(put(folder.path / "t.csv", text)); };
    CHECK(exit_of([&] { read("ids,fold\na,1\n"); }) == 2);
    CHECK_THROWS_WITH(read("ids,fold\na,1\n"), Catch::Contains("did you mean 'ids'"));
    CHECK(exit_of([&] { read(""); }) == 3);
    CHECK(exit_of([&] { read("id,fold\n"); }) == 3);
    CHECK_THROWS_WITH(read("id,fold\na,1\na,2\n"), Catch::Contains("line 3") && Catch::Contains("'a'"));
    CHECK_THROWS_WITH(read("id,fold\na,\n"), Catch::Contains("line 2") && Catch::Contains("empty"));
    CHECK_THROWS_WITH(read("id,fold\n\"a,1\n"), Catch::Contains("quote"));
}

TEST_CASE("files of another shape are refused with exit 3") {
    const TemporaryFolder folder;
    const auto& at = folder.path;
    for (const auto* text : {"{}", "[]", "[1]", R"([{"train": []}])", R"([{"train": [1], "val": []}])", "[", "",
                             R"({"metric_per_case": 3})", R"({"metric_per_case": [{}]})"}) {
        INFO(text);
        CHECK(exit_of([&] { read_given_folds(put(at / "x.json", text)); }) == 3);
    }
    CHECK(exit_of([&] { read_given_folds(at / "none.json"); }) == 3);
    std::filesystem::create_directories(at / "empty");
    CHECK(exit_of([&] { read_given_folds(at / "empty"); }) == 3);
}
