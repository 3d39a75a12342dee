// From a step's parameters to its opened input artefacts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/step_schema.h"
#include "step/step.h"

namespace cohort::step {

/// A raw input as a parameter names it. `name` is the parameter, with [i] for a list: "input", "tables[1]".
struct RawInput {
    std::string name;
    std::string parameter;
    std::filesystem::path path;
    bool present = true;  ///< false only where the schema says that it may be absent
    /// Where a path to files from elsewhere leads to an artefact of ours (evaluate's --against): it counts by its own
    /// digest, since its run.json differs from run to run. Not for `files`, which are there to be changed by others.
    std::optional<store::InputRecord> artefact = std::nullopt;
};

/// "dataset", or "predictions[1]" for an entry of a list.
std::string entry_name(const cli::Parameter& parameter, std::size_t index);
/// The paths a parameter holds: none, one, or a list's.
std::vector<std::string> paths_of(const cli::Parameter& parameter, const Json& parameters);

/// Opens every artefact that the parameters name. Error(bad_input) naming the kind found and the kinds wanted.
Inputs open_inputs(const cli::StepSchema& schema, const Json& parameters);
/// Every raw path that counts for the content. Error(bad_input) for one that is absent and must not be.
std::vector<RawInput> find_raw_inputs(const cli::StepSchema& schema, const Json& parameters);

/// In the order of the schema.
std::vector<store::InputRecord> input_records(const cli::StepSchema& schema, const Inputs& inputs);
/// The least private of the inputs; nothing without input artefacts.
std::optional<store::Privacy> least_private(const Inputs& inputs);

}  // namespace cohort::step
