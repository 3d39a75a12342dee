#include "tests/partition/made_dataset.h"

#include <algorithm>

#include "apps/partition/partition_step.h"
#include "core/files.h"

namespace cohort::partition {
namespace {

Json with_defaults(Json parameters) {
    const Json defaults{{"dataset", "."}, {"scheme", "kfold"}, {"folds", 5},          {"missing_ids", "report"},
                        {"group", "subject"}, {"bins", 4},     {"stratify", Json::array()}};
    for (const auto& [name, value] : defaults.items())
        if (!parameters.contains(name)) parameters[name] = value;
    return parameters;
}

store::ArrayInfo array_of(store::Role role, const std::string& content) {
    store::ArrayInfo info;
    info.role = role;
    info.shape = {4, 4, 4};
    info.axes = axes_named("xyz");
    info.geometry.affine = Affine{};
    info.digest = sha256(content);
    return info;
}

}  // namespace

store::Sample labelled(const std::string& id, const std::string& subject, Json values, const std::string& content) {
    store::Sample sample;
    sample.id = id;
    sample.subject = subject;
    sample.values = std::move(values);
    sample.arrays["image"] = array_of(store::Role::image, content.empty() ? id : content);
    sample.arrays["label"] = array_of(store::Role::label, "one label for all");
    sample.source = {id + ".nii.gz"};
    return sample;
}

store::Sample unlabelled(const std::string& id) {
    auto sample = labelled(id, id);
    sample.arrays.erase("label");
    return sample;
}

step::Input make_dataset(const std::filesystem::path& folder, std::vector<store::Sample> samples) {
    std::filesystem::create_directories(folder);
    std::sort(samples.begin(), samples.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    std::string text;
    for (const auto& sample : samples) text += canonical_json(to_json(sample)) + "\n";
    write_file_atomically(folder / "samples.jsonl", text);
    step::Input input;
    input.path = folder;
    input.manifest.kind = "dataset";
    input.manifest.members["samples.jsonl"] = sha256(text);
    return input;
}

Ran run_partition(const std::filesystem::path& folder, const step::Input& dataset, Json parameters, std::uint64_t seed,
                  unsigned threads) {
    const auto out = folder / "split";
    std::filesystem::remove_all(out);
    std::filesystem::create_directories(out);
    const Json filled = with_defaults(std::move(parameters));
    step::Inputs inputs;
    inputs.by_name["dataset"] = {dataset};
    store::QuarantineWriter quarantine(out / "quarantine.jsonl", "partition");
    Progress progress;
    Log log;
    const MemoryBudget memory(std::uint64_t{1} << 30);
    step::Result result;
    const std::string device = "cpu";
    step::Context context{filled, inputs, out, false, quarantine, progress, log, memory, threads, seed, device, {}, result};
    PartitionStep step;
    const auto findings = step.validate(filled, inputs);
    if (!findings.empty()) throw Error(findings.front().code, findings.front().sentence);
    step.run(context);
    Ran ran;
    ran.split_text = read_text(out / "split.json");
    ran.split = parse_json(ran.split_text, "split.json");
    ran.content = result.content;
    ran.report = result.report;
    ran.warnings = log.warnings();
    ran.sources = result.sources;
    ran.skipped = quarantine.skipped();
    return ran;
}

std::vector<step::Finding> findings_for(Json parameters) {
    PartitionStep step;
    return step.validate(with_defaults(std::move(parameters)), {});
}

}  // namespace cohort::partition
