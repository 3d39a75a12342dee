#include "formats/layouts/join_table.h"

#include <catch2/catch.hpp>

#include "tests/store/failing.h"

using namespace cohort;
using layouts::JoinTable;

TEST_CASE("a column is numbers only if every value is one; ids, leading zeros and missing values stay what they are") {
    JoinTable table(parse_csv("id\tage\tcode\tsite\tempty\n007\t34\t01\tA\tn/a\n8\t35.5\t2\t3\t\n", "t.tsv"));
    CHECK(table.key_column() == "id");
    REQUIRE(table.find("007", "", ""));
    CHECK(table.find("007", "", "")->values == Json{{"age", 34}, {"code", "01"}, {"site", "A"}});
    CHECK(table.find("8", "", "")->values == Json{{"age", 35.5}, {"code", "2"}, {"site", "3"}});
    CHECK(table.find("7", "", "") == nullptr);
}

TEST_CASE("rows join by id, else subject, else participant_id; sessions tell rows apart; unused rows are named") {
    JoinTable by_id(parse_csv("subject,id,age\ns1,a,1\ns2,b,2\n", "t"));
    REQUIRE(by_id.find("a", "other", ""));
    CHECK(by_id.find("a", "other", "")->subject == "s1");
    CHECK(by_id.unused() == std::vector<std::string>{"b"});
    JoinTable by_subject(parse_csv("subject,session,age\nsub-1,ses-1,30\nsub-1,ses-2,31\nsub-2,,40\n", "t"));
    CHECK(by_subject.find("x", "sub-1", "ses-2")->values["age"] == 31);
    CHECK(by_subject.find("x", "sub-2", "ses-9")->values["age"] == 40);
    CHECK(by_subject.find("x", "sub-1", "ses-3") == nullptr);
    CHECK(by_subject.unused() == std::vector<std::string>{"sub-1/ses-1"});
    JoinTable bids(parse_csv("participant_id,sex\nsub-01,F\n", "t"));
    CHECK(bids.find("any", "sub-01", "")->values["sex"] == "F");
}

TEST_CASE("a key that occurs twice is bad input, a table without a key column wrong usage") {
    CHECK(refusal_of([] { JoinTable(parse_csv("id,a\nx,1\nx,2\n", "t")); }).code == Exit::bad_input);
    CHECK(refusal_of([] { JoinTable(parse_csv("subject,a\nx,1\nx,2\n", "t")); }).code == Exit::bad_input);
    CHECK(refusal_of([] { JoinTable(parse_csv("id,a\n,2\n", "t")); }).code == Exit::bad_input);
    CHECK(refusal_of([] { JoinTable(parse_csv("name,a\nx,1\n", "t")); }).code == Exit::usage);
}
