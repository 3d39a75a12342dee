// The step inspect: any artefact → text or JSON on stdout, a picture, a check of digests.
#pragma once

#include "step/step.h"

namespace cohort::inspect {

class InspectStep final : public step::Step {
public:
    std::string_view name() const override { return "inspect"; }
    std::vector<step::Finding> validate(const Json& parameters, const step::Inputs& inputs) const override;
    step::Outcome run(step::Context& context) override;
};

}  // namespace cohort::inspect
