#include "apps/curate/curate_step.h"

#include <algorithm>

#include "apps/curate/survey.h"
#include "core/files.h"
#include "core/parallel.h"
#include "store/dataset_writer.h"

namespace cohort::curate {
namespace {

bool is_ours(const store::Flag& flag) {
    const auto checks = all_checks();
    return std::any_of(checks.begin(), checks.end(), [&](const Check& check) { return check.name == flag.check; });
}

/// Flags of other steps stay; those of an earlier curate are replaced by today's.
void set_flags(store::Sample& sample, const Record& record, const CurateParameters& parameters) {
    std::erase_if(sample.flags, is_ours);
    for (const auto& [check, finding] : record.findings)
        if (parameters.actions[check] == Action::flag)
            sample.flags.push_back({std::string(all_checks()[check].name), finding.message});
}

void quarantine(step::Context& context, const Record& record) {
    const auto& [check, finding] = record.findings[*record.quarantined_by];
    Quarantined why{std::string(all_checks()[check].reason), record.id + ": " + finding.message, finding.details};
    why.details["id"] = record.id;
    why.details["check"] = all_checks()[check].name;
    for (std::size_t f = 0; f < record.findings.size(); ++f)
        if (f != *record.quarantined_by) why.details["also"].push_back(record.findings[f].second.message);
    context.quarantine.add(record.source, why);
    context.progress.quarantined();
    context.log.warn("set aside: " + why.message);
}

store::DatasetTotals write_staying(const store::Dataset& dataset, const std::vector<Record>& records,
                                   const CurateParameters& parameters, step::Context& context) {
    store::DatasetWriter writer(context.out, store::Codec::fast);
    auto samples = dataset.samples();
    std::size_t next = 0;
    context.progress.start("writing", records.size(), "samples");
    ordered_pipeline(
        context.threads, 0,
        [&]() -> std::optional<std::pair<store::Sample, const Record*>> {
            while (!context.stop.stop_requested()) {
                auto sample = samples.next();
                if (!sample) break;
                const auto& record = records[next++];
                context.progress.advance();
                if (!record.quarantined_by) return std::pair(std::move(*sample), &record);
                quarantine(context, record);
            }
            return std::nullopt;
        },
        [&](std::pair<store::Sample, const Record*>& item) {
            auto& [sample, record] = item;
            set_flags(sample, *record, parameters);
            auto arrays = store::taken_over(dataset, sample);
            return writer.pack(std::move(sample), std::move(arrays));
        },
        [&](auto&, std::unique_ptr<store::PackedSample> packed) { writer.add(std::move(packed)); });
    return writer.finish();
}

/// How many samples each check flagged or quarantined: content.checks.
Json tally(const std::vector<Record>& records, const CurateParameters& parameters) {
    const auto checks = all_checks();
    std::vector<std::uint64_t> flagged(checks.size(), 0), quarantined(checks.size(), 0);
    for (const auto& record : records) {
        if (record.quarantined_by) {
            ++quarantined[record.findings[*record.quarantined_by].first];
            continue;
        }
        std::vector<bool> seen(checks.size(), false);
        for (const auto& [check, finding] : record.findings)
            if (parameters.actions[check] == Action::flag && !seen[check]) seen[check] = true, ++flagged[check];
    }
    Json out = Json::object();
    for (std::size_t c = 0; c < checks.size(); ++c)
        out[std::string(checks[c].name)] = {
            {"action", name_of(parameters.actions[c])}, {"flagged", flagged[c]}, {"quarantined", quarantined[c]}};
    return out;
}

std::string report_of(const Json& by_check) {
    std::string text;
    for (const auto& [name, row] : by_check.items()) {
        const auto flagged = row.at("flagged").get<std::uint64_t>(),
                   quarantined = row.at("quarantined").get<std::uint64_t>();
        if (flagged + quarantined == 0) continue;
        text += name + ": ";
        if (quarantined) text += std::to_string(quarantined) + " quarantined" + (flagged ? ", " : "");
        if (flagged) text += std::to_string(flagged) + " flagged";
        text += "\n";
    }
    return text.empty() ? "no check found anything\n" : text;
}

}  // namespace

std::vector<step::Finding> CurateStep::validate(const Json& parameters, const step::Inputs&) const {
    std::vector<std::string> faults;
    curate_parameters(parameters, &faults);
    std::vector<step::Finding> findings;
    findings.reserve(faults.size());
    for (auto& fault : faults) findings.push_back({"check", std::move(fault), Exit::usage});
    return findings;
}

step::Outcome CurateStep::run(step::Context& context) {
    const auto parameters = curate_parameters(context.parameters, nullptr);
    const auto& input = context.inputs.one("dataset");
    const store::Dataset dataset(input.path);

    auto records = survey(dataset, parameters, context);
    if (context.stop.stop_requested()) return step::Outcome::stopped_with_state_saved;
    judge(records, parameters);
    throw_if_failed(records, parameters);

    std::vector<const FingerprintRow*> rows;
    for (const auto& record : records)
        if (!record.quarantined_by) rows.push_back(&record.row);
    const auto& before = dataset.manifest().content;
    const auto fingerprint = fingerprint_json(rows, channel_table(before), label_table(before));
    write_file_atomically(context.out / "fingerprint.json", std::string_view(canonical_json(fingerprint)));
    store::keep_asked_cases(dataset, context.out);
    const auto totals = write_staying(dataset, records, parameters, context);
    if (context.stop.stop_requested()) return step::Outcome::stopped_with_state_saved;

    const auto counted = tally(records, parameters);
    auto& result = context.result;
    result.content = before;
    totals.renew(result.content);
    result.content["flagged"] = totals.flagged;
    result.content["checks"] = counted;
    result.content["fingerprint"] = fingerprint_summary(fingerprint);
    result.sources = records.size();
    result.report = report_of(counted);
    return step::Outcome::done;
}

}  // namespace cohort::curate
