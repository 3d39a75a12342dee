#include "apps/predict/predicted_sample.h"

#include <algorithm>

namespace cohort::predict {
namespace {

VoxelType narrowest(const learn::ClassTable& labels) {
    const auto low = labels.labels().front().value, high = labels.labels().back().value;
    if (low >= 0 && high <= 255) return VoxelType::u8;
    if (low >= 0 && high <= 65535) return VoxelType::u16;
    return VoxelType::i32;
}

}  // namespace

PredictedSample predicted_sample(const learn::Case& which, const std::vector<std::uint16_t>& classes,
                                 const learn::ClassTable& labels, const std::string& label_array,
                                 const std::string& image_array, const store::Dataset& dataset) {
    const auto& image = which.sample.arrays.at(image_array);
    store::NewArray array;
    auto& info = array.info;
    info.role = store::Role::label;
    info.type = narrowest(labels);
    const bool flat =
        std::none_of(image.axes.begin(), image.axes.end(), [](const Axis& axis) { return axis.name == "z"; });
    info.axes = axes_named(flat ? "xy" : "xyz");
    info.shape.assign(which.shape.begin(), which.shape.begin() + (flat ? 2 : 3));
    info.geometry = image.geometry;
    array.header = dataset.header(which.sample.id, image_array);

    Volume voxels(info.type, info.shape, info.axes);
    visit_type(info.type, [&]<class T>() {
        if constexpr (std::is_arithmetic_v<T>)
            std::transform(classes.begin(), classes.end(), voxels.values<T>().begin(),
                           [&](std::uint16_t c) { return static_cast<T>(labels.value_of(c)); });
    });
    array.voxels = std::move(voxels);

    PredictedSample result;
    result.sample.id = which.sample.id;
    result.sample.subject = which.sample.subject;
    result.sample.session = which.sample.session;
    result.sample.values = which.sample.values;
    result.sample.source = which.sample.source;
    result.sample.arrays.emplace(label_array, info);
    result.arrays.emplace(label_array, std::move(array));
    return result;
}

}  // namespace cohort::predict
