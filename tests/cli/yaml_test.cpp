#include "cli/yaml.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "core/error.h"
#include "core/files.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

using namespace cohort;
using namespace cohort::cli;

namespace {

Json value_of(const std::string& text) { return parse_yaml(text, "test.yaml").value; }

/// The sentence with which `text` is refused; "" if it is taken.
std::string refusal(const std::string& text, const std::string& name = "test.yaml") {
    try {
        parse_yaml(text, name);
    } catch (const Error& error) {
        CHECK(error.code() == Exit::usage);
        return error.sentence();
    }
    return "";
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("plain scalars follow the 1.2 core schema") {
    CHECK(value_of("[null, ~, Null, NULL]") == Json::array({nullptr, nullptr, nullptr, nullptr}));
    CHECK(value_of("a:") == Json{{"a", nullptr}});
    CHECK(value_of("[true, True, TRUE, false]") == Json::array({true, true, true, false}));
    CHECK(value_of("[yes, no, on, off, y, n]") == Json::array({"yes", "no", "on", "off", "y", "n"}));
    CHECK(value_of("[1, -2, +3, 010, 0o10, 0x1F]") == Json::array({1, -2, 3, 10, 8, 31}));
    CHECK(value_of("[1.5, .5, -1., 1e3, 1.5E-2]") == Json::array({1.5, .5, -1.0, 1000.0, .015}));
    CHECK(value_of("[., -, +, 1_000, 12:30, 1e, e1, '1', \"true\", 0b1, 0x]") ==
          Json::array({".", "-", "+", "1_000", "12:30", "1e", "e1", "1", "true", "0b1", "0x"}).get<Json>());
    CHECK(value_of("9223372036854775807") == 9223372036854775807);
    CHECK(value_of("9223372036854775808") == 9223372036854775808.0);
}

TEST_CASE("numbers that no double holds are refused rather than bent") {
    for (const auto* text : {"1e999", ".inf", "-.INF", ".nan"}) CHECK(has(refusal(text), "cannot be held"));
    CHECK(value_of("'.inf'") == ".inf");
}

TEST_CASE("written keeps every scalar as it stands in the file") {
    const auto document = parse_yaml("{a: 010, b: 1.50, c: yes, d: ~, e: [0x10, '3'], f: true}", "t");
    CHECK(document.written ==
          Json{{"a", "010"}, {"b", "1.50"}, {"c", "yes"}, {"d", nullptr}, {"e", {"0x10", "3"}}, {"f", "true"}});
}

TEST_CASE("marks give line and column of values and keys, from 1, in characters") {
    const auto document = parse_yaml("# comment\nsteps:\n  raw:\n    run: ingest\n  'ä/b~': [1,  two]\n", "t");
    CHECK(document.mark("/steps/raw/run").line == 4);
    CHECK(document.mark("/steps/raw/run").column == 10);
    CHECK(document.mark("/steps/raw#key").line == 3);
    CHECK(document.mark("/steps/raw#key").column == 3);
    CHECK(document.mark("/steps/ä~1b~0/1").line == 5);
    CHECK(document.mark("/steps/ä~1b~0/1").column == 16);
    CHECK(document.mark("/steps/raw/run/deeper/still").line == 4);  // the nearest known ancestor
    CHECK(document.key_order == std::vector<std::string>{"/steps", "/steps/raw", "/steps/raw/run", "/steps/ä~1b~0"});
}

TEST_CASE("what the safe subset leaves out is refused with its place") {
    CHECK(has(refusal("a: &x 1"), "test.yaml:1:4: anchors"));
    CHECK(has(refusal("a: &x [1]"), "anchors"));
    CHECK(has(refusal("a: &x {b: 1}"), "anchors"));
    CHECK(has(refusal("a: *x"), "aliases"));
    CHECK(has(refusal("*x : 1"), "aliases"));
    CHECK(has(refusal("a: !!str 1"), "tags"));
    CHECK(has(refusal("a: ! 1"), "tags"));
    CHECK(has(refusal("a: !local {b: 1}"), "tags"));
    CHECK(has(refusal("%TAG ! tag:example.com,2000:\n---\na: 1"), "tags"));
    CHECK(has(refusal("a: {<<: {b: 1}}"), "merge keys"));
    CHECK(has(refusal("a: 1\nb: 2\na: 3"), "test.yaml:3:1: 'a' stands here for the second time"));
    CHECK(has(refusal("{1: a, '1': b}"), "second time"));
    CHECK(has(refusal("? [a, b]\n: 1"), "plain text"));
    CHECK(has(refusal("a: 1\n---\nb: 2"), "second document"));
    CHECK(has(refusal("a: [1, 2"), "no valid YAML"));
    CHECK(has(refusal("a:\n\t- 1"), "test.yaml:2:1"));
}

TEST_CASE("a bomb of aliases is refused at its first anchor") {
    std::string bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n";
    for (char c = 'b'; c <= 'i'; ++c) {
        const std::string before = "*" + std::string(1, static_cast<char>(c - 1));
        bomb += std::string(1, c) + ": &" + c + " [" + before + "," + before + "," + before + "," + before + "]\n";
    }
    CHECK(has(refusal(bomb), "anchors (&a)"));
}

TEST_CASE("nesting and size are bounded") {
    CHECK(refusal(std::string(60, '[') + std::string(60, ']')).empty());
    CHECK(has(refusal(std::string(100, '[') + std::string(100, ']')), "64 deep"));
    CHECK(!refusal(std::string(100'000, '[')).empty());
    CHECK(!refusal(std::string(100'000, '{')).empty());
    std::string nested;
    for (int i = 0; i < 100; ++i) nested += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
    CHECK(has(refusal(nested), "64 deep"));
    std::string many = "[";
    for (int i = 0; i < (1 << 20) + 1; ++i) many += "0,";
    CHECK(has(refusal(many + "]"), "more than a million"));
}

TEST_CASE("bytes that are no UTF-8 are refused with their place, and control characters too") {
    CHECK(has(refusal("a: 1\nb: \xff\xfe"), "test.yaml:2:4: a byte here is no UTF-8"));
    CHECK(!refusal("a: \xc3").empty());
    CHECK(!refusal("a: \xed\xa0\x80").empty());  // a surrogate
    CHECK(!refusal(std::string("a: \0b", 5)).empty());
    CHECK(!refusal(std::string("\xff\xfe"
                               "a\0:\0",
                               6))
               .empty());  // UTF-16 is not guessed
}

TEST_CASE("a byte order mark, CRLF and missing newlines change nothing") {
    const Json expected = {{"a", 1}, {"b", {"x", "y"}}};
    CHECK(value_of("a: 1\nb: [x, y]\n") == expected);
    CHECK(value_of("a: 1\r\nb:\r\n  - x\r\n  - y\r\n") == expected);
    CHECK(value_of("\xEF\xBB\xBF"
                   "a: 1\nb: [x, y]") == expected);
    CHECK(value_of("---\na: 1\nb: [x, y]\n...\n") == expected);
    CHECK(value_of("%YAML 1.2\n---\na: 1\nb: [x, y]") == expected);
}

TEST_CASE("an empty file is null") {
    CHECK(value_of("").is_null());
    CHECK(value_of("# only a comment\n").is_null());
    CHECK(parse_yaml("", "t").written.is_null());
}

TEST_CASE("JSON is YAML, and a .json file is read as JSON in its own order") {
    const std::string text = "{\n\t\"b\": [1, 2.5, \"x\\n\"],\n\t\"a\": {\"c\": null, \"d\": true}}";
    const Json expected = {{"b", {1, 2.5, "x\n"}}, {"a", {{"c", nullptr}, {"d", true}}}};
    CHECK(value_of(text) == expected);
    const auto document = parse_yaml(text, "p.json");
    CHECK(document.value == expected);
    CHECK(document.written == Json{{"b", {"1", "2.5", "x\n"}}, {"a", {{"c", nullptr}, {"d", "true"}}}});
    CHECK(document.key_order == std::vector<std::string>{"/b", "/a", "/a/c", "/a/d"});
    CHECK(parse_yaml("[\"\\ud83d\\ude00\"]", "p.json").value[0] == "😀");
    CHECK(!refusal("{\"a\": 1, \"a\": 2}", "p.json").empty());
    CHECK(!refusal("{a: 1}", "p.json").empty());
}

TEST_CASE("every fuzz seed is either read or refused with a sentence") {
    const char* const source = std::getenv("COHORT_SOURCE");
    if (source == nullptr) {
        std::cout << "skipped: COHORT_SOURCE is not set (fuzz seeds of yaml)\n";
        return;
    }
    int seeds = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator(std::filesystem::path(source) / "tests/fuzz-seeds/yaml")) {
        INFO(entry.path());
        const auto bytes = read_file(entry.path());
        CHECK(LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()) == 0);
        ++seeds;
    }
    CHECK(seeds >= 10);
}
