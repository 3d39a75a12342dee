#include "formats/layouts/table.h"

#include <catch2/catch.hpp>

#include "core/error.h"
#include "tests/formats/test_data.h"

using namespace cohort;
using layouts::JoinTable;
using layouts::parse_table;

namespace {

struct Refusal {
    Exit code = Exit::done;
    std::string sentence;
};
Refusal refusal_of(const auto& work) {
    try {
        work();
    } catch (const Error& error) {
        return {error.code(), error.sentence()};
    }
    return {};
}

}  // namespace

TEST_CASE("quotes, doubled quotes, line ends and separators inside fields are read as RFC 4180 has them") {
    const auto table = parse_table(
        "\xEF\xBB\xBFid,note\r\n1,\"a,b\"\r\n2,\"say \"\"hi\"\"\"\r\n\r\n3,\"two\nlines\"\n4,\n5,last", ',', "t.csv");
    CHECK(table.columns == std::vector<std::string>{"id", "note"});
    REQUIRE(table.rows.size() == 5);
    CHECK(table.rows[0][1] == "a,b");
    CHECK(table.rows[1][1] == "say \"hi\"");
    CHECK(table.rows[2][1] == "two\nlines");
    CHECK(table.rows[3][1].empty());
    CHECK(table.rows[4][1] == "last");
    CHECK(table.lines == std::vector<std::size_t>{2, 3, 5, 7, 8});
}

TEST_CASE("a malformed table is refused with its line") {
    for (const auto& [text, word] : std::vector<std::pair<std::string, std::string>>{{"id,a\n1,2,3\n", "line 2"},
                                                                                     {"id,a\n1\n", "line 2"},
                                                                                     {"id,a\n\"1,2\n", "line 2"},
                                                                                     {"id,a\n1,x\"y\n", "line 2"},
                                                                                     {"id,a\n1,\"x\"y\n", "line 2"},
                                                                                     {"id,id\n", "twice"},
                                                                                     {"id,\n", "no name"},
                                                                                     {"", "empty"}}) {
        INFO(text);
        const auto refusal = refusal_of([&] { (void)parse_table(text, ',', "t.csv"); });
        CHECK(refusal.code == Exit::bad_input);
        CHECK(refusal.sentence.find(word) != std::string::npos);
    }
    const test_data::TemporaryFolder folder;
    folder.write("t.csv", "id,a\n1,\xFF\n");
    const auto refusal = refusal_of([&] { (void)layouts::read_table(folder.path / "t.csv"); });
    CHECK(refusal.code == Exit::bad_input);
    CHECK(refusal.sentence.find("line 2") != std::string::npos);
}

TEST_CASE("a column is numbers only if every value is one; ids, leading zeros and missing values stay what they are") {
    JoinTable table(parse_table("id\tage\tcode\tsite\tempty\n007\t34\t01\tA\tn/a\n8\t35.5\t2\t3\t\n", '\t', "t.tsv"),
                    "t.tsv");
    CHECK(table.key_column() == "id");
    REQUIRE(table.find("007", "", ""));
    CHECK(table.find("007", "", "")->values == Json{{"age", 34}, {"code", "01"}, {"site", "A"}});
    CHECK(table.find("8", "", "")->values == Json{{"age", 35.5}, {"code", "2"}, {"site", "3"}});
    CHECK(table.find("7", "", "") == nullptr);
}

TEST_CASE("rows join by id, else subject, else participant_id; sessions tell rows apart; unused rows are named") {
    JoinTable by_id(parse_table("subject,id,age\ns1,a,1\ns2,b,2\n", ',', "t"), "t");
    REQUIRE(by_id.find("a", "other", ""));
    CHECK(by_id.find("a", "other", "")->subject == "s1");
    CHECK(by_id.unused() == std::vector<std::string>{"b"});
    JoinTable by_subject(parse_table("subject,session,age\nsub-1,ses-1,30\nsub-1,ses-2,31\nsub-2,,40\n", ',', "t"),
                         "t");
    CHECK(by_subject.find("x", "sub-1", "ses-2")->values["age"] == 31);
    CHECK(by_subject.find("x", "sub-2", "ses-9")->values["age"] == 40);
    CHECK(by_subject.find("x", "sub-1", "ses-3") == nullptr);
    CHECK(by_subject.unused() == std::vector<std::string>{"sub-1/ses-1"});
    JoinTable bids(parse_table("participant_id,sex\nsub-01,F\n", ',', "t"), "t");
    CHECK(bids.find("any", "sub-01", "")->values["sex"] == "F");
}

TEST_CASE("a key that occurs twice is bad input, a table without a key column wrong usage") {
    CHECK(refusal_of([] { JoinTable(parse_table("id,a\nx,1\nx,2\n", ',', "t"), "t"); }).code == Exit::bad_input);
    CHECK(refusal_of([] { JoinTable(parse_table("subject,a\nx,1\nx,2\n", ',', "t"), "t"); }).code == Exit::bad_input);
    CHECK(refusal_of([] { JoinTable(parse_table("id,a\n,2\n", ',', "t"), "t"); }).code == Exit::bad_input);
    CHECK(refusal_of([] { JoinTable(parse_table("name,a\nx,1\n", ',', "t"), "t"); }).code == Exit::usage);
}
