#include "formats/layouts/join_table.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "core/error.h"
#include "core/files.h"

namespace cohort::layouts {

namespace {

bool is_missing_cell(std::string_view cell) {
    static constexpr std::array<std::string_view, 8> words{"", "n/a", "N/A", "NA", "NaN", "nan", "null", "NULL"};
    return std::find(words.begin(), words.end(), cell) != words.end();
}

/// A number as people write numbers: no leading zeros ("007" is a name), nothing before or after.
std::optional<double> plain_number(std::string_view cell) {
    const auto digits = cell.substr(cell.starts_with('-') ? 1 : 0);
    if (digits.empty() || digits[0] < '0' || digits[0] > '9') return std::nullopt;
    if (digits.size() > 1 && digits[0] == '0' && digits[1] != '.') return std::nullopt;
    double value = 0;
    const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    if (error != std::errc{} || end != cell.data() + cell.size() || !std::isfinite(value)) return std::nullopt;
    return value;
}

Json number(double value) {
    if (value == std::floor(value) && std::abs(value) < 9e15) return static_cast<std::int64_t>(value);
    return value;
}

bool is_key_name(std::string_view column) {
    return column == "id" || column == "subject" || column == "participant_id" || column == "session";
}

/// Which columns hold nothing but plain numbers and missing cells.
std::vector<bool> numeric_columns(const CsvTable& table) {
    std::vector<bool> numeric(table.columns.size());
    for (std::size_t c = 0; c < table.columns.size(); ++c)
        numeric[c] = !is_key_name(table.columns[c]) &&
                     std::all_of(table.rows.begin(), table.rows.end(),
                                 [&](const auto& row) { return is_missing_cell(row[c]) || plain_number(row[c]); });
    return numeric;
}

}  // namespace

JoinTable::JoinTable(const CsvTable& table) {
    std::optional<std::size_t> key;
    for (const char* column : {"id", "subject", "participant_id"})
        if (!key && (key = table.column(column))) key_column_ = column;
    if (!key)
        throw Error(Exit::usage,
                    printable(table.name) + ": the table has no column id, subject or participant_id to join it by.");
    const auto subject = table.column("subject"), session = table.column("session");
    by_session_ = key_column_ != "id" && session.has_value();

    const auto numeric = numeric_columns(table);
    for (std::size_t r = 0; r < table.rows.size(); ++r) {
        const auto& cells = table.rows[r];
        if (is_missing_cell(cells[*key])) throw table.fault(r, "the column " + key_column_ + " is empty.");
        Entry entry;
        for (std::size_t c = 0; c < cells.size(); ++c) {
            if (is_key_name(table.columns[c]) || is_missing_cell(cells[c])) continue;
            entry.row.values[table.columns[c]] = numeric[c] ? number(*plain_number(cells[c])) : Json(cells[c]);
        }
        if (subject && !is_missing_cell(cells[*subject])) entry.row.subject = cells[*subject];
        if (session && !is_missing_cell(cells[*session])) entry.row.session = cells[*session];
        const auto place = std::pair(cells[*key], by_session_ ? entry.row.session.value_or("") : std::string{});
        if (!rows_.emplace(place, std::move(entry)).second)
            throw table.fault(r, "the " + key_column_ + " " + printable(place.first) +
                                     (place.second.empty() ? "" : " with session " + printable(place.second)) +
                                     " occurs twice.");
    }
}

const Row* JoinTable::find(const std::string& id, const std::string& subject, const std::string& session) {
    const std::string& key = key_column_ == "id" ? id : subject;
    auto found = rows_.find({key, by_session_ ? session : std::string{}});
    // A row without session speaks for all of the subject's sessions.
    if (found == rows_.end() && by_session_) found = rows_.find({key, std::string{}});
    if (found == rows_.end()) return nullptr;
    found->second.used = true;
    return &found->second.row;
}

std::vector<std::string> JoinTable::unused() const {
    std::vector<std::string> keys;
    for (const auto& [key, entry] : rows_)
        if (!entry.used) keys.push_back(key.first + (key.second.empty() ? "" : "/" + key.second));
    return keys;
}

}  // namespace cohort::layouts
