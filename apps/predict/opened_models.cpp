#include "apps/predict/opened_models.h"

#include <algorithm>
#include <set>

#include "augment/recipe.h"
#include "learn/split_part.h"

namespace cohort::predict {
namespace {

/// The dataset's channels in the order in which the model was trained.
std::vector<learn::Channel> matched_channels(const std::vector<learn::Channel>& wanted,
                                             const std::vector<learn::Channel>& present, const std::string& model) {
    if (wanted.size() == 1 && present.size() == 1) return present;
    std::vector<learn::Channel> result;
    for (const auto& channel : wanted) {
        const auto found =
            std::find_if(present.begin(), present.end(), [&](const auto& c) { return c.name == channel.name; });
        if (found == present.end())
            throw Error(Exit::bad_input, model + " was trained on a channel '" + channel.name +
                                             "', which the dataset lacks; name the dataset's channels likewise.");
        result.push_back(*found);
    }
    return result;
}

/// Nothing where the dataset is as the model's training data was.
std::optional<grid::Preparation> way_to_model(const Json& models, const Json& datasets, const std::string& model) {
    if (models == datasets) return std::nullopt;
    if (datasets.is_null()) return grid::preparation_from_json(models, model + "'s preprocessing");
    if (models.is_null())
        throw Error(Exit::bad_input, model +
                                         " was trained on raw data, this dataset was prepared by cohort-preprocess; "
                                         "predict on the dataset that it was made from.");
    throw Error(Exit::bad_input, model + " was trained on data prepared otherwise than this dataset (" +
                                     canonical_json(models) + ", not " + canonical_json(datasets) +
                                     "); predict on the raw dataset, which is then prepared as the model's was.");
}

std::string mirrors_nothing(const step::Input& model, const std::string& recipe) {
    return printable(model.path.string()) + " was trained with the augmentation '" + recipe +
           "', which mirrors nothing; --mirror may lower its scores.";
}

/// How many of the cases the model was trained on, where it was trained by this very split.
std::size_t seen_cases(const step::Input& model, const step::Input& split, const std::vector<std::string>& ids) {
    const auto& made = model.manifest.made_by.parameters;
    if (made.value("split", Json()) != Json(split.manifest.digest.text())) return 0;
    const auto folds = learn::read_folds(split.path);
    const auto fold = made.value("fold", Json());
    const auto& trained = learn::fold_named(folds, fold.is_string() ? fold.get<std::string>() : "").train;
    const std::set<std::string> seen(trained.begin(), trained.end());
    return static_cast<std::size_t>(
        std::count_if(ids.begin(), ids.end(), [&](const auto& id) { return seen.count(id) > 0; }));
}

std::string has_seen(const step::Input& model, std::size_t seen, std::size_t asked) {
    return printable(model.path.string()) + " was trained on " + std::to_string(seen) + " of the " +
           std::to_string(asked) + " cases asked for; scores of these say nothing about new cases.";
}

}  // namespace

OpenedModels open_models(const step::Context& context, const PredictParameters& parameters,
                         const std::vector<store::Sample>& samples) {
    const auto& dataset = context.inputs.one("dataset").manifest.content;
    const auto prepared = dataset.value("preprocessing", Json());
    const auto present = learn::channels_of(dataset, samples);
    OpenedModels opened;
    for (const auto& input : context.inputs.all("models")) {
        const auto name = printable(input.path.string());
        auto description = learn::describe_model(input.path, input.manifest);
        auto channels = matched_channels(description.channels, present, name);
        auto to_prepare = way_to_model(description.preprocessing, prepared, name);
        opened.models.push_back(learn::open_model(input.path, input.manifest, description, parameters.checkpoint, context.device));
        if (opened.models.size() == 1) {
            opened.description = std::move(description);
            opened.channels = std::move(channels);
            opened.to_prepare = std::move(to_prepare);
        } else if (!(description.labels == opened.description.labels) || channels != opened.channels ||
                   description.label_array != opened.description.label_array ||
                   description.preprocessing != opened.description.preprocessing) {
            throw Error(Exit::bad_input, name +
                                             " has other labels, channels or preprocessing than the first model; only "
                                             "models of one task can be averaged.");
        }
    }
    return opened;
}

std::vector<std::string> doubts_about(const OpenedModels& opened, const PredictParameters& parameters,
                                      const step::Inputs& inputs, const std::vector<std::string>& ids) {
    std::vector<std::string> doubts;
    const auto& models = inputs.all("models");
    for (std::size_t i = 0; i < models.size(); ++i) {
        const auto& recipe = opened.models[i].plan().augmentation;
        if (parameters.mirror != learn::MirrorAxes{} && !(augment::recipe_named(recipe).mirror > 0))
            doubts.push_back(mirrors_nothing(models[i], recipe));
        if (const auto* split = inputs.optional("split"))
            if (const auto seen = seen_cases(models[i], *split, ids); seen > 0)
                doubts.push_back(has_seen(models[i], seen, ids.size()));
    }
    return doubts;
}

}  // namespace cohort::predict
