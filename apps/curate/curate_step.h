// The step "curate": checks every sample, sets aside what cannot be used, flags the rest, and takes the fingerprint.
#pragma once

#include "step/step.h"

namespace cohort::curate {

class CurateStep : public step::Step {
public:
    std::string_view name() const override { return "curate"; }
    std::vector<step::Finding> validate(const Json& parameters, const step::Inputs& inputs) const override;
    step::Outcome run(step::Context& context) override;
};

}  // namespace cohort::curate
