// The step evaluate: predictions + reference → evaluation.
#pragma once

#include "step/step.h"

namespace cohort::evaluate {

class EvaluateStep final : public step::Step {
public:
    std::string_view name() const override { return "evaluate"; }
    std::vector<step::Finding> validate(const Json& parameters, const step::Inputs& inputs) const override;
    step::Outcome run(step::Context& context) override;
};

}  // namespace cohort::evaluate
