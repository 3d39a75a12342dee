// Columns of text, aligned.
#pragma once

#include <string>
#include <vector>

#include "core/json.h"

namespace cohort::inspect {

/// Rows of cells; columns are as wide as their widest cell (code points), two blanks apart, left aligned.
/// More than `most` rows are cut with a line that says how many follow.
std::string text_table(const std::vector<std::vector<std::string>>& rows, std::size_t most = 60);

/// A scalar as people read it: text without quotes, "–" for null.
std::string plain(const Json& value);

}  // namespace cohort::inspect
