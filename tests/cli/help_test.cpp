#include <catch2/catch.hpp>
#include <sstream>

#include "cli/command_line.h"

using namespace cohort;
using namespace cohort::cli;

namespace {

std::size_t columns(const std::string& text) {
    std::size_t count = 0;
    for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
    return count;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

}  // namespace

TEST_CASE("the help of every step fits its width, names every flag once and ends its lines without blanks") {
    const auto width = GENERATE(std::size_t{60}, std::size_t{80}, std::size_t{100});
    for (const auto& name : step_names()) {
        const auto& schema = step_schema(name);
        const auto help = help_text(schema, {width, false});
        for (const auto& line : lines_of(help)) {
            INFO(name << ": " << line);
            const bool one_long_word = line.find(' ', line.find_first_not_of(' ')) == std::string::npos;
            CHECK((columns(line) <= width || one_long_word));
            CHECK((line.empty() || line.back() != ' '));
        }
        for (const auto& p : schema.parameters) {
            INFO(name << " " << p.name);
            CHECK(help.find("\n  " + (p.positional ? p.value : p.flag)) != std::string::npos);
        }
        CHECK(help.find("\nExample\n  cohort-" + name) != std::string::npos);
        CHECK(help.find("\nExit codes\n  0 done") != std::string::npos);
    }
}

TEST_CASE("bold help is the plain help with escapes around its headings") {
    for (const auto& name : step_names()) {
        auto bold = help_text(step_schema(name), {100, true});
        for (const std::string escape : {"\x1b[1m", "\x1b[0m"})
            for (auto at = bold.find(escape); at != std::string::npos; at = bold.find(escape))
                bold.erase(at, escape.size());
        CHECK(bold == help_text(step_schema(name), {100, false}));
    }
}

TEST_CASE("exit codes that cannot happen are not listed") {
    const auto codes = [](const char* output) {
        const auto schema = parse_step_schema(
            std::string(
                R"({"title": "t", "description": "T.", "type": "object", "properties": {}, "x-cli": {"output": )") +
                output + R"(, "content_version": 1, "seed": false, "device": false, "example": []}})",
            "t");
        std::vector<int> numbers;
        for (const auto& meaning : exit_codes_of(schema)) numbers.push_back(meaning.code);
        return numbers;
    };
    CHECK(codes("null") == std::vector<int>{0, 1, 2, 3, 4, 5});
    CHECK(codes("\"dataset\"") == std::vector<int>{0, 1, 2, 3, 4, 5, 6, 8, 75});
    CHECK(codes("\"files\"") == std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 75});
}

TEST_CASE("describe tells machines every parameter and option with its schema") {
    for (const auto& name : step_names()) {
        const auto& schema = step_schema(name);
        const auto told = describe(schema);
        CHECK(told["step"] == name);
        CHECK(told["parameters"].size() == schema.parameters.size());
        CHECK(told["options"].size() == options_of(schema).size());
        for (const auto& p : told["parameters"]) {
            CHECK(p.contains("schema"));
            CHECK(!p["schema"].contains("x-cli"));
            CHECK(p["affects_content"].is_boolean());
        }
    }
}
