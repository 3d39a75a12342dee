#include <map>

#include "apps/curate/checks/check.h"

namespace cohort::curate {
namespace {

/// Samples (by number) that show the same voxels; constant images are left out, since they all look alike.
std::map<Digest, std::vector<std::pair<std::size_t, std::string>>> by_content(const std::vector<Shown>& samples) {
    std::map<Digest, std::vector<std::pair<std::size_t, std::string>>> places;
    for (std::size_t i = 0; i < samples.size(); ++i)
        for (const auto& image : samples[i].images)
            if (!image.constant) places[image.content].emplace_back(i, image.array);
    return places;
}

using Places = std::vector<std::pair<std::size_t, std::string>>;  // sample, array; ascending

void report(Findings& findings, const Shown& other, const std::string& other_array, const std::string& array,
            bool is_original) {
    findings.push_back({array + " shows the same voxels as " + other_array + " of " + other.id + " (subject " +
                            other.subject + ").",
                        {{"array", array}, {"same_as", other.id}},
                        is_original});
}

/// The first place whose sample satisfies `wanted`; places are few, or their first ones decide.
template <class Wanted>
const Places::value_type* first_place(const Places& places, Wanted wanted) {
    for (const auto& place : places)
        if (wanted(place.first)) return &place;
    return nullptr;
}

}  // namespace

Findings find_identical_channels(const SampleFacts& facts, const LabelTable&) {
    Findings findings;
    std::map<Digest, std::string> first;
    for (const auto& array : facts.arrays) {
        if (!array.content || (array.channels.size() == 1 && is_constant(array.channels[0]))) continue;
        const auto [place, is_new] = first.emplace(*array.content, array.name);
        if (!is_new) findings.push_back({array.name + " shows the same voxels as " + place->second + ".", {{"array", array.name}}});
    }
    return findings;
}

std::vector<Findings> find_duplicates_within_subject(const std::vector<Shown>& samples) {
    std::vector<Findings> findings(samples.size());
    for (const auto& [content, places] : by_content(samples)) {
        std::map<std::string_view, Places> by_subject;
        for (const auto& place : places) by_subject[samples[place.first].subject].push_back(place);
        for (const auto& [subject, own] : by_subject) {
            const auto first = own.front().first;
            const auto* second = first_place(own, [&](std::size_t i) { return i != first; });
            if (!second) continue;
            for (const auto& [i, array] : own) {
                const auto& partner = i == first ? *second : own.front();
                report(findings[i], samples[partner.first], partner.second, array, i == first);
            }
        }
    }
    return findings;
}

std::vector<Findings> find_duplicates_across_subjects(const std::vector<Shown>& samples) {
    std::vector<Findings> findings(samples.size());
    for (const auto& [content, places] : by_content(samples)) {
        const auto& first_subject = samples[places.front().first].subject;
        const auto* stranger = first_place(places, [&](std::size_t i) { return samples[i].subject != first_subject; });
        if (!stranger) continue;
        for (const auto& [i, array] : places) {
            const auto& partner = samples[i].subject == first_subject ? *stranger : places.front();
            report(findings[i], samples[partner.first], partner.second, array, i < partner.first);
        }
    }
    return findings;
}

}  // namespace cohort::curate
