// The ingest step: raw files → dataset.
#pragma once

#include "step/step.h"

namespace cohort::ingest {

/// An interrupted ingest starts anew: its shards are only whole when all are, and reading is quick.
class IngestStep : public step::Step {
public:
    std::string_view name() const override { return "ingest"; }
    std::vector<step::Finding> validate(const Json& parameters, const step::Inputs& inputs) const override;
    step::Outcome run(step::Context& context) override;
};

}  // namespace cohort::ingest
