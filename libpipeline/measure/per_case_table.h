// Scores per case and label that come from elsewhere: our cases.csv, any CSV with such columns, nnU-Net's summary.json.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cohort::measure {

/// Values by case and label; NaN is undefined.
struct PerCaseTable {
    std::vector<std::string> metrics;
    std::map<std::string, std::map<std::string, std::vector<double>>> rows;  ///< case → label → value per metric
};

/// A table (core/csv.h) with a column `case` or `id`, a column `label`
/// unless `only_label` says which label all rows are of, and a column per metric. Empty, `nan`, `n/a` are undefined,
/// `inf` is infinite; columns that hold other text are left out. Error(bad_input) naming `name` and the line: no such
/// column, a row of another length, a case and label that come twice.
PerCaseTable read_per_case_csv(std::string_view text, std::string_view name, std::string_view only_label);

}  // namespace cohort::measure
