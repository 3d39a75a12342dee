// dataset + model(s) → dataset of predicted labels.
#pragma once

#include "step/step.h"

namespace cohort::predict {

class PredictStep : public step::Step {
public:
    std::string_view name() const override { return "predict"; }
    std::vector<step::Finding> validate(const Json& parameters, const step::Inputs& inputs) const override;
    step::Outcome run(step::Context& context) override;
};

}  // namespace cohort::predict
