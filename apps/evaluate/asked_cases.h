// Which cases are scored, and where each one's prediction is.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "apps/evaluate/evaluate_parameters.h"
#include "core/log.h"
#include "step/step.h"
#include "store/dataset.h"

namespace cohort::evaluate {

struct Prediction {
    std::size_t dataset = 0;  ///< index into Cases::predictions
    store::Sample sample;
};

/// One case that was asked for. Without `prediction` it has failed; without `reference` too, its reference is unknown.
struct AskedCase {
    std::string id;
    std::optional<store::Sample> reference;
    std::optional<Prediction> prediction;
};

struct Cases {
    std::unique_ptr<store::Dataset> reference;
    std::vector<std::unique_ptr<store::Dataset>> predictions;
    std::vector<AskedCase> asked;             ///< sorted by id
    std::vector<std::string> unlabelled;      ///< asked for, but the reference has no label: not scored
    std::vector<std::string> outside_subset;  ///< predicted elsewhere, not in the part of the split: not scored
    std::string array;                        ///< name of the reference's label array
};

/// The union of the predictions' cases.txt, and for those without one, every labelled case of the reference or of the
/// split's part. Error(bad_input): an id in two predictions, a predicted id that the reference lacks, no label in the
/// reference, nothing to score.
Cases find_cases(const step::Inputs& inputs, const EvaluateParameters& parameters);

/// Ids of a part of a fold of split.json. Error(usage) for an unknown fold, naming those there are.
std::set<std::string> split_part(const step::Input& split, const std::string& fold, const std::string& subset);

/// "a, b, c and 17 more".
std::string some_of(const std::vector<std::string>& ids, std::size_t most = 10);

}  // namespace cohort::evaluate
