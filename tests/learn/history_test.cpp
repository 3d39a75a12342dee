#include "learn/history.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "core/files.h"
#include "tests/learn/made_cases.h"

using namespace cohort;
using namespace cohort::learn;

TEST_CASE("appending cuts what a killed run left beyond the checkpoint") {
    const TestFolder folder;
    const auto file = folder / "history.jsonl";
    const auto first = append_history(file, 0, "one\n");
    append_history(file, first, "lost\n");
    CHECK(append_history(file, first, "two\n") == 8);
    CHECK(read_text(file) == "one\ntwo\n");
}

TEST_CASE("lines read back as the numbers they were, missing scores as NaN") {
    const TestFolder folder;
    const ClassTable labels({{0, "background"}, {1, "a"}, {4, "b"}});
    HistoryLine line{10, 0.5, 1e-3, 1.25, 1, 0.25, {0.5, std::nan("")}, 0.5};
    auto text = canonical_json(to_json(line, labels)) + "\n";
    line.iteration = 20;
    line.dice = {0.75, 0.25};
    line.mean_dice = 0.5;
    text += canonical_json(to_json(line, labels)) + "\n";
    append_history(folder / "history.jsonl", 0, text);
    const auto table = read_history(folder / "history.jsonl");
    CHECK(table.iteration == std::vector<double>{10, 20});
    CHECK(table.class_names == std::vector<std::string>{"a", "b"});
    CHECK(table.dice[0] == std::vector<double>{0.5, 0.75});
    CHECK(std::isnan(table.dice[1][0]));
    CHECK(table.dice[1][1] == 0.25);
}
