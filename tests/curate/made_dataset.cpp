#include "tests/curate/made_dataset.h"

#include <algorithm>

#include "apps/curate/curate_step.h"
#include "core/files.h"

namespace cohort::curate {
namespace {

store::NewArray made(const MadeArray& wanted) {
    store::NewArray array;
    Volume volume(wanted.type, wanted.shape, axes_named(std::string_view("xyzcabd").substr(0, wanted.shape.size())));
    visit(volume, [&]<class T>(std::span<T> voxels) {
        if constexpr (std::is_arithmetic_v<T>)
            for (std::size_t i = 0; i < voxels.size(); ++i)
                voxels[i] = static_cast<T>(wanted.value(static_cast<std::int64_t>(i)));
    });
    array.info.role = wanted.role;
    array.info.type = wanted.type;
    array.info.shape = wanted.shape;
    array.info.axes = volume.axes();
    array.info.geometry.affine = wanted.affine;
    array.info.scale = wanted.scale;
    array.voxels = std::move(volume);
    array.header = Json{{"format", "made"}};
    return array;
}

store::Manifest publish(store::OutputFolder& folder, Json content) {
    store::Manifest manifest;
    manifest.kind = "dataset";
    manifest.content = std::move(content);
    manifest.made_by.step = "test";
    manifest.made_by.version = "0";
    return folder.publish(manifest, Json::object(), store::Overwrite::replace, 1);
}

}  // namespace

MadeSample good_sample(const std::string& id, const std::string& subject) {
    const auto start = static_cast<std::int64_t>(sha256(id).bytes[0]) * 3 + static_cast<std::int64_t>(sha256(id).bytes[1]);
    MadeSample sample{id, subject.empty() ? id : subject, {}};
    sample.arrays["image"].value = [start](std::int64_t i) { return static_cast<double>(start + (i * 7) % 101); };
    auto& label = sample.arrays["label"];
    label.role = store::Role::label;
    label.type = VoxelType::u8;
    label.value = [](std::int64_t i) { return static_cast<double>(i % 3); };
    return sample;
}

step::Input publish_dataset(const std::filesystem::path& place, const std::vector<MadeSample>& samples) {
    store::OutputFolder folder(place, "made");
    store::DatasetWriter writer(folder.path(), store::Codec::fast);
    for (const auto& wanted : samples) {
        store::Sample sample;
        sample.id = wanted.id;
        sample.subject = wanted.subject;
        sample.values = wanted.values;
        sample.source = {wanted.id + ".nii.gz"};
        sample.flags = {{"from-elsewhere", "stays."}};
        std::map<std::string, store::NewArray> arrays;
        for (const auto& [name, array] : wanted.arrays) arrays.emplace(name, made(array));
        writer.add(writer.pack(std::move(sample), std::move(arrays)));
    }
    const auto totals = writer.finish();
    Json labels = Json::array();
    for (const auto* name : {"background", "one", "two"})
        labels.push_back({{"array", "label"}, {"value", labels.size()}, {"name", name}});
    publish(folder, {{"samples", totals.samples},
                     {"subjects", totals.subjects},
                     {"labelled", 99},
                     {"arrays", Json::object()},
                     {"labels", labels},
                     {"channels", {{{"name", "MRI"}, {"array", "image"}, {"index", 0}}}}});
    return {place, store::read_manifest(place)};
}

Ran run_curate(const std::filesystem::path& place, const step::Input& dataset, const std::vector<std::string>& checks,
               unsigned threads, std::uint64_t memory_bytes) {
    store::OutputFolder folder(place, "curated");
    const Json parameters{{"dataset", dataset.path.string()}, {"check", checks}};
    step::Inputs inputs;
    inputs.by_name["dataset"] = {dataset};
    store::QuarantineWriter quarantine(folder.path() / "quarantine.jsonl", "curate");
    Progress progress;
    Log log;
    const MemoryBudget memory(memory_bytes);
    step::Result result;
    const std::string device = "cpu";
    const auto& out = folder.path();
    step::Context context{parameters, inputs, out, false, quarantine, progress, log, memory, threads, 0, device, {}, result};
    CurateStep step;
    if (const auto findings = step.validate(parameters, inputs); !findings.empty())
        throw Error(findings.front().code, findings.front().sentence);
    step.run(context);
    quarantine.close();

    Ran ran;
    ran.folder = place;
    ran.manifest = publish(folder, result.content);
    ran.samples = store::Dataset(place).all_samples();
    ran.fingerprint = parse_json(store::read_member(place, ran.manifest, "fingerprint.json"), "fingerprint.json");
    ran.warnings = log.warnings();
    ran.sources = result.sources;
    if (std::filesystem::exists(place / "quarantine.jsonl")) {
        const auto text = read_text(place / "quarantine.jsonl");
        for (std::size_t at = 0; at < text.size();) {
            const auto end = text.find('\n', at);
            ran.quarantine.push_back(parse_json(std::string_view(text).substr(at, end - at), "quarantine.jsonl"));
            at = end + 1;
        }
    }
    return ran;
}

std::vector<std::string> flags_of(const Ran& ran, const std::string& id) {
    std::vector<std::string> checks;
    for (const auto& sample : ran.samples)
        if (sample.id == id)
            for (const auto& flag : sample.flags) checks.push_back(flag.check);
    return checks;
}

}  // namespace cohort::curate
