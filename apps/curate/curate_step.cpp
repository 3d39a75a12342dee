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

/// All arrays as they are: compressed chunks are taken over, whole shards linked where they can be.
std::map<std::string, store::NewArray> taken_over(const store::Dataset& from, const store::Sample& sample) {
    std::map<std::string, store::NewArray> arrays;
    for (const auto& [name, info] : sample.arrays) {
        store::NewArray array;
        array.info = info;
        array.from = &from;
        array.from_id = sample.id;
        array.from_array = name;
        array.header = from.header(sample.id, name);
        arrays.emplace(name, std::move(array));
    }
    return arrays;
}

/// What content says about the samples' arrays, counted again as they are written.
class Kept {
public:
    void see(const store::Sample& sample) {
        labelled_ += sample.first_with(store::Role::label) != nullptr;
        for (const auto& [name, info] : sample.arrays) {
            auto& row = arrays_[name];
            row["role"] = store::name_of(info.role);
            row["samples"] = row.value("samples", std::uint64_t{0}) + 1;
        }
    }
    /// Only what the dataset's content had; a dataset of another origin need not have these tables.
    void put_into(Json& content) const {
        if (content.contains("arrays")) content["arrays"] = arrays_;
        if (content.contains("labelled")) content["labelled"] = labelled_;
    }

private:
    Json arrays_ = Json::object();
    std::uint64_t labelled_ = 0;
};

store::DatasetWriter::Totals write_staying(const store::Dataset& dataset, const std::vector<Record>& records,
                                           const CurateParameters& parameters, step::Context& context, Kept& kept) {
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
            auto arrays = taken_over(dataset, sample);
            return writer.pack(std::move(sample), std::move(arrays));
        },
        [&](auto&, std::unique_ptr<store::PackedSample> packed) {
            kept.see(packed->sample());
            writer.add(std::move(packed));
        });
    return writer.finish();
}

struct Tally {
    Json by_check = Json::object();
    std::uint64_t flagged = 0;
};

/// How many samples each check flagged or quarantined.
Tally tally(const std::vector<Record>& records, const CurateParameters& parameters) {
    const auto checks = all_checks();
    std::vector<std::uint64_t> flagged(checks.size(), 0), quarantined(checks.size(), 0);
    Tally out;
    for (const auto& record : records) {
        if (record.quarantined_by) {
            ++quarantined[record.findings[*record.quarantined_by].first];
            continue;
        }
        std::vector<bool> seen(checks.size(), false);
        for (const auto& [check, finding] : record.findings)
            if (parameters.actions[check] == Action::flag && !seen[check]) seen[check] = true, ++flagged[check];
        out.flagged += std::any_of(seen.begin(), seen.end(), [](bool yes) { return yes; });
    }
    for (std::size_t c = 0; c < checks.size(); ++c)
        out.by_check[std::string(checks[c].name)] = {
            {"action", name_of(parameters.actions[c])}, {"flagged", flagged[c]}, {"quarantined", quarantined[c]}};
    return out;
}

std::string report_of(const Tally& tally) {
    std::string text;
    for (const auto& [name, row] : tally.by_check.items()) {
        const auto flagged = row.at("flagged").get<std::uint64_t>(), quarantined = row.at("quarantined").get<std::uint64_t>();
        if (flagged + quarantined == 0) continue;
        text += name + ": ";
        if (quarantined) text += std::to_string(quarantined) + " quarantined" + (flagged ? ", " : "");
        if (flagged) text += std::to_string(flagged) + " flagged";
        text += "\n";
    }
    return text.empty() ? "no check found anything\n" : text;
}

/// The ids that predictions were asked for stay asked for, whatever curate sets aside.
void keep_cases(const step::Input& input, const std::filesystem::path& out) {
    constexpr const char* cases = "cases.txt";
    if (input.manifest.members.contains(cases))
        write_file_atomically(out / cases, std::string_view(store::read_member(input.path, input.manifest, cases)));
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
    keep_cases(input, context.out);
    Kept kept;
    const auto totals = write_staying(dataset, records, parameters, context, kept);
    if (context.stop.stop_requested()) return step::Outcome::stopped_with_state_saved;

    const auto counted = tally(records, parameters);
    auto& result = context.result;
    result.content = before;
    kept.put_into(result.content);
    result.content["samples"] = totals.samples;
    result.content["subjects"] = totals.subjects;
    result.content["flagged"] = counted.flagged;
    result.content["checks"] = counted.by_check;
    result.content["fingerprint"] = fingerprint_summary(fingerprint);
    result.sources = records.size();
    result.report = report_of(counted);
    return step::Outcome::done;
}

}  // namespace cohort::curate
