#include <algorithm>
#include <map>
#include <random>

#include <catch2/catch.hpp>

#include "apps/partition/allocate.h"

using namespace cohort;
using namespace cohort::partition;

namespace {

Cases cases_with(std::size_t count, const std::vector<std::string>& columns, const auto& fill) {
    Cases cases;
    cases.columns = columns;
    cases.stratified = columns.size();
    for (std::size_t i = 0; i < count; ++i) {
        Case one;
        one.id = "case-" + std::to_string(1'000'000 + i);
        one.group = one.id;
        one.cells.resize(columns.size());
        fill(i, one);
        cases.used.push_back(std::move(one));
    }
    return cases;
}

std::vector<Variable> variables_of(const Cases& cases, int bins = 4) {
    std::vector<Variable> variables;
    for (std::size_t c = 0; c < cases.columns.size(); ++c) variables.push_back(variable_of(cases, c, bins));
    return variables;
}

}  // namespace

TEST_CASE("parts of single samples differ by at most one in every stratum, and in total for one variable") {
    const auto variable_count = GENERATE(0u, 1u, 2u);
    const auto seed = GENERATE(range(0u, 40u));
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    const auto count = 20 + random() % 300;
    const std::size_t folds = 2 + random() % 9;
    std::vector<std::string> columns{"sex", "site"};
    columns.resize(variable_count);
    const auto cases = cases_with(count, columns, [&](std::size_t, Case& one) {
        const std::string sex = random() % 3 ? "F" : "M", site = std::string("ABCD").substr(random() % 4, 1);
        if (variable_count > 0) one.cells[0].text = sex;
        if (variable_count > 1) one.cells[1].text = site;
    });
    const auto grouping = group_cases(cases);
    const auto variables = variables_of(cases);
    const std::vector<double> shares(folds, 1.0 / static_cast<double>(folds));
    const auto part_of = allocate(grouping, variables, shares, seed);

    const auto joint = joint_variable(variables, count);
    std::map<std::uint32_t, std::vector<int>> strata;
    std::vector<int> total(folds, 0);
    for (std::size_t i = 0; i < count; ++i) {
        auto& row = strata[joint.level_of[i]];
        row.resize(folds, 0);
        ++row[part_of[grouping.group_of[i]]];
        ++total[part_of[grouping.group_of[i]]];
    }
    const auto spread = [](const std::vector<int>& v) {
        return *std::max_element(v.begin(), v.end()) - *std::min_element(v.begin(), v.end());
    };
    for (const auto& [level, row] : strata) CHECK(spread(row) <= 1);
    CHECK(spread(total) <= (variable_count > 1 ? 2 : 1));
}

TEST_CASE("fractions are met within one sample, and parts do not depend on the order of the cases") {
    const auto count = GENERATE(10u, 97u, 1000u);
    const auto fill = [](std::size_t i, Case& one) { one.cells[0].text = i % 5 ? "a" : "b"; };
    const auto cases = cases_with(count, {"class"}, fill);
    const auto grouping = group_cases(cases);
    const std::vector<double> shares{0.7, 0.2, 0.1};
    const auto part_of = allocate(grouping, variables_of(cases), shares, 3);
    std::vector<double> sizes(3, 0);
    for (const auto part : part_of) sizes[part] += 1;
    for (std::size_t p = 0; p < 3; ++p) CHECK(std::abs(sizes[p] - shares[p] * count) <= 2);
    const auto other_seed = allocate(grouping, variables_of(cases), shares, 4);
    CHECK(part_of == allocate(grouping, variables_of(cases), shares, 3));
    if (count > 10) CHECK(part_of != other_seed);
}

TEST_CASE("large groups are spread before small ones fill the gaps") {
    // 4 groups of 30 and 80 single samples into 4 parts: 50 each.
    const auto cases = cases_with(200, {}, [](std::size_t i, Case& one) {
        if (i < 120) one.group = "big-" + std::to_string(i / 30);
    });
    const auto grouping = group_cases(cases);
    REQUIRE(grouping.names.size() == 84);
    const auto part_of = allocate(grouping, {}, std::vector<double>(4, 0.25), 0);
    std::vector<int> sizes(4, 0);
    for (const auto g : grouping.group_of) ++sizes[part_of[g]];
    CHECK(sizes == std::vector<int>{50, 50, 50, 50});
}

TEST_CASE("a continuous column falls into bins of equal size, ties stay together, missing values are a level") {
    const auto cases = cases_with(101, {"age"}, [](std::size_t i, Case& one) {
        if (i == 100) return;  // missing
        one.cells[0] = {std::to_string(i), static_cast<double>(i)};
    });
    const auto age = variable_of(cases, 0, 4);
    CHECK(age.continuous);
    CHECK(age.edges == std::vector<double>{24, 49, 74});
    CHECK(age.levels == std::vector<std::string>{"≤ 24", "≤ 49", "≤ 74", "≤ 99", "missing"});
    std::vector<int> counts(5, 0);
    for (const auto l : age.level_of) ++counts[l];
    CHECK(counts == std::vector<int>{25, 25, 25, 25, 1});
}

TEST_CASE("numbers with few values, and texts, are categories in their natural order") {
    const auto cases = cases_with(30, {"grade"}, [](std::size_t i, Case& one) {
        const auto value = 2 + 8 * (i % 2);  // 2 and 10
        one.cells[0] = {std::to_string(value), static_cast<double>(value)};
    });
    const auto grade = variable_of(cases, 0, 4);
    CHECK_FALSE(grade.continuous);
    CHECK(grade.levels == std::vector<std::string>{"2", "10"});
}

TEST_CASE("joining cases of equal content joins their groups transitively under the smallest name") {
    const auto cases = cases_with(5, {}, [](std::size_t, Case&) {});
    const auto grouping = group_cases(cases);
    const auto together = joined(grouping, {{1, 3}, {3, 4}});
    CHECK(together.names.size() == 3);
    CHECK(together.group_of[1] == together.group_of[3]);
    CHECK(together.group_of[1] == together.group_of[4]);
    CHECK(together.group_of[0] != together.group_of[2]);
    CHECK(together.names[together.group_of[4]] == cases.used[1].id);
    CHECK(together.sizes[together.group_of[4]] == 3);
}
