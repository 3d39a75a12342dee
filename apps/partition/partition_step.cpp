#include "apps/partition/partition_step.h"

#include "apps/partition/balance.h"
#include "apps/partition/cases.h"
#include "apps/partition/schemes/scheme.h"
#include "core/error.h"

namespace cohort::partition {
namespace {

bool reads_folds(const PartitionParameters& p) { return p.scheme == "given" || p.scheme == "nnunet"; }

std::string count_of(std::size_t count, const std::string& what) {
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

/// Names on one line each in the log's details, the number in a sentence, every one counted as skipped.
void skip(step::Context& context, const std::vector<std::string>& ids, const std::string& why) {
    if (ids.empty()) return;
    constexpr std::size_t most_named = 10;
    std::string names;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (i < most_named) names.append(i ? ", " : "").append(ids[i]);
        context.quarantine.skip(ids[i], why);
    }
    if (ids.size() > most_named) names += ", … (all of them in the log at --verbose)";
    context.log.warn(count_of(ids.size(), "sample") + (ids.size() == 1 ? " is" : " are") + " not used: " + why + " (" +
                     names + ").");
    if (ids.size() > most_named)
        for (const auto& id : ids)
            context.log.detail(std::string("not used: ").append(id).append(": ").append(why) + ".");
}

Json content_of(const PartitionParameters& p, const Split& split, const Cases& cases, const Grouping& grouping,
                std::size_t unlisted) {
    Json content{{"scheme", p.scheme},
                 {"folds", split.folds.size()},
                 {"samples", cases.used.size() - unlisted},
                 {"groups", grouping.names.size()},
                 {"group", p.group},
                 {"stratify", p.stratify},
                 {"fold_names", Json::array()}};
    for (const auto& fold : split.folds) content["fold_names"].push_back(fold.name);
    if (reads_folds(p)) {
        content["source"] = split.read_from_file ? "read" : "computed";
        content["missing_ids"] = split.absent.size() + split.unusable.size();
    }
    return content;
}

}  // namespace

std::vector<step::Finding> PartitionStep::validate(const Json& parameters, const step::Inputs&) const {
    const auto p = partition_parameters(parameters);
    std::vector<step::Finding> findings;
    const auto refuse = [&](bool wrong, const char* parameter, std::string sentence, Exit code = Exit::usage) {
        if (wrong) findings.push_back({parameter, std::move(sentence), code});
    };
    std::error_code ignored;
    const bool computes = p.scheme == "kfold" || p.scheme == "nnunet";
    refuse(p.scheme == "given" && !p.given, "given", "--scheme given needs --given PATH, the folds to read.");
    refuse(p.scheme == "given" && p.given && !std::filesystem::exists(*p.given, ignored), "given",
           (p.given ? p.given->string() : "") + ": there is no such file or folder; --given names the folds to read.",
           Exit::bad_input);
    refuse(!reads_folds(p) && p.given.has_value(), "given",
           "--given is for --scheme given and nnunet; leave it out, or choose one of these.");
    refuse(!computes && p.folds != default_folds, "folds",
           "--folds is for --scheme kfold and nnunet; " + p.scheme + " has its own number of folds.");
    refuse(p.scheme != "holdout" && p.validation_fraction.has_value(), "validation_fraction",
           "--validation-fraction is for --scheme holdout.");
    refuse(p.scheme != "holdout" && p.scheme != "kfold" && p.test_fraction.has_value(), "test_fraction",
           "--test-fraction is for --scheme holdout and kfold.");
    refuse(p.scheme == "holdout" &&
               p.validation_fraction.value_or(default_validation_fraction) + p.test_fraction.value_or(0) >= 1,
           "test_fraction",
           "--validation-fraction and --test-fraction leave nothing to train on; their sum must be below 1.");
    refuse(!reads_folds(p) && p.refuse_missing_ids, "missing_ids",
           "--missing-ids is for --scheme given and nnunet, which read lists of ids.");
    return findings;
}

step::Outcome PartitionStep::run(step::Context& context) {
    const auto p = partition_parameters(context.parameters);
    const auto& [dataset, manifest] = context.inputs.one("dataset");
    context.progress.start("reading samples", 0, "samples");
    const auto cases = read_cases(dataset, manifest.member("samples.jsonl", dataset), p.group, p.stratify);
    context.progress.advance(cases.used.size() + cases.unlabelled.size());
    skip(context, cases.unlabelled, "they have neither label nor class");

    auto grouping = group_cases(cases);
    if (grouping.without_value > 0)
        context.log.warn(count_of(grouping.without_value, "sample") + " without a value of " + p.group +
                         " (--group): each is a group of its own.");
    std::vector<Variable> shown;
    for (std::size_t c = 0; c < cases.columns.size(); ++c) shown.push_back(variable_of(cases, c, p.bins));
    const std::vector<Variable> strata(shown.begin(), shown.begin() + static_cast<std::ptrdiff_t>(cases.stratified));

    SchemeInput input{p, cases, grouping, strata, context.seed, context.log};
    const auto split = scheme_named(p.scheme).make(input);
    refuse_overlap(split, cases, grouping, p.group);
    for (const auto& sentence : empty_parts(split)) context.log.warn(sentence);
    std::vector<std::string> unlisted;
    for (const auto i : unlisted_cases(split, cases.used.size())) unlisted.push_back(cases.used[i].id);
    skip(context, unlisted, "no fold lists them");

    write_split(context.out / "split.json", p.scheme, split, cases, grouping, p.group, shown);
    context.result.content = content_of(p, split, cases, grouping, unlisted.size());
    context.result.sources = cases.used.size() + cases.unlabelled.size();
    context.result.report = balance_table(split, grouping, shown);
    return step::Outcome::done;
}

}  // namespace cohort::partition
