#include "apps/train/train_step.h"

#include <algorithm>
#include <set>

#include "apps/train/train_parameters.h"
#include "apps/train/training_curves.h"
#include "augment/recipe.h"
#include "core/checked_math.h"
#include "core/files.h"
#include "core/parallel.h"
#include "learn/case_reader.h"
#include "learn/split_part.h"
#include "learn/trainer.h"
#include "store/dataset.h"

namespace cohort::train {
namespace {

using learn::Case;

/// Which ids train and which validate.
struct Parts {
    std::set<std::string> train, validation;
};

Parts parts_of(const TrainParameters& parameters, const step::Context& context,
               const std::vector<store::Sample>& samples) {
    Parts parts;
    if (const auto* split = context.inputs.optional("split")) {
        const auto folds = learn::read_folds(split->path);
        const auto& fold = learn::fold_named(folds, parameters.fold);
        parts.train.insert(fold.train.begin(), fold.train.end());
        parts.validation.insert(fold.validation.begin(), fold.validation.end());
        std::size_t absent = parts.train.size() + parts.validation.size();
        for (const auto& sample : samples) absent -= parts.train.count(sample.id) + parts.validation.count(sample.id);
        // Copies were made to train on: they follow their originals, whatever the split says of them, and never
        // validate.
        std::size_t copies = 0;
        for (const auto& sample : samples) {
            const auto original = sample.copy_of();
            if (original.empty()) continue;
            copies += parts.validation.erase(sample.id);
            if (parts.train.count(original) > 0 && parts.validation.count(original) == 0)
                parts.train.insert(sample.id);
            else
                copies += parts.train.erase(sample.id);
        }
        if (copies > 0)
            context.log.warn(
                std::to_string(copies) +
                " copies by augment are left out: copies do not validate, and train only where their originals do.");
        if (absent > 0)
            context.log.warn(std::to_string(absent) + " ids of fold '" + fold.name + "' are not in the dataset.");
        if (parts.validation.empty())
            context.log.warn("Fold '" + fold.name + "' has no validation part; nothing is validated.");
    } else {
        for (const auto& sample : samples)
            if (sample.array(parameters.label)) parts.train.insert(sample.id);
    }
    return parts;
}

/// At most `most`, evenly taken.
std::vector<store::Sample> evenly(std::vector<store::Sample> samples, std::uint64_t most) {
    if (samples.size() <= most) return samples;
    std::vector<store::Sample> chosen;
    for (std::uint64_t i = 0; i < most; ++i) chosen.push_back(std::move(samples[i * samples.size() / most]));
    return chosen;
}

/// Surveys the samples in parallel; what cannot be used is set aside by name.
std::vector<Case> surveyed(const std::vector<store::Sample>& samples, const learn::CaseReader& reader,
                           step::Context& context) {
    std::vector<Case> cases;
    ordered_for(
        samples.size(), context.threads,
        [&](std::size_t i) { return reader.survey(samples[i], learn::WithLabel::yes); },
        [&](std::size_t i, std::variant<Case, Quarantined> found) {
            context.progress.advance();
            if (auto* usable = std::get_if<Case>(&found))
                cases.push_back(std::move(*usable));
            else {
                const auto& why = std::get<Quarantined>(found);
                context.quarantine.add(samples[i].id, why);
                context.progress.quarantined();
                context.log.warn("set aside: " + why.message);
            }
        });
    return cases;
}

learn::Plan plan_of(const TrainParameters& parameters, const step::Context& context, const std::vector<Case>& cases,
                    const learn::CaseReader& reader) {
    if (const auto* given = context.inputs.optional("plan")) {
        const auto file = given->path / "plan.json";
        return learn::with_wishes(learn::plan_from_json(read_json(file), file.string()), parameters.wishes);
    }
    learn::PlanInputs inputs;
    for (const auto& which : cases) {
        inputs.shapes.push_back(which.shape);
        inputs.spacings_mm.push_back(which.spacing_mm);
    }
    inputs.channels = reader.channels();
    inputs.classes = reader.labels().classes();
    inputs.accelerator = context.device != "cpu";
    return learn::choose_plan(inputs, parameters.wishes);
}

/// Error(resources) that names a batch, else a patch, that would fit.
void check_memory(const learn::Plan& plan, const learn::CaseReader& reader, const step::Context& context) {
    if (context.device != "cpu") return;  // the device's memory is its own business
    const auto need_of = [&](const learn::Plan& p) {
        return learn::training_bytes(p, reader.channels(), reader.labels().classes());
    };
    const auto need = need_of(plan);
    if (need <= context.memory.total()) return;
    auto smaller = plan;
    while (smaller.batch > 1 && need_of(smaller) > context.memory.total()) --smaller.batch;
    auto advice = "--batch-size " + std::to_string(smaller.batch);
    const auto unit = plan.total_stride();
    while (need_of(smaller) > context.memory.total()) {
        const auto longest = static_cast<std::size_t>(std::max_element(smaller.patch.begin(), smaller.patch.end()) -
                                                      smaller.patch.begin());
        if (smaller.patch[longest] <= unit[longest]) break;
        smaller.patch[longest] -= unit[longest];
        advice = "--batch-size 1 and --patch " + std::to_string(smaller.patch[0]) + "," +
                 std::to_string(smaller.patch[1]) + "," + std::to_string(smaller.patch[2]);
    }
    const bool fits = need_of(smaller) <= context.memory.total();
    throw Error(Exit::resources, "Training needs about " + human_bytes(need) + ", but only " +
                                     human_bytes(context.memory.total()) + " are granted; " +
                                     (fits ? "use " + advice : std::string("lower --width")) + " or raise --memory.");
}

std::vector<store::Sample> taken(const std::vector<store::Sample>& samples, const std::set<std::string>& ids) {
    std::vector<store::Sample> result;
    for (const auto& sample : samples)
        if (ids.count(sample.id)) result.push_back(sample);
    return result;
}

Json content_of(const TrainParameters& parameters, const step::Context& context, const learn::CaseReader& reader,
                const std::vector<learn::Channel>& channels, const learn::TrainingOutcome& outcome,
                std::size_t trained_on, std::size_t validated_on) {
    Json content{{"channels", learn::to_json(channels)},
                 {"labels", learn::to_json(reader.labels(), parameters.label)},
                 {"compute_threads", context.threads},
                 {"device", context.device == "cpu" ? "cpu" : "cuda"},
                 {"iterations", outcome.state.iterations},
                 {"training_cases", trained_on},
                 {"validation_cases", validated_on},
                 {"best_iteration", nullptr},
                 {"best_dice", null_if_not_finite(outcome.state.best_dice)}};
    if (outcome.state.best_iteration > 0) content["best_iteration"] = outcome.state.best_iteration;
    const auto& from = context.inputs.one("dataset").manifest.content;
    const auto preprocessing = from.find("preprocessing");
    content["preprocessing"] = preprocessing == from.end() ? Json() : *preprocessing;
    return content;
}

}  // namespace

std::vector<step::Finding> TrainStep::validate(const Json& json, const step::Inputs& inputs) const {
    std::vector<step::Finding> findings;
    const auto parameters = from_json(json);
    const auto& budget = parameters.budget;
    if (budget.minutes.has_value() + budget.epochs.has_value() + budget.iterations.has_value() != 1)
        findings.push_back(
            {"minutes", "Say how long to train: exactly one of --minutes, --epochs and --iterations.", Exit::usage});
    if (json.contains("patch") && json.at("patch").size() != 3)
        findings.push_back({"patch", "--patch takes three numbers, along x, y, z; 2D images have z = 1.", Exit::usage});
    // The recipe of a given plan is known when the plan has been read.
    if (parameters.wishes.augmentation || !inputs.optional("plan")) try {
            (void)augment::changed_recipe(parameters.wishes.augmentation.value_or(learn::Plan{}.augmentation),
                                          parameters.wishes.transforms);
        } catch (const Error& error) {
            findings.push_back({"transform", error.sentence(), error.code()});
        }
    const auto* split = inputs.optional("split");
    if (!split && !parameters.fold.empty()) findings.push_back({"fold", "--fold needs --split.", Exit::usage});
    if (split) try {
            const auto folds = learn::read_folds(split->path);
            if (learn::fold_named(folds, parameters.fold).train.empty())
                findings.push_back({"fold", "The fold has no training part; choose another.", Exit::usage});
        } catch (const Error& error) {
            findings.push_back({"fold", error.sentence(), error.code()});
        }
    return findings;
}

step::Outcome TrainStep::run(step::Context& context) {
    const auto parameters = from_json(context.parameters);
    learn::check_device(context.device);
    learn::set_compute_threads(context.threads);
    const auto& input = context.inputs.one("dataset");
    const store::Dataset dataset(input.path);
    const auto samples = dataset.all_samples();
    const auto parts = parts_of(parameters, context, samples);
    const auto channels = learn::channels_of(input.manifest.content, samples);
    const learn::CaseReader reader(
        dataset, channels,
        learn::class_table(input.manifest.content, parameters.label, (input.path / "manifest.json").string()),
        parameters.label);
    const auto to_train = taken(samples, parts.train);
    const auto to_validate = evenly(taken(samples, parts.validation), parameters.validation_cases);
    context.result.sources = to_train.size() + to_validate.size();
    context.progress.start("surveying", to_train.size() + to_validate.size(), "samples");
    const auto training = surveyed(to_train, reader, context);
    const auto validation = surveyed(to_validate, reader, context);
    if (training.empty())
        throw Error(Exit::bad_input, "No sample with images and the array '" + parameters.label +
                                         "' is left to train on; look at the dataset with cohort-inspect.");
    const auto plan = plan_of(parameters, context, training, reader);
    check_memory(plan, reader, context);
    write_file_atomically(context.out / "plan.json", pretty_json(learn::to_json(plan)));

    const auto outcome =
        learn::train({reader, training, validation, plan, parameters.budget, parameters.validate_every,
                      parameters.checkpoint_every, parameters.loader_threads, context.seed, context.device, context.out,
                      context.continues, context.stop, context.progress, context.log});
    if (outcome.stopped) return step::Outcome::stopped_with_state_saved;
    write_training_curves(context.out);
    context.result.content =
        content_of(parameters, context, reader, channels, outcome, training.size(), validation.size());
    context.result.run["seconds_per_iteration"] = outcome.seconds_per_iteration;
    context.result.run["waiting_share"] = outcome.waiting_share;
    context.result.run["iterations_of_this_process"] = outcome.iterations_here;
    return step::Outcome::done;
}

}  // namespace cohort::train
