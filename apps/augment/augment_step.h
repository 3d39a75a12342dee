// The step "augment": dataset → dataset with randomly changed copies, or a contact sheet of them.
#pragma once

#include "step/step.h"

namespace cohort::augmentation {

class AugmentStep : public step::Step {
public:
    std::string_view name() const override { return "augment"; }
    std::vector<step::Finding> validate(const Json& parameters, const step::Inputs& inputs) const override;
    step::Outcome run(step::Context& context) override;
};

}  // namespace cohort::augmentation
