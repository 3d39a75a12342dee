#include "apps/partition/balance.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

namespace cohort::partition {
namespace {

struct Row {
    std::string fold, part;
    std::uint64_t samples = 0, groups = 0;
    std::vector<std::vector<std::uint64_t>> levels;  ///< by variable, by level
};

Row counted(const std::string& fold, const std::string& name, const std::vector<std::uint32_t>& part,
            const Grouping& grouping, const std::vector<Variable>& variables) {
    Row row{fold, name, part.size(), 0, {}};
    std::vector<std::uint32_t> groups;
    groups.reserve(part.size());
    for (const auto i : part) groups.push_back(grouping.group_of[i]);
    std::sort(groups.begin(), groups.end());
    row.groups = static_cast<std::uint64_t>(std::unique(groups.begin(), groups.end()) - groups.begin());
    for (const auto& variable : variables) {
        auto& counts = row.levels.emplace_back(variable.levels.size(), 0);
        for (const auto i : part) ++counts[variable.level_of[i]];
    }
    return row;
}

std::vector<Row> rows_of(const Split& split, const Grouping& grouping, const std::vector<Variable>& variables) {
    std::vector<Row> rows;
    for (const auto& fold : split.folds) {
        if (!fold.train.empty()) rows.push_back(counted(fold.name, "train", fold.train, grouping, variables));
        if (!fold.validation.empty())
            rows.push_back(counted(fold.name, "validation", fold.validation, grouping, variables));
        if (!fold.test.empty()) rows.push_back(counted(fold.name, "test", fold.test, grouping, variables));
    }
    return rows;
}

/// Columns on a terminal: UTF-8 continuation bytes take none.
std::size_t width_of(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string percent(std::uint64_t count, std::uint64_t of) {
    return std::to_string(std::llround(100.0 * static_cast<double>(count) / static_cast<double>(of))) + " %";
}

std::string aligned(const std::vector<std::vector<std::string>>& table) {
    std::vector<std::size_t> widths(table.front().size(), 0);
    for (const auto& line : table)
        for (std::size_t c = 0; c < line.size(); ++c) widths[c] = std::max(widths[c], width_of(line[c]));
    std::string text;
    for (const auto& line : table) {
        for (std::size_t c = 0; c < line.size(); ++c) {
            const std::string blanks(widths[c] - width_of(line[c]), ' ');
            text += (c ? "  " : "") + (c < 2 ? line[c] + blanks : blanks + line[c]);
        }
        text.erase(text.find_last_not_of(' ') + 1);
        text += '\n';
    }
    return text;
}

}  // namespace

Json balance_json(const Split& split, const Grouping& grouping, const std::vector<Variable>& variables) {
    Json json = Json::array();
    for (const auto& row : rows_of(split, grouping, variables)) {
        Json levels = Json::object();
        for (std::size_t v = 0; v < variables.size(); ++v)
            for (std::size_t l = 0; l < row.levels[v].size(); ++l)
                levels[variables[v].name][variables[v].levels[l]] = row.levels[v][l];
        json.push_back({{"fold", row.fold},
                        {"part", row.part},
                        {"samples", row.samples},
                        {"groups", row.groups},
                        {"levels", levels}});
    }
    return json;
}

std::string balance_table(const Split& split, const Grouping& grouping, const std::vector<Variable>& variables) {
    constexpr std::size_t most_rows = 40, most_levels = 12;
    std::vector<std::string> head{"fold", "part", "samples", "groups"};
    std::vector<std::pair<std::size_t, std::size_t>> shown;  // variable, level
    std::size_t hidden = 0;
    for (std::size_t v = 0; v < variables.size(); ++v)
        for (std::size_t l = 0; l < variables[v].levels.size(); ++l) {
            if (shown.size() == most_levels) {
                ++hidden;
                continue;
            }
            shown.emplace_back(v, l);
            const auto& level = variables[v].levels[l];
            head.push_back(variables[v].name + (variables[v].continuous && level != "missing" ? " " : "=") + level);
        }
    std::vector<std::vector<std::string>> table{head};
    const auto rows = rows_of(split, grouping, variables);
    for (std::size_t r = 0; r < rows.size() && r < most_rows; ++r) {
        const auto& row = rows[r];
        auto& line = table.emplace_back(
            std::vector{row.fold, row.part, std::to_string(row.samples), std::to_string(row.groups)});
        for (const auto& [v, l] : shown)
            line.push_back(std::to_string(row.levels[v][l]) + " (" + percent(row.levels[v][l], row.samples) + ")");
    }
    auto text = aligned(table);
    if (rows.size() > most_rows) text += "… " + std::to_string(rows.size() - most_rows) + " more rows in split.json\n";
    if (hidden) text += "… " + std::to_string(hidden) + " more levels in split.json\n";
    return text;
}

}  // namespace cohort::partition
