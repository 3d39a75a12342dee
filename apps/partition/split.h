// A split: for every fold, which cases train, validate and test.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/partition/cases.h"
#include "apps/partition/grouping.h"
#include "apps/partition/stratify.h"

namespace cohort::partition {

/// Numbers of cases, ascending.
struct Fold {
    std::string name;
    std::vector<std::uint32_t> train = {}, validation = {}, test = {};
};

struct Split {
    std::vector<Fold> folds;
    std::optional<std::uint64_t> seed = std::nullopt;  ///< where draws decided
    bool read_from_file = false;                       ///< the folds came from --given
    std::vector<std::string> absent = {};              ///< listed ids that the dataset lacks, ascending
    std::vector<std::string> unusable = {};            ///< listed ids that have neither label nor class, ascending
    std::vector<std::string> left_out = {};            ///< leave-one-group-out: the group of each fold
};

/// Cases that stand in no part of any fold, ascending.
std::vector<std::uint32_t> unlisted_cases(const Split& split, std::size_t cases);

/// Error(bad_input), with names, when a case stands in two parts of a fold, or when cases of one group, or with equal
/// images, do. `group_column` is what the sentence calls the group.
void refuse_overlap(const Split& split, const Cases& cases, const Grouping& grouping, std::string_view group_column);

/// "fold 0: validation is empty" for each fold with an empty train or validation part.
std::vector<std::string> empty_parts(const Split& split);

/// Writes split.json (canonical JSON, streamed fold by fold).
void write_split(const std::filesystem::path& file, std::string_view scheme, const Split& split, const Cases& cases,
                 const Grouping& grouping, std::string_view group_column, const std::vector<Variable>& variables);

}  // namespace cohort::partition
