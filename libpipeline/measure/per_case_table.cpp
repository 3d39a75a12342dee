#include "measure/per_case_table.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "core/error.h"

namespace cohort::measure {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Cuts text into rows of fields; quotes may hold separators, line breaks and doubled quotes.
std::vector<std::vector<std::string>> rows_of(std::string_view text, char separator) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    std::vector<std::vector<std::string>> rows;
    std::vector<std::string> row;
    std::string field;
    bool quoted = false, was_quoted = false;
    const auto end_row = [&] {
        if (row.empty() && field.empty() && !was_quoted) return;  // a blank line
        row.push_back(std::move(field));
        rows.push_back(std::move(row));
        row.clear();
        field.clear();
        was_quoted = false;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            if (c != '"')
                field += c;
            else if (i + 1 < text.size() && text[i + 1] == '"')
                field += text[++i];
            else
                quoted = false;
        } else if (c == '"' && field.empty()) {
            quoted = was_quoted = true;
        } else if (c == separator) {
            row.push_back(std::move(field));
            field.clear();
            was_quoted = false;
        } else if (c == '\n') {
            if (field.ends_with('\r')) field.pop_back();
            end_row();
        } else {
            field += c;
        }
    }
    end_row();
    return rows;
}

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

std::optional<std::size_t> column(const std::vector<std::string>& head, std::initializer_list<std::string_view> names) {
    for (const auto name : names)
        if (const auto found = std::find(head.begin(), head.end(), name); found != head.end())
            return static_cast<std::size_t>(found - head.begin());
    return std::nullopt;
}

}  // namespace

PerCaseTable read_per_case_csv(std::string_view text, std::string_view name, std::string_view only_label) {
    const std::string where(name);
    const auto rows = rows_of(text, name.ends_with(".tsv") ? '\t' : ',');
    if (rows.empty()) throw Error(Exit::bad_input, where + " is empty; a table of scores per case is wanted.");
    const auto& head = rows.front();
    const auto id = column(head, {"case", "id"}), label = column(head, {"label"});
    if (!id) throw Error(Exit::bad_input, where + ": there is no column 'case' or 'id'; name the cases' column so.");
    if (!label && only_label.empty())
        throw Error(Exit::bad_input, where + ": there is no column 'label', and several labels are scored; add one.");
    std::vector<std::size_t> columns;
    for (std::size_t c = 0; c < head.size(); ++c) {
        if (c == *id || c == label) continue;
        const bool numeric = std::all_of(rows.begin() + 1, rows.end(), [&](const auto& row) {
            return c < row.size() && value_of(row[c]).has_value();
        });
        if (numeric) columns.push_back(c);
    }
    PerCaseTable table;
    for (const std::size_t c : columns) table.metrics.push_back(head[c]);
    for (std::size_t r = 1; r < rows.size(); ++r) {
        if (rows[r].size() != head.size())
            throw Error(Exit::bad_input, where + ", row " + std::to_string(r + 1) + ": it has " +
                                             std::to_string(rows[r].size()) + " fields, the header " +
                                             std::to_string(head.size()) + ".");
        auto& values = table.rows[rows[r][*id]][label ? rows[r][*label] : std::string(only_label)];
        if (!values.empty())
            throw Error(Exit::bad_input, where + ", row " + std::to_string(r + 1) + ": case " + rows[r][*id] +
                                             " comes twice for its label.");
        for (const std::size_t c : columns) values.push_back(*value_of(rows[r][c]));
    }
    return table;
}

}  // namespace cohort::measure
