#include "apps/predict/memory_need.h"

#include <algorithm>

#include "apps/predict/native_result.h"
#include "apps/predict/prepared_in_memory.h"
#include "core/checked_math.h"
#include "grid/axis_map.h"

namespace cohort::predict {
namespace {

constexpr std::uint64_t reading = std::uint64_t{48} << 20;  // chunks and slabs on their way

/// Weights of all models; feature maps of one, since windows go through one model after the other.
std::uint64_t network_bytes(const OpenedModels& opened) {
    std::uint64_t largest = 0, weights = 0;
    for (const auto& model : opened.models) {
        largest = std::max(largest, learn::prediction_bytes(model.plan(), model.channels(), model.classes()));
        weights += 16 * static_cast<std::uint64_t>(
                            learn::network_size(model.plan(), model.channels(), model.classes()).weights);
    }
    return largest + weights;
}

std::string text_of(const learn::Extent3& n) {
    return std::to_string(n[0]) + "×" + std::to_string(n[1]) + "×" + std::to_string(n[2]);
}

}  // namespace

std::variant<std::uint64_t, Quarantined> memory_need(const store::Sample& sample, const OpenedModels& opened,
                                                     const PredictParameters& parameters, unsigned threads) {
    const auto* image = sample.array(opened.channels.front().array);
    if (!image)
        return Quarantined{"image-missing", sample.id + " has no array '" + opened.channels.front().array + "'."};
    std::uint64_t bytes = network_bytes(opened) + reading;
    grid::ArrayGrid grid{image->shape, image->axes, image->geometry};
    if (opened.to_prepare) {
        auto need = need_to_prepare(*opened.to_prepare, sample);
        if (auto* why = std::get_if<Quarantined>(&need)) return std::move(*why);
        bytes += std::get<PreparationNeed>(need).bytes;
        grid = std::get<PreparationNeed>(need).grid;
    }
    learn::Extent3 shape{1, 1, 1};
    try {
        shape = grid::leading_extents(grid.shape, grid.axes);
    } catch (const Error& error) {
        if (error.code() != Exit::bad_input) throw;
        return Quarantined{"unsupported", sample.id + ": " + error.sentence()};
    }
    const auto& labels = opened.description.labels;
    const auto classes = static_cast<std::size_t>(labels.classes());
    const auto result = result_grid(*image);
    // The slab of a large image that its statistics are taken from, a plane deeper than the store's chunks.
    bytes += static_cast<std::uint64_t>(shape[0] * shape[1]) * 33 * size_of(image->type);
    bytes += learn::EnsembleSweep::bytes(opened.models, shape, parameters.mirror);
    bytes += result_bytes(result.shape, labels, parameters.probabilities);
    grid::WayBack way;
    way.prepared = shape;
    way.native.fill(*std::max_element(result.extents.begin(), result.extents.end()));
    return bytes + grid::BackToNative::bytes(way, classes, threads);
}

void require_memory(const store::Sample& sample, std::uint64_t bytes, const OpenedModels& opened,
                    const PredictParameters& parameters, unsigned threads, const MemoryBudget& memory) {
    if (bytes <= memory.total()) return;
    std::string ways = "give --memory " + std::to_string((bytes >> 20) + 1) + "M";
    if (parameters.probabilities) {
        auto without = parameters;
        without.probabilities = false;
        const auto less = memory_need(sample, opened, without, threads);
        if (std::get<std::uint64_t>(less) <= memory.total()) ways += ", leave out --probabilities";
    }
    const auto& plan = opened.models.front().plan();
    ways += opened.models.size() > 1 ? ", predict with fewer models at once"
                                     : ", or train with a smaller patch than " + text_of(plan.patch);
    throw Error(Exit::resources, sample.id + ": predicting it needs about " + human_bytes(bytes) + ", but only " +
                                     human_bytes(memory.total()) + " are granted; " + ways + ".");
}

}  // namespace cohort::predict
