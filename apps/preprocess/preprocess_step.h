// The step "preprocess": a dataset whose samples went through one preparation (grid/preparation.h).
#pragma once

#include "step/step.h"

namespace cohort::preprocess {

class PreprocessStep : public step::Step {
public:
    std::string_view name() const override { return "preprocess"; }
    std::vector<step::Finding> validate(const Json& parameters, const step::Inputs& inputs) const override;
    step::Outcome run(step::Context& context) override;
};

}  // namespace cohort::preprocess
