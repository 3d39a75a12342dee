#include "apps/predict/predicted_sample.h"

namespace cohort::predict {

PredictedSample predicted_sample(const store::Sample& from, NativeResult result, const ResultGrid& grid,
                                 const std::string& label_array, const std::string& image_array,
                                 const store::Dataset& dataset) {
    PredictedSample predicted;
    auto& sample = predicted.sample;
    sample.id = from.id;
    sample.subject = from.subject;
    sample.session = from.session;
    sample.values = from.values;
    sample.source = from.source;
    auto header = dataset.header(from.id, image_array);
    if (header) (*header)["grid_of"] = image_array;
    const auto add = [&](const std::string& name, store::Role role, Volume voxels) {
        store::NewArray array;
        array.info.role = role;
        array.info.type = voxels.type();
        array.info.shape = voxels.shape();
        array.info.axes = voxels.axes();
        array.info.geometry = grid.geometry;
        if (role == store::Role::probability) {
            array.info.scale.slope = {probability_step};
            array.info.channels = voxels.axes().back().labels;
        }
        array.header = header;
        array.voxels = std::move(voxels);
        sample.arrays.emplace(name, array.info);
        predicted.arrays.emplace(name, std::move(array));
    };
    add(label_array, store::Role::label, std::move(result.labels));
    if (result.probabilities) add(probability_array, store::Role::probability, std::move(*result.probabilities));
    return predicted;
}

}  // namespace cohort::predict
