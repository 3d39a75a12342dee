// Parameters of cohort-partition, as one plain struct.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"

namespace cohort::partition {

inline constexpr int default_folds = 5;
inline constexpr double default_validation_fraction = 0.2;

/// What the user asked for; described in schemas/steps/partition.json.
struct PartitionParameters {
    std::string scheme;                          ///< a name of all_schemes()
    int folds = default_folds;
    std::optional<std::filesystem::path> given;  ///< file or folder with folds from elsewhere
    std::string group;                           ///< column whose equal values stay together
    std::vector<std::string> stratify;           ///< columns balanced over the parts
    int bins = 4;                                ///< quantile bins of a continuous column
    std::optional<double> validation_fraction;   ///< hold-out only
    std::optional<double> test_fraction;         ///< hold-out and k folds
    bool refuse_missing_ids = false;
};

/// From parameters that are valid against the schema.
PartitionParameters partition_parameters(const Json& json);

}  // namespace cohort::partition
