// The step "@name@": the first samples of a dataset, in the order of their ids; the others are named and skipped.
#pragma once

#include "step/step.h"

namespace cohort::@name@ {

class @Name@Step : public step::Step {
public:
    std::string_view name() const override { return "@name@"; }
    std::vector<step::Finding> validate(const Json& parameters, const step::Inputs& inputs) const override;
    step::Outcome run(step::Context& context) override;
};

}  // namespace cohort::@name@
