#include "apps/predict/predict_step.h"

#include <algorithm>
#include <set>

#include "apps/predict/predicted_sample.h"
#include "core/files.h"
#include "learn/model_folder.h"
#include "learn/split_part.h"
#include "learn/window_sweep.h"

namespace cohort::predict {
namespace {

struct PredictParameters {
    std::string checkpoint, fold, subset;
};

PredictParameters from_json(const Json& json, const step::Inputs& inputs) {
    const auto text = [&](const char* name) {
        const auto found = json.find(name);
        return found == json.end() || found->is_null() ? std::string() : found->get<std::string>();
    };
    PredictParameters p{text("checkpoint"), text("fold"), text("subset")};
    if (p.subset.empty()) p.subset = inputs.optional("split") ? "validation" : "all";
    return p;
}

/// Ids asked for, sorted. With `all`: every sample that has an image.
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

struct OpenedModels {
    learn::ModelDescription description;  ///< labels, label array, preprocessing: alike in all
    std::vector<learn::Channel> channels;
    std::vector<learn::Model> models;
};

OpenedModels open_models(const step::Context& context, const PredictParameters& parameters,
                         const std::vector<store::Sample>& samples) {
    const auto& dataset = context.inputs.one("dataset").manifest.content;
    const auto present = learn::channels_of(dataset, samples);
    OpenedModels opened;
    for (const auto& input : context.inputs.all("models")) {
        auto description = learn::describe_model(input.path, input.manifest.content);
        auto channels = matched_channels(description.channels, present, input.path.string());
        const auto preprocessing = dataset.find("preprocessing");
        if (description.preprocessing != (preprocessing == dataset.end() ? Json() : *preprocessing))
            throw Error(Exit::bad_input, input.path.string() +
                                             " was trained on data prepared otherwise than this dataset; "
                                             "prepare both by the same cohort-preprocess.");
        opened.models.push_back(learn::open_model(input.path, description, parameters.checkpoint, context.device));
        if (opened.models.size() == 1) {
            opened.description = std::move(description);
            opened.channels = std::move(channels);
        } else if (!(description.labels == opened.description.labels) || channels != opened.channels ||
                   description.label_array != opened.description.label_array) {
            throw Error(Exit::bad_input, input.path.string() +
                                             " has other labels or channels than the first model; only "
                                             "models of one task can be averaged.");
        }
    }
    return opened;
}

/// What the windows of all models and the result hold, beside the models themselves.
std::uint64_t bytes_for(const learn::Case& which, const OpenedModels& opened) {
    const auto voxels = static_cast<std::uint64_t>(which.shape[0] * which.shape[1] * which.shape[2]);
    auto bytes = voxels * (2 + 4);  // classes and label values
    for (const auto& model : opened.models) {
        bytes += learn::WindowSweep::bytes(which.shape, model.plan().patch, model.channels(), model.classes());
        bytes += learn::prediction_bytes(model.plan(), model.channels(), model.classes());
    }
    return bytes;
}

}  // namespace

std::vector<step::Finding> PredictStep::validate(const Json& json, const step::Inputs& inputs) const {
    std::vector<step::Finding> findings;
    const auto parameters = from_json(json, inputs);
    const auto* split = inputs.optional("split");
    if (!split && (!parameters.fold.empty() || parameters.subset != "all"))
        findings.push_back({"split", "--fold and --subset need --split.", Exit::usage});
    if (split && parameters.subset != "all") try {
            const auto folds = learn::read_folds(split->path);
            const auto& fold = learn::fold_named(folds, parameters.fold);
            if ((parameters.subset == "test" ? fold.test : fold.validation).empty())
                findings.push_back(
                    {"subset",
                     "Fold '" + fold.name + "' has no " + parameters.subset + " part; there is nothing to predict.",
                     Exit::usage});
        } catch (const Error& error) {
            findings.push_back({"fold", error.sentence(), error.code()});
        }
    return findings;
}

step::Outcome PredictStep::run(step::Context& context) {
    const auto parameters = from_json(context.parameters, context.inputs);
    learn::check_device(context.device);
    learn::set_compute_threads(context.threads);
    const auto& input = context.inputs.one("dataset");
    const store::Dataset dataset(input.path);
    auto samples = dataset.all_samples();
    const auto ids = ids_asked_for(parameters, context.inputs, samples);
    auto opened = open_models(context, parameters, samples);
    const learn::CaseReader reader(dataset, opened.channels, opened.description.labels, opened.description.label_array);

    store::DatasetWriter writer(context.out, store::Codec::fast);
    const std::set<std::string> asked(ids.begin(), ids.end());
    context.result.sources = 0;
    context.progress.start("predicting", ids.size(), "samples");
    std::size_t found_ids = 0;
    for (auto& sample : samples) {
        if (context.stop.stop_requested()) return step::Outcome::stopped_with_state_saved;
        if (!asked.count(sample.id)) continue;
        ++found_ids;
        ++context.result.sources;
        const auto id = sample.id;
        auto surveyed = reader.survey(std::move(sample), learn::WithLabel::no);
        context.progress.advance();
        if (const auto* why = std::get_if<Quarantined>(&surveyed)) {
            context.quarantine.add(id, *why);
            context.progress.quarantined();
            continue;
        }
        const auto& which = std::get<learn::Case>(surveyed);
        const auto held = within([&] { return "predicting " + id; },
                                 [&] { return context.memory.reserve(bytes_for(which, opened), "predicting " + id); });
        const auto classes =
            learn::predict_classes(opened.models, reader, which, [&] { return context.stop.stop_requested(); });
        if (classes.empty()) return step::Outcome::stopped_with_state_saved;
        auto predicted = predicted_sample(which, classes, opened.description.labels, opened.description.label_array,
                                          opened.channels.front().array, dataset);
        writer.add(writer.pack(std::move(predicted.sample), std::move(predicted.arrays)));
    }
    if (found_ids < ids.size())
        context.log.warn(std::to_string(ids.size() - found_ids) + " of " + std::to_string(ids.size()) +
                         " ids asked for are not in the dataset; evaluation counts them as failed.");
    const auto totals = writer.finish();
    std::string list;
    for (const auto& id : ids) list += id + "\n";
    write_file_atomically(context.out / "cases.txt", list);
    context.result.content = {{"samples", totals.samples},
                              {"subjects", totals.subjects},
                              {"labels", learn::to_json(opened.description.labels, opened.description.label_array)},
                              {"cases", ids.size()},
                              {"models", opened.models.size()}};
    return step::Outcome::done;
}

}  // namespace cohort::predict
