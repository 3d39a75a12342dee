// The parameters of train, as schemas/steps/train.json describes them.
#pragma once

#include <cstdint>
#include <string>

#include "core/json.h"
#include "learn/plan/choose_plan.h"
#include "learn/trainer.h"

namespace cohort::train {

struct TrainParameters {
    std::string fold;  ///< empty: left out
    std::string label;
    learn::Budget budget;
    learn::PlanWishes wishes;
    std::optional<std::uint64_t> validate_every;
    std::uint64_t validation_cases = 16;
    std::uint64_t checkpoint_every = 50;
    unsigned loader_threads = 1;
};

/// `json` is valid against the schema, defaults filled in.
TrainParameters from_json(const Json& json);

}  // namespace cohort::train
