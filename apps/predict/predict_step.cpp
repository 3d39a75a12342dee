#include "apps/predict/predict_step.h"

#include <set>

#include "apps/predict/memory_need.h"
#include "apps/predict/predicted_sample.h"
#include "apps/predict/prepared_in_memory.h"
#include "core/files.h"
#include "learn/split_part.h"

namespace cohort::predict {
namespace {

/// The run: samples one after the other (every thread works on the one in hand).
class Predict {
public:
    explicit Predict(step::Context& context)
        : context_(context),
          parameters_(PredictParameters::from_json(context.parameters, context.inputs)),
          dataset_(context.inputs.one("dataset").path),
          samples_(dataset_.all_samples()),
          ids_(ids_asked_for(parameters_, context.inputs, samples_)),
          opened_(open_models(context, parameters_, samples_)),
          reader_(dataset_, opened_.channels, opened_.description.labels, opened_.description.label_array,
                  opened_.description.preprocessing),
          writer_(context.out, store::Codec::fast) {
        const std::set<std::string> asked(ids_.begin(), ids_.end());
        std::erase_if(samples_, [&](const auto& sample) { return asked.count(sample.id) == 0; });
    }

    step::Outcome run() {
        for (const auto& doubt : doubts_about(opened_, parameters_, context_.inputs, ids_)) context_.log.warn(doubt);
        if (samples_.size() < ids_.size())
            context_.log.warn(std::to_string(ids_.size() - samples_.size()) + " of " + std::to_string(ids_.size()) +
                              " ids asked for are not in the dataset; evaluation counts them as failed.");
        // What cannot fit is said before hours are spent on the samples before it.
        for (const auto& sample : samples_)
            if (const auto need = need_of(sample); const auto* bytes = std::get_if<std::uint64_t>(&need))
                require_memory(sample, *bytes, opened_, parameters_, context_.threads, context_.memory);
        context_.progress.start("predicting", samples_.size(), "samples");
        for (auto& sample : samples_) {
            if (context_.stop.stop_requested()) return step::Outcome::stopped_with_state_saved;
            const auto id = sample.id;
            if (!within([&] { return "predicting " + id; }, [&] { return predict(std::move(sample)); }))
                return step::Outcome::stopped_with_state_saved;
            context_.progress.advance();
        }
        finish();
        return step::Outcome::done;
    }

private:
    std::variant<std::uint64_t, Quarantined> need_of(const store::Sample& sample) const {
        return memory_need(sample, opened_, parameters_, context_.threads);
    }

    void set_aside(const std::string& id, const Quarantined& why) {
        context_.quarantine.add(id, why);
        context_.progress.quarantined();
        context_.log.warn("set aside: " + why.message);
    }

    /// False when it was asked to stop on the way.
    bool predict(store::Sample sample) {
        const auto id = sample.id;
        const auto need = need_of(sample);
        if (const auto* why = std::get_if<Quarantined>(&need)) return set_aside(id, *why), true;
        const auto held = context_.memory.reserve(std::get<std::uint64_t>(need), "predicting " + id);
        auto surveyed = survey(std::move(sample));
        if (const auto* why = std::get_if<Quarantined>(&surveyed)) return set_aside(id, *why), true;
        const auto& which = std::get<learn::Case>(surveyed);
        const auto& image = which.sample.arrays.at(opened_.channels.front().array);
        const auto grid = result_grid(image);
        const auto way = grid::way_back(which.shape, image.geometry, grid.extents, grid.geometry);
        if (const auto* why = std::get_if<std::string>(&way))
            return set_aside(id, {"unsupported", id + ": there is no way back to the grid it came on: " + *why + "."}),
                   true;
        NativeResult result(grid.shape, grid.axes, opened_.description.labels, parameters_.probabilities);
        if (!label(which, std::get<grid::WayBack>(way), result)) return false;
        auto predicted = predicted_sample(which.sample, std::move(result), grid, opened_.description.label_array,
                                          opened_.channels.front().array, dataset_);
        writer_.add(writer_.pack(std::move(predicted.sample), std::move(predicted.arrays), context_.threads));
        return true;
    }

    std::variant<learn::Case, Quarantined> survey(store::Sample sample) const {
        if (!opened_.to_prepare) return reader_.survey(std::move(sample), learn::WithLabel::no);
        auto prepared = prepare_in_memory(*opened_.to_prepare, dataset_, std::move(sample), context_.threads);
        if (auto* why = std::get_if<Quarantined>(&prepared)) return std::move(*why);
        auto& done = std::get<PreparedInMemory>(prepared);
        return reader_.survey(std::move(done.sample), learn::WithLabel::no, std::move(done.voxels));
    }

    bool label(const learn::Case& which, const grid::WayBack& way, NativeResult& result) {
        learn::EnsembleSweep sweep(
            opened_.models, reader_, which, [&] { return context_.stop.stop_requested(); }, parameters_.mirror);
        grid::BackToNative back(way, static_cast<std::size_t>(opened_.description.labels.classes()), context_.threads);
        for (std::int64_t z = 0; z < which.shape[2]; ++z) {
            const auto scores = sweep.slice(z);
            if (scores.empty()) return false;
            back.take(scores, [&](const grid::ScoreRow& row) { result.put(row); });
        }
        return true;
    }

    void finish() {
        const auto totals = writer_.finish();
        std::string list;
        for (const auto& id : ids_) list += id + "\n";
        write_file_atomically(context_.out / "cases.txt", std::string_view(list));
        auto& result = context_.result;
        result.sources = samples_.size();
        result.content = {{"samples", totals.samples},
                          {"subjects", totals.subjects},
                          {"labels", learn::to_json(opened_.description.labels, opened_.description.label_array)},
                          {"cases", ids_.size()},
                          {"models", opened_.models.size()}};
    }

    step::Context& context_;
    const PredictParameters parameters_;
    const store::Dataset dataset_;
    std::vector<store::Sample> samples_;  ///< asked for and there, by id
    const std::vector<std::string> ids_;
    OpenedModels opened_;
    const learn::CaseReader reader_;
    store::DatasetWriter writer_;
};

}  // namespace

std::vector<step::Finding> PredictStep::validate(const Json& json, const step::Inputs& inputs) const {
    std::vector<step::Finding> findings;
    const auto parameters = PredictParameters::from_json(json, inputs);
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
    learn::check_device(context.device);
    learn::set_compute_threads(context.threads);
    return Predict(context).run();
}

}  // namespace cohort::predict
