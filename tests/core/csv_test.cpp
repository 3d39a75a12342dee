#include "core/csv.h"

#include <catch2/catch.hpp>
#include <random>

#include "core/files.h"
#include "tests/store/failing.h"
#include "tests/core/temporary_folder.h"

using namespace cohort;
using Catch::Contains;
using Cells = std::vector<std::string>;

TEST_CASE("quotes, doubled quotes, line ends and separators inside fields are read as RFC 4180 has them") {
    const auto table = parse_csv(
        "\xEF\xBB\xBFid,note\r\n1,\"a,b\"\r\n2,\"say \"\"hi\"\"\"\r\n\r\n3,\"two\r\nlines\"\n4,\n5,last", "t.csv");
    CHECK(table.columns == Cells{"id", "note"});
    REQUIRE(table.rows.size() == 5);
    CHECK(table.rows[0][1] == "a,b");
    CHECK(table.rows[1][1] == "say \"hi\"");
    CHECK(table.rows[2][1] == "two\r\nlines");
    CHECK(table.rows[3][1].empty());
    CHECK(table.rows[4][1] == "last");
    CHECK(table.lines == std::vector<std::size_t>{2, 3, 5, 7, 8});
    CHECK(table.column("note") == 1u);
    CHECK_FALSE(table.column("Note"));
}

TEST_CASE("blanks around a field are dropped, those inside quotes stay") {
    CHECK(parse_csv(" id ,note\n a ,\" b \"\n", "t").rows[0] == Cells{"a", " b "});
}

TEST_CASE("the header tells the separator; where it cannot, the name does") {
    CHECK(parse_csv("id\tnote\n1\ta,b\n", "t.csv").rows[0] == Cells{"1", "a,b"});
    CHECK(parse_csv("id,note\n1,a\tb\n", "t.tsv").rows[0] == Cells{"1", "a\tb"});
    CHECK(parse_csv("id\tnote, long\n1\ta\n", "t.tsv").columns == Cells{"id", "note, long"});
    CHECK(parse_csv("id,note\tlong\n1,a\n", "t.csv").columns == Cells{"id", "note\tlong"});
    CHECK(parse_csv("id\nx\n\ny", "t").rows == std::vector<Cells>{{"x"}, {"y"}});
}

TEST_CASE("a malformed table is refused with its line") {
    for (const auto& [text, words] :
         std::vector<std::pair<std::string, Cells>>{{"id,a\n1,2,3\n", {"line 2", "3 fields"}},
                                                    {"id,a\n1\n", {"line 2", "1 fields"}},
                                                    {"id,a\n\n\"1,2\n", {"line 3", "not closed"}},
                                                    {"id,a\n1,x\"y\n", {"line 2", "quote"}},
                                                    {"id,a\n1,\"x\"y\n", {"line 2", "closing quote"}},
                                                    {"id,a\n1,\xFF\n", {"line 2", "UTF-8"}},
                                                    {std::string("id,a\n1,\0\n", 9), {"line 2", "UTF-8"}},
                                                    {"id,id\n", {"line 1", "twice"}},
                                                    {"id,\n", {"line 1", "no name"}},
                                                    {"", {"empty"}},
                                                    {"\xEF\xBB\xBF\r\n", {"empty"}}}) {
        INFO(text);
        for (const auto& word : words)
            CHECK_THAT(sentence_of(Exit::bad_input, [&] { (void)parse_csv(text, "t.csv"); }), Contains(word));
    }
}

TEST_CASE("a table larger than allowed is refused before it fills the memory") {
    const std::string commas(100'000, ',');
    CHECK_THAT(sentence_of(Exit::bad_input,
                           [&] {
                               (void)parse_csv(commas, "t", {1 << 20, 5000});
                           }),
               Contains("more cells"));
    CHECK_THAT(sentence_of(Exit::bad_input,
                           [&] {
                               (void)parse_csv("id\n" + commas, "t", {1 << 20, 5000});
                           }),
               Contains("line 2") && Contains("more cells"));
    CHECK_THAT(sentence_of(Exit::bad_input,
                           [&] {
                               (void)parse_csv(commas, "t", {99'999, 1 << 20});
                           }),
               Contains("holds 98 KiB"));
    const TemporaryFolder folder;
    write_file_atomically(folder.path / "t.csv", commas);
    CHECK_THAT(sentence_of(Exit::bad_input,
                           [&] {
                               (void)read_csv(folder.path / "t.csv", {99'999, 1 << 20});
                           }),
               Contains("t.csv"));
}

TEST_CASE("what csv_field writes, parse_csv reads, whatever the text") {
    const auto seed = GENERATE(range(0u, 200u));
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const Cells parts{"a", "é", ",", "\t", "\"", "\n", "\r\n", "\r", " ", "", "漢"};
    const auto text = [&] {
        std::string result;
        for (auto i = random() % 6; i > 0; --i) result += parts[random() % parts.size()];
        return result;
    };
    std::vector<Cells> rows;
    std::string written = "one,two\n";
    for (int r = 0; r < 20; ++r) {
        rows.push_back({"x" + text(), text()});
        written += csv_field(rows.back()[0]) + "," + csv_field(rows.back()[1]) + "\n";
    }
    CHECK(parse_csv(written, "t.csv").rows == rows);
}
