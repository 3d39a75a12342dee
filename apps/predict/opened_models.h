// The models of one run: of one task, opened, and how the dataset reaches the grid on which they were trained.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/predict/predict_parameters.h"
#include "grid/preparation.h"
#include "learn/model_folder.h"
#include "step/step.h"

namespace cohort::predict {

struct OpenedModels {
    learn::ModelDescription description;  ///< labels, label array, preprocessing: alike in all
    std::vector<learn::Channel> channels;
    std::vector<learn::Model> models;
    /// Set where the dataset is raw and the models were trained on prepared data: each sample is prepared in memory.
    std::optional<grid::Preparation> to_prepare;
};

/// Error(bad_input): models of several tasks, a channel that the dataset lacks, data prepared otherwise than the
/// models'.
OpenedModels open_models(const step::Context& context, const PredictParameters& parameters,
                         const std::vector<store::Sample>& samples);

/// What is worth a warning about the choice of models: cases asked for that one was trained on, mirroring along an axis
/// that it never saw mirrored.
std::vector<std::string> doubts_about(const OpenedModels& opened, const PredictParameters& parameters,
                                      const step::Inputs& inputs, const std::vector<std::string>& ids);

}  // namespace cohort::predict
