// The export step: dataset → files. (`export` is a keyword, hence the namespace's name.)
#pragma once

#include "step/step.h"

namespace cohort::exporting {

class ExportStep : public step::Step {
public:
    std::string_view name() const override { return "export"; }
    /// Refuses (exit 7) a dataset that may identify patients unless that is allowed, and (exit 2) unknown arrays.
    std::vector<step::Finding> validate(const Json& parameters, const step::Inputs& inputs) const override;
    step::Outcome run(step::Context& context) override;
};

}  // namespace cohort::exporting
