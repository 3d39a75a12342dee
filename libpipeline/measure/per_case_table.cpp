#include "measure/per_case_table.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "core/csv.h"
#include "core/files.h"

namespace cohort::measure {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Nothing where the text is no number and does not say "undefined" either.
std::optional<double> value_of(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (text.empty() || text == "nan" || text == "n/a" || text == "na") return nan;
    double value = 0;
    const char* begin = text.data() + (text.front() == '+' ? 1 : 0);
    const auto [end, fault] = std::from_chars(begin, text.data() + text.size(), value);
    return fault == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

std::optional<double> value_at(const CsvTable& table, std::size_t row, std::size_t column) {
    return value_of(table.rows[row][column]);
}

/// Columns that hold numbers and undefined values only, but for those of `names`.
std::vector<std::size_t> value_columns(const CsvTable& table, std::initializer_list<std::optional<std::size_t>> names) {
    std::vector<std::size_t> columns;
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
        if (std::find(names.begin(), names.end(), c) != names.end()) continue;
        std::size_t r = 0;
        while (r < table.rows.size() && value_at(table, r, c)) ++r;
        if (r == table.rows.size()) columns.push_back(c);
    }
    return columns;
}

}  // namespace

PerCaseTable read_per_case_csv(std::string_view text, std::string_view name, std::string_view only_label) {
    const CsvTable csv = parse_csv(text, name);
    auto id = csv.column("case");
    if (!id) id = csv.column("id");
    const auto label = csv.column("label");
    if (!id)
        throw Error(Exit::bad_input,
                    printable(name) + ": there is no column 'case' or 'id'; name the cases' column so.");
    if (!label && only_label.empty())
        throw Error(Exit::bad_input,
                    printable(name) + ": there is no column 'label', and several labels are scored; add one.");
    const auto columns = value_columns(csv, {id, label});
    PerCaseTable table;
    table.metrics.reserve(columns.size());
    for (const std::size_t c : columns) table.metrics.push_back(csv.columns[c]);
    for (std::size_t r = 0; r < csv.rows.size(); ++r) {
        const auto& cells = csv.rows[r];
        auto& of_case = table.rows[cells[*id]];
        const auto [place, is_new] = of_case.try_emplace(label ? cells[*label] : std::string(only_label));
        if (!is_new) throw csv.fault(r, "case " + printable(cells[*id]) + " comes twice for its label.");
        for (const std::size_t c : columns) place->second.push_back(*value_at(csv, r, c));
    }
    return table;
}

}  // namespace cohort::measure
