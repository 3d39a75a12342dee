// The part of a split's fold that a step works on.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace cohort::learn {

struct Fold {
    std::string name;
    std::vector<std::string> train, validation, test;  ///< ids, sorted
};

/// Folds of a split artefact (split.json). Error(bad_input) when it is damaged.
std::vector<Fold> read_folds(const std::filesystem::path& split);

/// The fold of this name. An empty name is allowed where there is just one. Error(usage) with "did you mean" otherwise.
const Fold& fold_named(const std::vector<Fold>& folds, std::string_view name);

}  // namespace cohort::learn
