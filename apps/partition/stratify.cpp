#include "apps/partition/stratify.h"

#include <algorithm>
#include <map>
#include <set>

namespace cohort::partition {
namespace {

/// Sorted numbers of the column, or nothing if some value is not a (finite) number.
std::vector<double> numbers_of(const Cases& cases, std::size_t column) {
    std::vector<double> numbers;
    for (const auto& one : cases.used) {
        const auto& cell = one.cells[column];
        if (cell.missing()) continue;
        if (!cell.number || *cell.number != *cell.number) return {};
        numbers.push_back(*cell.number);
    }
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

std::vector<double> quantile_edges(const std::vector<double>& sorted, int bins) {
    std::vector<double> edges;
    const auto n = sorted.size(), b = static_cast<std::size_t>(bins);
    for (std::size_t i = 1; i < b; ++i) {
        const double edge = sorted[(i * n + b - 1) / b - 1];
        // An edge at the maximum would leave the last bin empty; equal edges an inner one.
        if (edge < sorted.back() && (edges.empty() || edges.back() < edge)) edges.push_back(edge);
    }
    return edges;
}

void add_bins(Variable& variable, const Cases& cases, std::size_t column, const std::vector<double>& sorted, int bins) {
    variable.continuous = true;
    variable.edges = quantile_edges(sorted, bins);
    for (std::size_t i = 0; i <= variable.edges.size(); ++i)
        variable.levels.push_back(i < variable.edges.size() ? "≤ " + shortest(variable.edges[i])
                                                            : "≤ " + shortest(sorted.back()));
    for (const auto& one : cases.used) {
        const auto& cell = one.cells[column];
        const auto bin = cell.missing() ? variable.levels.size()
                                        : static_cast<std::size_t>(std::lower_bound(variable.edges.begin(),
                                                                                    variable.edges.end(), *cell.number) -
                                                                   variable.edges.begin());
        variable.level_of.push_back(static_cast<std::uint32_t>(bin));
    }
}

/// Numbers in their order, then texts as bytes.
bool comes_before(const Cell& a, const Cell& b) {
    if (a.number.has_value() != b.number.has_value()) return a.number.has_value();
    if (a.number && *a.number != *b.number) return *a.number < *b.number;
    return a.text < b.text;
}

void add_categories(Variable& variable, const Cases& cases, std::size_t column) {
    std::map<std::string, Cell> different;
    for (const auto& one : cases.used)
        if (const auto& cell = one.cells[column]; !cell.missing()) different.emplace(cell.text, cell);
    std::vector<Cell> order;
    order.reserve(different.size());
    for (const auto& [text, cell] : different) order.push_back(cell);
    std::stable_sort(order.begin(), order.end(), comes_before);
    std::map<std::string, std::uint32_t> number;
    for (const auto& cell : order) {
        number.emplace(cell.text, static_cast<std::uint32_t>(variable.levels.size()));
        variable.levels.push_back(cell.text);
    }
    for (const auto& one : cases.used) {
        const auto& cell = one.cells[column];
        variable.level_of.push_back(cell.missing() ? static_cast<std::uint32_t>(variable.levels.size())
                                                   : number.at(cell.text));
    }
}

}  // namespace

Variable variable_of(const Cases& cases, std::size_t column, int bins) {
    Variable variable;
    variable.name = cases.columns[column];
    const auto sorted = numbers_of(cases, column);
    const auto different = static_cast<std::size_t>(std::set<double>(sorted.begin(), sorted.end()).size());
    if (different > most_numeric_categories)
        add_bins(variable, cases, column, sorted, bins);
    else
        add_categories(variable, cases, column);
    const auto missing = static_cast<std::uint32_t>(variable.levels.size());
    if (std::find(variable.level_of.begin(), variable.level_of.end(), missing) != variable.level_of.end())
        variable.levels.emplace_back("missing");
    return variable;
}

Variable joint_variable(const std::vector<Variable>& variables, std::size_t cases) {
    Variable joint;
    std::map<std::vector<std::uint32_t>, std::uint32_t> number;
    std::vector<std::vector<std::uint32_t>> keys(cases);
    for (std::size_t i = 0; i < cases; ++i) {
        for (const auto& variable : variables) keys[i].push_back(variable.level_of[i]);
        number.emplace(keys[i], 0);
    }
    for (auto& [key, index] : number) {
        index = static_cast<std::uint32_t>(joint.levels.size());
        std::string name;
        for (std::size_t v = 0; v < variables.size(); ++v) name += (v ? " / " : "") + variables[v].levels[key[v]];
        joint.levels.push_back(std::move(name));
    }
    for (const auto& key : keys) joint.level_of.push_back(number.at(key));
    return joint;
}

}  // namespace cohort::partition
