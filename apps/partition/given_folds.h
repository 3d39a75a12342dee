// Folds from elsewhere: nnU-Net's files and plain tables.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace cohort::partition {

/// A fold as it is listed: ids as written.
struct GivenFold {
    std::string name;
    std::optional<std::vector<std::string>> train;  ///< nothing: all samples that the fold does not list otherwise
    std::vector<std::string> validation;
    std::vector<std::string> test;
};

/// Reads one of
/// - nnU-Net's splits_final.json: a list of {"train": [ids], "val": [ids]}; folds are named 0, 1, …;
/// - a folder with fold_K/validation/summary.json, or one such file: the cases it scored are the validation part of fold
///   K, all other samples train (nnU-Net's own files name no training cases);
/// - a table (CSV, or TSV where its first line has a tab) with the columns id and fold: an id validates in its fold and
///   trains in the others; folds keep their names. If the folds are called train, validation (or val) and test, it is
///   one hold-out, named 0.
/// Error(bad_input) when it is missing, damaged or of another shape, and for an id that a table lists twice;
/// Error(usage) for a table without these columns.
std::vector<GivenFold> read_given_folds(const std::filesystem::path& path);

/// Numbers in their order before names as bytes: 2, 10, a, b.
bool fold_name_before(const std::string& a, const std::string& b);

}  // namespace cohort::partition
