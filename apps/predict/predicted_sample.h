// One prediction as a sample of the output dataset.
#pragma once

#include <map>
#include <string>

#include "apps/predict/native_result.h"
#include "learn/case_reader.h"
#include "store/dataset_writer.h"

namespace cohort::predict {

struct PredictedSample {
    store::Sample sample;
    std::map<std::string, store::NewArray> arrays;
};

/// The result's volumes with the names, variables and source of the sample it was made from. Each carries the raw
/// header record of the image `image_array`, marked `grid_of`: it says where the array lies, not what it holds.
PredictedSample predicted_sample(const store::Sample& from, NativeResult result, const ResultGrid& grid,
                                 const std::string& label_array, const std::string& image_array,
                                 const store::Dataset& dataset);

/// Name of the array of probabilities.
inline constexpr const char* probability_array = "probability";

}  // namespace cohort::predict
