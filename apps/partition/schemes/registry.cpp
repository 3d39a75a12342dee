#include <array>

#include "apps/partition/schemes/scheme.h"
#include "core/error.h"

namespace cohort::partition {
namespace {

constexpr std::array schemes{
    Scheme{"kfold", "Folds of equal size, balanced over groups and strata.", make_kfold},
    Scheme{"holdout", "One fold: train, validation and test in given fractions.", make_holdout},
    Scheme{"group", "Leave one group out: a fold for each value of --group.", make_leave_group_out},
    Scheme{"nnunet", "nnU-Net's folds: read from --given where it exists, else computed as nnU-Net does.", make_nnunet},
    Scheme{"given", "Folds that are read from --given.", make_given},
};

}  // namespace

std::span<const Scheme> all_schemes() { return schemes; }

const Scheme& scheme_named(std::string_view name) {
    std::vector<std::string> known;
    for (const auto& scheme : schemes) {
        if (scheme.name == name) return scheme;
        known.emplace_back(scheme.name);
    }
    throw Error(Exit::usage, "--scheme " + std::string(name) + ": there is no such scheme. " +
                                 did_you_mean(name, known) + "See --help for the list.");
}

void require_moderate_size(std::size_t folds, std::size_t samples) {
    constexpr std::size_t most_ids = 100'000'000;
    if (samples == 0 || folds <= most_ids / samples) return;
    throw Error(Exit::resources, std::to_string(samples) + " samples in " + std::to_string(folds) +
                                     " folds make a split.json of more than " + std::to_string(most_ids) +
                                     " ids; make fewer folds.");
}

}  // namespace cohort::partition
