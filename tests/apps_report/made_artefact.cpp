#include "made_artefact.h"

#include <catch2/catch.hpp>

#include "core/files.h"
#include "step/run_program.h"
#include "store/output_folder.h"

namespace cohort {

namespace {

Volume voxels_of(const MadeArray& array) {
    static const std::string letters = "xyztc";
    Volume volume(array.type, array.shape, axes_named(letters.substr(0, array.shape.size())));
    visit(volume, [&]<class T>(std::span<T> out) {
        for (std::size_t i = 0; i < out.size(); ++i) {
            const double value = array.values.empty() ? 0 : array.values.at(i);
            if constexpr (std::is_arithmetic_v<T>) out[i] = static_cast<T>(value);
        }
    });
    return volume;
}

store::Manifest publish(store::OutputFolder& folder, store::Manifest manifest) {
    manifest.made_by.step = "made";
    manifest.made_by.version = "0";
    return folder.publish(std::move(manifest), {{"key", "made"}}, store::Overwrite::refuse, 1);
}

}  // namespace

std::filesystem::path make_dataset(const std::filesystem::path& place, const MadeDataset& made) {
    store::OutputFolder folder(place, "made");
    store::DatasetWriter writer(folder.path(), made.codec);
    store::QuarantineWriter quarantine(folder.path() / "quarantine.jsonl", "ingest");
    for (const MadeSample& one : made.samples) {
        store::Sample sample;
        sample.id = one.id;
        sample.subject = one.subject.empty() ? one.id : one.subject;
        sample.values = one.values;
        sample.flags = one.flags;
        std::map<std::string, store::NewArray> arrays;
        for (const auto& [name, array] : one.arrays) {
            store::NewArray& next = arrays[name];
            next.info.role = array.role;
            next.info.geometry.affine = array.affine;
            next.info.scale = array.scale;
            next.voxels = voxels_of(array);
        }
        writer.add(writer.pack(std::move(sample), std::move(arrays)));
    }
    const auto totals = writer.finish();
    for (const auto& [source, why] : made.quarantined) quarantine.add(source, why);
    quarantine.close();
    if (!made.cases.empty()) {
        std::string list;
        for (const auto& id : made.cases) list += id + "\n";
        write_file_atomically(folder.path() / "cases.txt", list);
    }
    store::Manifest manifest;
    manifest.kind = "dataset";
    manifest.privacy = made.privacy;
    Json labels = Json::array();
    for (const auto& [value, name] : made.labels)
        labels.push_back({{"array", "label"}, {"value", value}, {"name", name}});
    manifest.content = {{"samples", totals.samples}, {"subjects", totals.subjects}, {"labels", labels}};
    manifest.counts = {totals.samples + made.quarantined.size(), made.quarantined.size(), 0};
    publish(folder, std::move(manifest));
    return place;
}

std::filesystem::path make_artefact(const std::filesystem::path& place, const std::string& kind,
                                    const std::map<std::string, std::string>& members, Json content) {
    store::OutputFolder folder(place, "made");
    for (const auto& [name, text] : members) {
        std::filesystem::create_directories((folder.path() / name).parent_path());
        write_file_atomically(folder.path() / name, text);
    }
    store::Manifest manifest;
    manifest.kind = kind;
    manifest.privacy = store::Privacy::anonymous;
    manifest.content = std::move(content);
    if (kind == "files") std::filesystem::create_directories(folder.path() / ".cohort");
    publish(folder, std::move(manifest));
    return place;
}

int run(step::Step& step, std::vector<std::string> words) {
    words.insert(words.begin(), "cohort-" + std::string(step.name()));
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    return step::run_program(step, static_cast<int>(words.size()), argv.data());
}

MadeArray label_of(const Shape& shape, const std::vector<LabelBox>& boxes, Affine affine) {
    MadeArray array{.shape = shape, .affine = affine};
    array.values.assign(static_cast<std::size_t>(voxel_count(shape)), 0);
    for (const LabelBox& box : boxes)
        for (std::int64_t z = box.low[2]; z <= box.high[2]; ++z)
            for (std::int64_t y = box.low[1]; y <= box.high[1]; ++y)
                for (std::int64_t x = box.low[0]; x <= box.high[0]; ++x)
                    array.values[static_cast<std::size_t>((z * shape[1] + y) * shape[0] + x)] = box.value;
    return array;
}

}  // namespace cohort
