// One prediction as a sample of the output dataset.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "learn/case_reader.h"
#include "store/dataset_writer.h"

namespace cohort::predict {

struct PredictedSample {
    store::Sample sample;
    std::map<std::string, store::NewArray> arrays;
};

/// Class numbers become label values in the narrowest of u8, u16, i32 that holds the whole table; grid, names and raw
/// header are those of the image `image_array`.
PredictedSample predicted_sample(const learn::Case& which, const std::vector<std::uint16_t>& classes,
                                 const learn::ClassTable& labels, const std::string& label_array,
                                 const std::string& image_array, const store::Dataset& dataset);

}  // namespace cohort::predict
