// Subject-level variables from a table, joined to samples by id, subject or participant_id.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/csv.h"
#include "core/json.h"

namespace cohort::layouts {

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
    explicit JoinTable(const CsvTable& table);

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
