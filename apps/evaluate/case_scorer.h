// One case from the shards to its scores.
#pragma once

#include <variant>

#include "apps/evaluate/asked_cases.h"
#include "core/memory_budget.h"
#include "measure/evaluation.h"

namespace cohort::evaluate {

/// What came of one case. `set_aside` says what could not be used, by source; a prediction that is set aside leaves a
/// failed case, a reference that is leaves none.
struct ScoredCase {
    std::optional<measure::CaseScores> scores;
    struct SetAside {
        std::string source;
        Quarantined why;
    };
    std::optional<SetAside> set_aside;
    std::vector<std::int32_t> unknown_values;  ///< predicted, but in no target and not background
};

/// Reads and scores cases; thread-safe. Error(bad_input) when a prediction lies on another grid than its reference,
/// naming both, or has no label array.
class CaseScorer {
public:
    CaseScorer(const Cases& cases, const step::Inputs& inputs, const EvaluateParameters& parameters,
               const measure::Evaluation& evaluation, const MemoryBudget& memory);
    ScoredCase score(const AskedCase& asked) const;

    /// The reference's labels, and the prediction's where there is one: for the picture.
    struct Maps {
        std::variant<measure::LabelMap, Quarantined> reference;
        std::optional<std::variant<measure::LabelMap, Quarantined>> prediction;
    };
    Maps read(const AskedCase& asked) const;

private:
    std::string source_of(const AskedCase& asked, const std::string& array) const;
    std::pair<std::string, const store::ArrayInfo*> predicted_array(const AskedCase& asked) const;
    void check_grid(const AskedCase& asked, const store::ArrayInfo& predicted) const;

    const Cases& cases_;
    const step::Inputs& inputs_;
    const EvaluateParameters& parameters_;
    const measure::Evaluation& evaluation_;
    const MemoryBudget& memory_;
    std::vector<std::int32_t> known_values_;  ///< ascending: all targets' values and 0
};

}  // namespace cohort::evaluate
