// A table of ids and folds (CSV or TSV).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace cohort::partition {

struct FoldRow {
    std::string id, fold;
};

/// Rows of a table with a header line; other columns are ignored, blank lines skipped, RFC 4180 quotes understood, a
/// byte order mark skipped. Error(usage), with "did you mean", when id or fold is no column; Error(bad_input) for a
/// line with another number of fields, an empty id or fold, an id listed twice, or an open quote.
std::vector<FoldRow> read_fold_table(const std::filesystem::path& file);
std::vector<FoldRow> parse_fold_table(std::string_view text, const std::string& name);

}  // namespace cohort::partition
