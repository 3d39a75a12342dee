#include <catch2/catch.hpp>
#include <cmath>

#include "core/error.h"
#include "measure/comparison.h"
#include "measure/nnunet_summary.h"

using namespace cohort;
using namespace cohort::measure;

namespace {

/// One metric (dice), labels 1 and 2, these values per case.
Evaluation dice_of(const std::vector<std::pair<double, double>>& values) {
    Evaluation e;
    e.convention = convention_named("nnunet");
    e.metrics = {metric_named(*e.convention, "dice")};
    e.targets = {{"1", "", {1}}, {"2", "", {2}}};
    for (std::size_t i = 0; i < values.size(); ++i)
        e.cases.push_back(
            {"case" + std::to_string(10 + i), "", false, {{{values[i].first}}, {{values[i].second}}}, {{}, {}}});
    return e;
}

}  // namespace

TEST_CASE("nnU-Net's record of a real case gives its Dice and IoU to the last digit") {
    // nnActive/Hippocampus: label 1 of one case
    Evaluation e = dice_of({{0, 0}});
    e.cases[0].id = "hippocampus_003";
    e.targets.pop_back();
    e.cases[0].scores.pop_back();
    e.cases[0].counts = {{.tp = 1773, .fp = 117, .fn = 139, .tn = 53771}};
    const auto back = read_nnunet_summary(nnunet_summary(e), "summary.json");
    REQUIRE(back.metrics == std::vector<std::string>{"dice", "iou"});
    CHECK(back.rows.at("hippocampus_003").at("1")[0] == .9326670173592846);
    CHECK(back.rows.at("hippocampus_003").at("1")[1] == .8738294726466239);
}

TEST_CASE("nnU-Net's summary keeps NaN, its order of means and the keys of regions") {
    Evaluation e = dice_of({{0, 0}, {0, 0}});
    e.targets.push_back({"1+2", "", {1, 2}});
    e.cases[0].counts = {{.tp = 5, .fp = 5}, {.tn = 9}, {.tp = 5, .fp = 5}};
    e.cases[1].counts = {{.tp = 5}, {.tn = 9}, {.tp = 5}};
    const std::string text = nnunet_summary(e);
    CHECK(text.find("\"(1, 2)\": {") != std::string::npos);
    const auto back = read_nnunet_summary(text, "s");
    CHECK(std::isnan(back.rows.at("case10").at("2")[0]));
    CHECK(back.rows.at("case10").at("1+2")[0] == 10. / 15);
    // label 2 was never scored: its mean is NaN, and so is the foreground's
    CHECK(text.find("\"foreground_mean\": {\n        \"Dice\": NaN") != std::string::npos);
}

TEST_CASE("damaged summaries are refused") {
    for (
        const char* text :
        {"", "[]", "{}", R"({"metric_per_case": 3})", R"({"metric_per_case": [{"metrics": {}}]})",
         R"({"metric_per_case": [{"prediction_file": "a.nii.gz", "metrics": 3}]})",
         R"({"metric_per_case": [{"prediction_file": "a.nii.gz", "metrics": {"1": {"Dice": "x", "IoU": 1}}}]})",
         R"({"metric_per_case": [{"prediction_file": "a.nii.gz", "metrics": {"1": {"Dice": 1}}}]})",
         R"({"metric_per_case": [{"prediction_file": "x/a.nii.gz", "metrics": {"1": {"Dice": 1, "IoU": 1}}}, {"prediction_file": "y/a.nii.gz", "metrics": {}}]})"}) {
        INFO(text);
        CHECK_THROWS_AS(read_nnunet_summary(text, "s"), Error);
    }
    const auto infinite =
        R"({"metric_per_case": [{"prediction_file": "NaN \"NaN\" a.nii.gz", "metrics": {"1": {"Dice": NaN, "IoU": 1}}}]})";
    CHECK(read_nnunet_summary(infinite, "s").rows.contains("NaN \"NaN\" a"));
}

TEST_CASE("tables of scores are read with quotes, blanks, tabs and undefined values") {
    const auto t = read_per_case_csv(
        "\xEF\xBB\xBF"
        "case,label,dice,note,hd95_mm\r\n\"a, b\",1,.5,\"say \"\"x\"\"\",inf\r\n\r\nc,1,,y,n/a\r\n",
        "t.csv", "");
    CHECK(t.metrics == std::vector<std::string>{"dice", "hd95_mm"});
    CHECK(t.rows.at("a, b").at("1")[0] == .5);
    CHECK(std::isinf(t.rows.at("a, b").at("1")[1]));
    CHECK(std::isnan(t.rows.at("c").at("1")[0]));
    CHECK(read_per_case_csv("id\tdice\nx\t1\n", "t.tsv", "7").rows.at("x").at("7")[0] == 1);
}

TEST_CASE("a comparison pairs by case, leaves out what one side lacks, and adjusts over labels") {
    const Evaluation ours = dice_of({{.9, .8}, {.8, std::nan("")}, {.7, .9}});
    PerCaseTable theirs{{"dice"}, {}};
    theirs.rows["case10"] = {{"1", {.5}}, {"2", {.5}}};
    theirs.rows["case11"] = {{"1", {.5}}, {"2", {.5}}};
    theirs.rows["stranger"] = {{"1", {.5}}};
    const auto c = compare(ours, theirs, {200, 100, 1}, 2);
    CHECK(c.cases == 2);
    CHECK(c.only_ours == std::vector<std::string>{"case12"});
    CHECK(c.only_theirs == std::vector<std::string>{"stranger"});
    REQUIRE(c.rows.size() == 3);
    CHECK(c.rows[0].effect.n == 2);
    CHECK(c.rows[0].effect.mean == Approx(.35));
    CHECK(c.rows[1].effect.n == 1);
    CHECK(c.rows[2].label == "foreground");
    CHECK(c.rows[2].effect.n == 2);
    CHECK(c.rows[2].effect.mean == Approx((.35 + .3) / 2));
    CHECK(c.rows[0].effect.permutation.p == .5);
    CHECK(c.rows[1].effect.permutation.p == 1);
    CHECK(c.rows[0].holm_p == 1);
    const auto one_thread = compare(ours, theirs, {200, 100, 1}, 1);
    CHECK(one_thread.rows[2].effect.bca.low == c.rows[2].effect.bca.low);
}

TEST_CASE("means follow nnU-Net's order: over cases first, then over labels") {
    const Evaluation e = dice_of({{1, 1}, {0, std::nan("")}});
    CHECK(foreground_mean(e, 0) == Approx((.5 + 1) / 2));
    CHECK(case_mean(e, e.cases[1], 0) == 0);
    const auto s = statistic_of(e.column(1, 0));
    CHECK(s.n == 2);
    CHECK(s.n_scored == 1);
    CHECK(std::isnan(s.sd));
    const auto x = extremes_of(dice_of({{.2, .2}, {.9, .9}, {.5, .5}, {.6, .6}}));
    CHECK(x.worst == 0u);
    CHECK(x.best == 1u);
    CHECK(x.median == 2u);
}

TEST_CASE("cases.csv quotes what needs it and writes undefined, infinite and minus zero as agreed") {
    Evaluation e = dice_of({{std::nan(""), INFINITY}, {-0.0, .1}});
    e.cases[0].id = "a,\"b\"";
    CHECK(cases_csv(e) == "case,label,dice\n\"a,\"\"b\"\"\",1,\n\"a,\"\"b\"\"\",2,inf\ncase11,1,0\ncase11,2,0.1\n");
}
