// Variables from a CSV or TSV: read by RFC 4180, joined to samples by id, subject or participant_id.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.h"

namespace cohort::layouts {

/// Text cells. Every row has as many cells as there are columns.
struct Table {
    std::vector<std::string> columns;
    std::vector<std::vector<std::string>> rows;
    std::vector<std::size_t> lines;  ///< of each row, from 1
};

/// RFC 4180: fields in quotes may hold separators, line ends and doubled quotes; LF or CRLF; a UTF-8 mark at the
/// beginning is dropped; empty lines are skipped. Error(bad_input), naming the line: a quote that is not closed or
/// stands inside a field, a row with too few or too many cells, a column named twice or not at all, no header.
Table parse_table(std::string_view text, char separator, std::string_view name);

/// Tab for .tsv and .tab, else comma. Text that is not UTF-8 is refused too.
Table read_table(const std::filesystem::path& file);

/// A row as it goes to a sample. Missing cells ("", n/a, NA, NaN, null) are left out; a column whose other cells are
/// all plain numbers gives numbers, every other column text; `id`, `subject`, `participant_id` and `session` are always
/// text.
struct Row {
    Json values = Json::object();
    std::optional<std::string> subject, session;  ///< from columns of these names
};

/// Rows by the column `id`, else `subject`, else `participant_id`; by session too where rows are told apart by it.
class JoinTable {
public:
    /// Error(usage) when none of the three columns is there; Error(bad_input) when a key occurs twice.
    JoinTable(const Table& table, std::string_view name);

    const std::string& key_column() const { return key_column_; }
    /// The row for a sample; remembers that it was used. Not thread-safe.
    const Row* find(const std::string& id, const std::string& subject, const std::string& session);
    /// Keys of rows that no sample asked for, sorted.
    std::vector<std::string> unused() const;

private:
    struct Entry {
        Row row;
        bool used = false;
    };
    std::string key_column_;
    bool by_session_ = false;
    std::map<std::pair<std::string, std::string>, Entry> rows_;
};

}  // namespace cohort::layouts
