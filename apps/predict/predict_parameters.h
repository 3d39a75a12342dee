// predict's parameters as a struct; described in schemas/steps/predict.json.
#pragma once

#include <string>
#include <vector>

#include "learn/window_sweep.h"
#include "step/step.h"

namespace cohort::predict {

struct PredictParameters {
    std::string checkpoint, fold;
    std::string subset;  ///< validation, test or all
    learn::MirrorAxes mirror{};
    bool probabilities = false;

    static PredictParameters from_json(const Json& json, const step::Inputs& inputs);
};

/// Ids asked for, sorted. With `all`: every sample that has an image.
std::vector<std::string> ids_asked_for(const PredictParameters& parameters, const step::Inputs& inputs,
                                       const std::vector<store::Sample>& samples);

}  // namespace cohort::predict
