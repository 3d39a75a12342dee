#include "apps/evaluate/case_scorer.h"

#include <algorithm>

#include "core/error.h"
#include "core/spatial_shape.h"

namespace cohort::evaluate {
namespace {

/// Stored and converted labels on both sides, and the widest of the distance maps.
std::uint64_t bytes_for(const store::ArrayInfo& reference, const store::ArrayInfo* prediction) {
    const auto voxels = static_cast<std::uint64_t>(voxel_count(reference.shape));
    return voxels * (size_of(reference.type) + (prediction ? size_of(prediction->type) : 0) + 8 + 24);
}

std::string shape_text(const Shape& shape) {
    std::string text;
    for (const auto n : shape) text += (text.empty() ? "" : "×") + std::to_string(n);
    return text;
}

}  // namespace

CaseScorer::CaseScorer(const Cases& cases, const step::Inputs& inputs, const EvaluateParameters& parameters,
                       const measure::Evaluation& evaluation, const MemoryBudget& memory)
    : cases_(cases),
      inputs_(inputs),
      parameters_(parameters),
      evaluation_(evaluation),
      memory_(memory),
      known_values_{0} {
    for (const auto& target : evaluation.targets)
        known_values_.insert(known_values_.end(), target.values.begin(), target.values.end());
    if (parameters.ignore_label) known_values_.push_back(*parameters.ignore_label);
    std::sort(known_values_.begin(), known_values_.end());
}

std::string CaseScorer::source_of(const AskedCase& asked, const std::string& array) const {
    return inputs_.all("predictions")[asked.prediction->dataset].path.filename().string() + "/" + asked.id + "/" +
           array;
}

std::pair<std::string, const store::ArrayInfo*> CaseScorer::predicted_array(const AskedCase& asked) const {
    const auto& sample = asked.prediction->sample;
    if (const auto* info = sample.array(cases_.array)) return {cases_.array, info};
    if (parameters_.array.empty())
        for (const auto& [name, info] : sample.arrays)
            if (info.role == store::Role::label) return {name, &info};
    return {cases_.array, nullptr};
}

std::optional<Quarantined> CaseScorer::grid_fault(const AskedCase& asked, const store::ArrayInfo& predicted) const {
    const store::ArrayInfo& reference = *asked.reference->array(cases_.array);
    const Shape space = spatial_shape(reference.shape, reference.axes);
    const bool as_many = voxel_count(reference.shape) == voxel_count(predicted.shape);
    if (as_many &&
        same_grid(reference.geometry, space, predicted.geometry, spatial_shape(predicted.shape, predicted.axes)))
        return std::nullopt;
    const std::string where = inputs_.all("predictions")[asked.prediction->dataset].path.string();
    std::string how = "its corners lie up to " +
                      shortest(corner_distance_mm(reference.geometry, predicted.geometry, space)) +
                      " mm away from the reference's";
    if (reference.shape != predicted.shape)
        how = "it has " + shape_text(predicted.shape) + " voxels, the reference " + shape_text(reference.shape);
    else if (reference.geometry.affine.has_value() != predicted.geometry.affine.has_value())
        how = "only one of the two has a place in the world";
    return Quarantined{"geometry-mismatch", where + ": the prediction of " + asked.id + " is on another grid: " + how +
                                                "; resample it to the reference's grid first."};
}

CaseScorer::Map CaseScorer::map_of(const store::Dataset& dataset, const std::string& id, const std::string& array,
                                   const store::ArrayInfo& info) {
    try {
        return measure::label_map(dataset.read(id, array, info), info.scale, info.geometry);
    } catch (const Error& error) {
        if (error.code() != Exit::bad_input) throw;
        return Quarantined{"damaged", error.what()};
    }
}

CaseScorer::Map CaseScorer::predicted_map(const AskedCase& asked) const {
    const auto [name, predicted] = predicted_array(asked);
    if (!predicted)
        return Quarantined{"label-missing", source_of(asked, name) + ": the prediction of " + asked.id +
                                                " has no such label array; name the array with --array."};
    if (auto fault = grid_fault(asked, *predicted)) return std::move(*fault);
    return map_of(*cases_.predictions[asked.prediction->dataset], asked.id, name, *predicted);
}

CaseScorer::Maps CaseScorer::read(const AskedCase& asked) const {
    Maps maps{map_of(*cases_.reference, asked.id, cases_.array, *asked.reference->array(cases_.array)), std::nullopt};
    if (asked.prediction) maps.prediction = predicted_map(asked);
    return maps;
}

ScoredCase CaseScorer::score(const AskedCase& asked) const {
    ScoredCase out;
    if (!asked.reference) {
        out.scores = measure::missing_case(asked.id, evaluation_);
        return out;
    }
    const auto held = memory_.reserve(
        bytes_for(*asked.reference->array(cases_.array), asked.prediction ? predicted_array(asked).second : nullptr),
        "scoring " + asked.id);
    auto maps = within([&] { return "scoring " + asked.id; }, [&] { return read(asked); });
    if (const auto* why = std::get_if<Quarantined>(&maps.reference)) {
        out.set_aside = {inputs_.one("reference").path.filename().string() + "/" + asked.id + "/" + cases_.array, *why};
        return out;
    }
    if (maps.prediction)
        if (const auto* why = std::get_if<Quarantined>(&*maps.prediction)) {
            out.set_aside = {source_of(asked, predicted_array(asked).first), *why};
            maps.prediction.reset();
        }
    auto& reference = std::get<measure::LabelMap>(maps.reference);
    // A prediction with other axes but an equal count of voxels (x y against x y z) has passed the grid check.
    auto pair = maps.prediction
                    ? measure::CasePair(std::move(reference), std::move(std::get<measure::LabelMap>(*maps.prediction)),
                                        parameters_.ignore_label)
                    : measure::CasePair::without_prediction(std::move(reference), parameters_.ignore_label);
    for (const std::int32_t value : pair.predicted_values())
        if (!std::binary_search(known_values_.begin(), known_values_.end(), value)) out.unknown_values.push_back(value);
    out.scores = measure::score_case(asked.id, asked.reference->subject, pair, evaluation_);
    return out;
}

}  // namespace cohort::evaluate
