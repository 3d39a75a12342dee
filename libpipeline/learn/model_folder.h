// A model on disk: checkpoints, plan, and what its inputs and outputs mean.
#pragma once

#include <filesystem>
#include <string>

#include "learn/case_reader.h"
#include "learn/model.h"
#include "learn/run_state.h"
#include "store/manifest.h"

namespace cohort::learn {

/// Weights, moments and run state, atomically (safetensors; the state is canonical JSON in its metadata).
void write_checkpoint(const std::filesystem::path& file, const Model& model, const RunState& state);

/// Loads a checkpoint into a model of the same plan. Error(bad_input): cut short, damaged, of another plan.
RunState load_checkpoint(const std::filesystem::path& file, Model& model);

/// What a model artefact says about itself: its manifest's content and plan.json.
struct ModelDescription {
    Plan plan;
    std::vector<Channel> channels;  ///< in training order
    ClassTable labels;
    std::string label_array;
    Json preprocessing;  ///< the training data's content.preprocessing, or null
};
/// plan.json is checked against the manifest; Error(bad_input) when it was altered.
ModelDescription describe_model(const std::filesystem::path& folder, const store::Manifest& manifest);

/// `checkpoint` is "last" or "best"; Error(bad_input) when the folder lacks it, and when its bytes are not what the
/// manifest says.
Model open_model(const std::filesystem::path& folder, const store::Manifest& manifest,
                 const ModelDescription& description, const std::string& checkpoint, const std::string& device);

}  // namespace cohort::learn
