// Tables in text: CSV and TSV by RFC 4180. The only reader of such tables.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"

namespace cohort {

/// Text cells below a line of column names. Every row has as many cells as there are columns.
struct CsvTable {
    std::string name;                  ///< of the file, for messages
    std::vector<std::string> columns;  ///< none empty, none twice
    std::vector<std::vector<std::string>> rows;
    std::vector<std::size_t> lines;  ///< of each row: where it begins, from 1

    std::optional<std::size_t> column(std::string_view wanted) const;
    /// Error(bad_input) that names file and line of the row.
    Error fault(std::size_t row, const std::string& what) const;
};

/// What a table may hold, so that a hostile one cannot fill the memory: a cell costs 32 bytes beside its text.
struct CsvLimits {
    std::uint64_t bytes = std::uint64_t{1} << 30;
    std::size_t cells = std::size_t{1} << 25;
};

/// Fields in quotes may hold separators, line ends and doubled quotes; others lose the blanks around them. LF or CRLF;
/// a UTF-8 mark at the beginning is dropped; empty lines are skipped. The separator is the tab or the comma, whichever
/// the header has; where it has both or neither, the tab for names in .tsv and .tab.
/// Error(bad_input), naming the line: a quote that is not closed or stands inside a field, a row with too few or too
/// many cells, a column named twice or not at all, no header, text that is not UTF-8 or holds NUL, more than `limits`.
CsvTable parse_csv(std::string_view text, std::string_view name, const CsvLimits& limits = {});

/// A file's table; messages name the file as `file` is given.
CsvTable read_csv(const std::filesystem::path& file, const CsvLimits& limits = {});

/// A cell as it is written: in quotes where it has to be.
std::string csv_field(std::string_view text);

}  // namespace cohort
