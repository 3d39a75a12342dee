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

/// Reads and scores cases; thread-safe. A prediction that lies on another grid than its reference, has no label array or
/// cannot be read is set aside, naming why, and its case counts as failed; the other cases are scored.
class CaseScorer {
public:
    CaseScorer(const Cases& cases, const step::Inputs& inputs, const EvaluateParameters& parameters,
               const measure::Evaluation& evaluation, const MemoryBudget& memory);
    ScoredCase score(const AskedCase& asked) const;

    /// The reference's labels, and the prediction's where there is one: for the picture.
    using Map = std::variant<measure::LabelMap, Quarantined>;
    struct Maps {
        Map reference;
        std::optional<Map> prediction;
    };
    Maps read(const AskedCase& asked) const;

private:
    std::string source_of(const AskedCase& asked, const std::string& array) const;
    std::pair<std::string, const store::ArrayInfo*> predicted_array(const AskedCase& asked) const;
    std::optional<Quarantined> grid_fault(const AskedCase& asked, const store::ArrayInfo& predicted) const;
    static Map map_of(const store::Dataset& dataset, const std::string& id, const std::string& array,
                      const store::ArrayInfo& info);
    Map predicted_map(const AskedCase& asked) const;

    const Cases& cases_;
    const step::Inputs& inputs_;
    const EvaluateParameters& parameters_;
    const measure::Evaluation& evaluation_;
    const MemoryBudget& memory_;
    std::vector<std::int32_t> known_values_;  ///< ascending: all targets' values and 0
};

}  // namespace cohort::evaluate
