// The samples that a split is made of, reduced to what splitting needs: 100,000 of them are small.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "store/sample.h"

namespace cohort::partition {

/// A sample's value of one column. Missing values have an empty text.
struct Cell {
    std::string text;                       ///< as it is shown; numbers in shortest form
    std::optional<double> number = std::nullopt;  ///< numbers, and texts that are one
    bool missing() const { return text.empty(); }
};

/// A sample that can be used: it has a label or a class.
struct Case {
    std::string id;
    std::string group;                ///< value of the group column; empty: missing
    std::vector<Cell> cells;          ///< one per Cases::columns
    std::optional<Digest> content;    ///< over the array digests of its images; nothing without images
};

struct Cases {
    std::vector<Case> used;              ///< ids ascending as bytes
    std::vector<std::string> unlabelled;  ///< ids without label or class, ascending
    std::vector<std::string> columns;     ///< what Case::cells holds: the stratify columns, then class where there is one
    std::size_t stratified = 0;           ///< the first so many columns were asked for by --stratify
};

/// Streams the dataset's samples.jsonl. Error(usage), with "did you mean", for a column that no sample has;
/// Error(bad_input) for a damaged file or a dataset in which no sample has a label or class.
/// `expected` is the digest of samples.jsonl that the manifest names.
Cases read_cases(const std::filesystem::path& dataset, const Digest& expected, const std::string& group_column,
                 const std::vector<std::string>& stratify);

/// The value of a column: id, subject, session, or one of the sample's values.
Cell cell_of(const store::Sample& sample, std::string_view column);

}  // namespace cohort::partition
