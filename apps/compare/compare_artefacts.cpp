#include "apps/compare/compare_artefacts.h"

#include <set>

#include "apps/compare/compare_files.h"
#include "core/error.h"
#include "core/parallel.h"
#include "store/dataset.h"

namespace cohort::compare {
namespace {

/// The sample without its arrays' digests: voxels are compared themselves, within the tolerance.
Json without_digests(const store::Sample& sample) {
    Json json = store::to_json(sample);
    for (auto& [name, array] : json["arrays"].items()) array.erase("digest");
    return json;
}

struct SamplePair {
    const store::Sample* a = nullptr;
    const store::Sample* b = nullptr;
};

void compare_arrays(Comparison& comparison, const store::Dataset& a, const store::Dataset& b, const SamplePair& pair) {
    for (const auto& [name, info] : pair.a->arrays) {
        const auto* other = pair.b->array(name);
        if (other == nullptr) continue;  // the samples' JSON says so already
        comparison.count_array();
        const std::string what =
            volume_difference(a.read(pair.a->id, name, info), info.scale, b.read(pair.b->id, name, *other),
                              other->scale, comparison.tolerance());
        if (!what.empty()) comparison.differ("sample " + pair.a->id + ", array " + name, what);
    }
}

void compare_datasets(Comparison& comparison, const std::filesystem::path& folder_a,
                      const std::filesystem::path& folder_b, unsigned threads, Progress& progress) {
    const store::Dataset a(folder_a), b(folder_b);
    const auto samples_a = a.all_samples(), samples_b = b.all_samples();
    std::map<std::string, SamplePair> pairs;
    for (const auto& sample : samples_a) pairs[sample.id].a = &sample;
    for (const auto& sample : samples_b) pairs[sample.id].b = &sample;
    std::vector<SamplePair> both;
    for (const auto& [id, pair] : pairs) {
        if (pair.b == nullptr)
            comparison.differ("sample " + id, "only the first has it");
        else if (pair.a == nullptr)
            comparison.differ("sample " + id, "only the second has it");
        else
            both.push_back(pair);
    }
    progress.start("comparing", both.size(), "samples");
    ordered_for(
        both.size(), threads,
        [&](std::size_t i) {
            Comparison one(comparison.tolerance());
            one.json("sample " + both[i].a->id, without_digests(*both[i].a), without_digests(*both[i].b));
            compare_arrays(one, a, b, both[i]);
            return one;
        },
        [&](std::size_t, const Comparison& one) {
            for (const Difference& d : one.differences()) comparison.differ(d.where, d.what);
            for (std::uint64_t n = 0; n < one.arrays(); ++n) comparison.count_array();
            progress.advance();
        });
}

}  // namespace

void compare_artefacts(Comparison& comparison, const std::filesystem::path& a, const std::filesystem::path& b,
                       unsigned threads, Progress& progress) {
    const auto manifest_a = store::read_manifest(a), manifest_b = store::read_manifest(b);
    if (manifest_a.kind != manifest_b.kind) {
        comparison.differ("kind", manifest_a.kind + " and " + manifest_b.kind);
        return;
    }
    if (manifest_a.privacy != manifest_b.privacy)
        comparison.differ("privacy", std::string(store::name_of(manifest_a.privacy)) + " and " +
                                         std::string(store::name_of(manifest_b.privacy)));
    comparison.json("content", manifest_a.content, manifest_b.content);
    std::set<std::string> names;
    for (const auto* manifest : {&manifest_a, &manifest_b})
        for (const auto& [name, digest] : manifest->members) names.insert(name);
    const bool dataset = manifest_a.kind == "dataset";
    for (const std::string& name : names) {
        if (!manifest_b.members.contains(name))
            comparison.differ(name, "only the first has it");
        else if (!manifest_a.members.contains(name))
            comparison.differ(name, "only the second has it");
        else if (!dataset || name != "samples.jsonl")
            compare_files(comparison, name, a / name, b / name);
    }
    if (dataset) compare_datasets(comparison, a, b, threads, progress);
}

}  // namespace cohort::compare
