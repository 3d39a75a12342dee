// The step "partition": a dataset's samples into folds or a hold-out.
#pragma once

#include "step/step.h"

namespace cohort::partition {

class PartitionStep : public step::Step {
public:
    std::string_view name() const override { return "partition"; }
    std::vector<step::Finding> validate(const Json& parameters, const step::Inputs& inputs) const override;
    step::Outcome run(step::Context& context) override;
};

}  // namespace cohort::partition
