// The parameters of evaluate, as schemas/steps/evaluate.json describes them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "measure/metric.h"

namespace cohort::evaluate {

struct EvaluateParameters {
    std::string fold;                   ///< empty: left out
    std::string subset = "validation";  ///< of a split
    std::string array;                  ///< empty: left out
    std::vector<measure::Target> regions;
    std::optional<std::int32_t> ignore_label;
    const measure::Convention* convention = nullptr;
    std::vector<std::string> metrics;  ///< empty: all of the convention
    measure::Rules rules;
    std::string against;  ///< empty: left out
    std::size_t resamples = 2000, permutations = 10000;
    bool nnunet = false;
};

/// `json` is valid against the schema, defaults filled in. Error(usage) for a region value beyond 32 bits.
EvaluateParameters from_json(const Json& json);

/// The chosen metrics, in the order asked for. Error(usage) with "did you mean" for a name that the convention lacks,
/// or one that comes twice.
std::vector<const measure::Metric*> chosen_metrics(const EvaluateParameters& parameters);

}  // namespace cohort::evaluate
