#include "apps/predict/predict_parameters.h"

#include "learn/split_part.h"

namespace cohort::predict {

PredictParameters PredictParameters::from_json(const Json& json, const step::Inputs& inputs) {
    const auto text = [&](const char* name) {
        const auto found = json.find(name);
        return found == json.end() || found->is_null() ? std::string() : found->get<std::string>();
    };
    PredictParameters p{text("checkpoint"), text("fold"), text("subset"), {}, json.value("probabilities", false)};
    if (p.subset.empty()) p.subset = inputs.optional("split") ? "validation" : "all";
    if (const auto mirror = text("mirror"); mirror != "none")
        for (std::size_t axis = 0; axis < 3; ++axis) p.mirror[axis] = mirror.find("xyz"[axis]) != std::string::npos;
    return p;
}

std::vector<std::string> ids_asked_for(const PredictParameters& parameters, const step::Inputs& inputs,
                                       const std::vector<store::Sample>& samples) {
    std::vector<std::string> ids;
    if (parameters.subset == "all") {
        for (const auto& sample : samples)
            if (sample.first_with(store::Role::image)) ids.push_back(sample.id);
        return ids;
    }
    const auto folds = learn::read_folds(inputs.one("split").path);
    const auto& fold = learn::fold_named(folds, parameters.fold);
    return parameters.subset == "test" ? fold.test : fold.validation;
}

}  // namespace cohort::predict
