// The step compare: two artefacts or files → text or JSON on stdout, exit 4 when they differ.
#pragma once

#include "step/step.h"

namespace cohort::compare {

class CompareStep final : public step::Step {
public:
    std::string_view name() const override { return "compare"; }
    std::vector<step::Finding> validate(const Json& parameters, const step::Inputs& inputs) const override;
    step::Outcome run(step::Context& context) override;
};

}  // namespace cohort::compare
