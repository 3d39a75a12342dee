// dataset + split (+ plan) → model.
#pragma once

#include "step/step.h"

namespace cohort::train {

class TrainStep : public step::Step {
public:
    std::string_view name() const override { return "train"; }
    bool can_continue() const override { return true; }
    std::vector<step::Finding> validate(const Json& parameters, const step::Inputs& inputs) const override;
    step::Outcome run(step::Context& context) override;
};

}  // namespace cohort::train
