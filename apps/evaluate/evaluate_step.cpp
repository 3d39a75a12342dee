#include "apps/evaluate/evaluate_step.h"

#include <algorithm>

#include "apps/evaluate/against.h"
#include "apps/evaluate/case_pictures.h"
#include "apps/evaluate/report.h"
#include "core/error.h"
#include "core/files.h"
#include "core/parallel.h"
#include "measure/nnunet_summary.h"

namespace cohort::evaluate {
namespace {

/// The reference's labels but the background and the ignored one, then the regions.
std::vector<measure::Target> targets_of(const step::Input& reference, const std::string& array,
                                        const EvaluateParameters& parameters) {
    std::vector<measure::Target> targets;
    const std::string where = (reference.path / "manifest.json").string();
    if (const auto labels = reference.manifest.content.find("labels"); labels != reference.manifest.content.end())
        for (const Json& label : *labels) {
            if (text_member(label, "array", where) != array) continue;
            const std::int64_t value = integer_member(label, "value", where);
            if (value == 0 || value == parameters.ignore_label) continue;
            if (value != static_cast<std::int32_t>(value))
                throw Error(Exit::bad_input, where + ": label " + std::to_string(value) + " does not fit 32 bits.");
            targets.push_back(
                {std::to_string(value), label.value("name", std::string()), {static_cast<std::int32_t>(value)}});
        }
    std::sort(targets.begin(), targets.end(), [](const auto& a, const auto& b) { return a.values < b.values; });
    targets.insert(targets.end(), parameters.regions.begin(), parameters.regions.end());
    if (targets.empty())
        throw Error(Exit::bad_input, where + ": the table of labels has no foreground label of the array '" + array +
                                         "'; there is nothing to score.");
    return targets;
}

/// What was seen over all cases.
struct Tally {
    Remarks remarks;
    std::map<std::int32_t, std::vector<std::string>> unknown_values;
};

void take(const AskedCase& asked, ScoredCase scored, measure::Evaluation& evaluation, Tally& tally,
          step::Context& context) {
    context.progress.advance();
    if (scored.set_aside) {
        context.quarantine.add(scored.set_aside->source, scored.set_aside->why);
        context.progress.quarantined();
        context.log.warn("set aside: " + scored.set_aside->why.message);
        tally.remarks.quarantined.push_back(scored.set_aside->source + ": " + scored.set_aside->why.message);
    }
    for (const std::int32_t value : scored.unknown_values) tally.unknown_values[value].push_back(asked.id);
    if (!scored.scores) return;
    if (scored.scores->failed) tally.remarks.failed.push_back(asked.id);
    evaluation.cases.push_back(std::move(*scored.scores));
}

/// False when a signal came.
bool score_all(const Cases& cases, const CaseScorer& scorer, measure::Evaluation& evaluation, Tally& tally,
               step::Context& context) {
    context.progress.start("scoring", cases.asked.size(), "cases");
    bool stopped = false;
    std::size_t next = 0;
    ordered_pipeline(
        context.threads, 0,
        [&]() -> std::optional<std::size_t> {
            stopped = stopped || context.stop.stop_requested();
            return !stopped && next < cases.asked.size() ? std::optional(next++) : std::nullopt;
        },
        [&](std::size_t& i) { return scorer.score(cases.asked[i]); },
        [&](std::size_t& i, ScoredCase scored) {
            take(cases.asked[i], std::move(scored), evaluation, tally, context);
        });
    return !stopped;
}

void warn_about(const Tally& tally, step::Context& context) {
    const auto& remarks = tally.remarks;
    if (!remarks.failed.empty())
        context.log.warn(std::to_string(remarks.failed.size()) +
                         " of the cases asked for have no usable prediction and count "
                         "as failed: " +
                         some_of(remarks.failed) + ".");
    for (const auto& [value, ids] : tally.unknown_values)
        context.log.warn("label " + std::to_string(value) + " is predicted in " + std::to_string(ids.size()) +
                         (ids.size() == 1 ? " case" : " cases") + " (" + some_of(ids, 3) +
                         ") but not in the reference's table; it is scored as background.");
    for (const auto& id : remarks.unlabelled) context.quarantine.skip(id, "the reference has no label for it");
    for (const auto& id : remarks.outside_subset) context.quarantine.skip(id, "it is not in the split's part");
    if (!remarks.unlabelled.empty())
        context.log.warn(std::to_string(remarks.unlabelled.size()) +
                         " cases have no reference label and are not scored: " + some_of(remarks.unlabelled) + ".");
    if (!remarks.outside_subset.empty())
        context.log.warn(std::to_string(remarks.outside_subset.size()) +
                         " predictions are not in the split's part and are not "
                         "scored: " +
                         some_of(remarks.outside_subset) + ".");
}

void compare_with(const std::string& path, Report& report, step::Context& context) {
    const Against against = read_against(path, report.evaluation);
    report.comparison = measure::compare(report.evaluation, against.table, report.plan, context.threads);
    if (against.privacy) context.result.privacy = against.privacy;  // it stands in the comparison too
    for (const auto& [where, ids] :
         {std::pair{"here", &report.comparison->only_ours}, {"there", &report.comparison->only_theirs}})
        if (!ids->empty())
            context.log.warn(std::to_string(ids->size()) + " cases are only " + where +
                             " and are not compared: " + some_of(*ids) + ".");
}

void write_members(const Report& report, const EvaluateParameters& parameters, const std::filesystem::path& out) {
    write_file_atomically(out / "cases.csv", measure::cases_csv(report.evaluation));
    write_file_atomically(out / "summary.json", canonical_json(summary_json(report)));
    write_file_atomically(out / "summary.md", summary_markdown(report));
    if (!parameters.nnunet) return;
    std::filesystem::create_directories(out / "nnunet");
    write_file_atomically(out / "nnunet" / "summary.json", measure::nnunet_summary(report.evaluation));
}

}  // namespace

std::vector<step::Finding> EvaluateStep::validate(const Json& json, const step::Inputs& inputs) const {
    std::vector<step::Finding> findings;
    try {
        const auto parameters = from_json(json);
        chosen_metrics(parameters);
        const bool own_rule = parameters.rules.empty != measure::EmptyRule::undefined ||
                              parameters.rules.empty_distance != measure::EmptyDistance::undefined;
        if (own_rule && parameters.convention->name != "cohort")
            findings.push_back(
                {"compat", "--compat " + std::string(parameters.convention->name) +
                               " has its own rule for empty masks; leave --empty and --empty-distance out."});
        const auto* split = inputs.optional("split");
        if (!split && (json.contains("fold") || json.contains("subset")))
            findings.push_back({"split", "--fold and --subset need --split."});
        if (split) split_part(*split, parameters.fold, parameters.subset);
    } catch (const Error& error) {
        findings.push_back({"", error.sentence(), error.code()});
    }
    return findings;
}

step::Outcome EvaluateStep::run(step::Context& context) {
    const auto parameters = from_json(context.parameters);
    const Cases cases = find_cases(context.inputs, parameters);
    Report report{{parameters.convention,
                   chosen_metrics(parameters),
                   targets_of(context.inputs.one("reference"), cases.array, parameters),
                   parameters.rules,
                   {}},
                  {},
                  {parameters.resamples, parameters.permutations, context.seed},
                  {},
                  std::nullopt};
    Tally tally;
    tally.remarks.unlabelled = cases.unlabelled;
    tally.remarks.outside_subset = cases.outside_subset;
    const CaseScorer scorer(cases, context.inputs, parameters, report.evaluation, context.memory);
    if (!score_all(cases, scorer, report.evaluation, tally, context)) return step::Outcome::stopped_with_state_saved;
    if (report.evaluation.cases.empty())
        throw Error(Exit::bad_input, "no case could be scored: every reference label was set aside; see the warnings.");
    warn_about(tally, context);
    report.remarks = std::move(tally.remarks);
    report.remarks.pictured =
        write_pictures(context.out / "worst-median-best.png", cases, scorer, report.evaluation, context.memory);
    const auto intervals = (report.evaluation.targets.size() + 1) * report.evaluation.metrics.size();
    context.progress.start("resampling", intervals, "intervals");
    report.intervals = measure::intervals_of(report.evaluation, report.plan, context.threads);
    context.progress.advance(intervals);
    if (!parameters.against.empty()) compare_with(parameters.against, report, context);
    write_members(report, parameters, context.out);
    context.result.content = content_of(report);
    context.result.sources = cases.asked.size() + cases.unlabelled.size() + cases.outside_subset.size();
    context.result.report = short_table(report);
    return step::Outcome::done;
}

}  // namespace cohort::evaluate
