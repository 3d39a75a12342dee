#include "apps/curate/survey.h"

#include <algorithm>

#include "core/error.h"
#include "core/parallel.h"

namespace cohort::curate {
namespace {

Record record_of(const SampleFacts& facts, const LabelTable& labels, const CurateParameters& parameters) {
    const auto& sample = facts.sample;
    Record record;
    record.id = sample.id;
    record.source = sample.source.empty() ? sample.id : sample.source.front();
    record.shown = {sample.id, sample.subject, {}};
    for (const auto& array : facts.arrays)
        if (array.content)
            record.shown.images.push_back(
                {array.name, *array.content, std::all_of(array.channels.begin(), array.channels.end(), is_constant)});
    const auto checks = all_checks();
    for (std::size_t c = 0; c < checks.size(); ++c) {
        if (!checks[c].look || parameters.actions[c] == Action::off) continue;
        for (auto& finding : checks[c].look(facts, labels)) record.findings.emplace_back(c, std::move(finding));
    }
    record.row = fingerprint_row(facts);
    return record;
}

void choose_quarantine(Record& record, const CurateParameters& parameters) {
    record.quarantined_by.reset();
    for (std::size_t f = 0; f < record.findings.size() && !record.quarantined_by; ++f) {
        const auto& [check, finding] = record.findings[f];
        if (parameters.actions[check] == Action::quarantine && !finding.is_original) record.quarantined_by = f;
    }
}

}  // namespace

std::vector<Record> survey(const store::Dataset& dataset, const CurateParameters& parameters, step::Context& context) {
    const auto& content = dataset.manifest().content;
    const auto labels = label_table(content);
    std::vector<Record> records;
    auto samples = dataset.samples();
    const auto total = content.contains("samples") && content["samples"].is_number_unsigned()
                           ? content["samples"].get<std::uint64_t>()
                           : 0;
    context.progress.start("looking at voxels", total, "samples");
    ordered_pipeline(
        context.threads, 0,
        [&]() -> std::optional<store::Sample> { return context.stop.stop_requested() ? std::nullopt : samples.next(); },
        [&](store::Sample& sample) {
            const auto facts = look_at(dataset, std::move(sample), context.memory);
            context.progress.advance(1, facts.bytes);
            return record_of(facts, labels, parameters);
        },
        [&](store::Sample&, Record record) { records.push_back(std::move(record)); });
    return records;
}

void judge(std::vector<Record>& records, const CurateParameters& parameters) {
    std::vector<Shown> shown;
    std::vector<Record*> staying;
    for (auto& record : records) {
        choose_quarantine(record, parameters);
        if (record.quarantined_by) continue;
        shown.push_back(std::move(record.shown));
        staying.push_back(&record);
    }
    const auto checks = all_checks();
    for (std::size_t c = 0; c < checks.size(); ++c) {
        if (!checks[c].compare || parameters.actions[c] == Action::off) continue;
        auto findings = checks[c].compare(shown);
        for (std::size_t i = 0; i < staying.size(); ++i)
            for (auto& finding : findings[i]) staying[i]->findings.emplace_back(c, std::move(finding));
    }
    for (auto* record : staying) choose_quarantine(*record, parameters);
}

void throw_if_failed(const std::vector<Record>& records, const CurateParameters& parameters) {
    constexpr std::size_t most_named = 10;
    std::size_t samples = 0;
    std::string sentences;
    for (const auto& record : records) {
        const auto failed = std::find_if(record.findings.begin(), record.findings.end(), [&](const auto& finding) {
            return parameters.actions[finding.first] == Action::fail;
        });
        if (failed == record.findings.end()) continue;
        if (++samples <= most_named)
            sentences += " " + record.id + " (" + std::string(all_checks()[failed->first].name) + "): " + failed->second.message;
    }
    if (samples == 0) return;
    throw Error(Exit::check_failed,
                std::to_string(samples) + (samples == 1 ? " sample fails" : " samples fail") +
                    " a check that was declared to fail the run (--check NAME=fail)." + sentences +
                    (samples > most_named ? " … and " + std::to_string(samples - most_named) + " more." : ""));
}

}  // namespace cohort::curate
