#include "apps/ingest/dataset_content.h"

namespace cohort::ingest {

void DatasetContent::add(const CaseOutcome& outcome) {
    for (const auto& place : outcome.channels) channels_.try_emplace({place.array, place.index}, place.name);
    if (!outcome.channels.empty()) ++samples_by_channels_[outcome.channels.size()];
    label_values_.insert(outcome.label_values.begin(), outcome.label_values.end());
}

std::uint64_t DatasetContent::incomplete() const {
    std::uint64_t fewer = 0;
    for (const auto& [channels, samples] : samples_by_channels_)
        if (channels < channels_.size()) fewer += samples;
    return fewer;
}

Json DatasetContent::json(const store::DatasetTotals& totals, const layouts::Listing& listing,
                          const std::map<std::int64_t, std::string>& label_names) const {
    Json channels = Json::array(), labels = Json::array();
    for (const auto& [place, name] : channels_)
        channels.push_back({{"name", name}, {"array", place.first}, {"index", place.second}});
    if (totals.labelled > 0) {
        auto names = label_names;
        if (names.empty())
            for (const auto value : label_values_) names[value] = std::to_string(value);
        for (const auto& [value, name] : names)
            labels.push_back({{"array", "label"}, {"value", value}, {"name", name}});
    }
    return {{"samples", totals.samples},      {"subjects", totals.subjects}, {"labelled", totals.labelled},
            {"arrays", totals.arrays_json()}, {"channels", channels},        {"labels", labels},
            {"layout", listing.layout}};
}

}  // namespace cohort::ingest
