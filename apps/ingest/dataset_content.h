// What the dataset as a whole holds, gathered sample by sample in their order: the manifest's content.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "apps/ingest/case_reader.h"
#include "core/json.h"

namespace cohort::ingest {

class DatasetContent {
public:
    void add(const CaseOutcome& outcome);

    /// {samples, subjects, labelled, arrays, channels, labels, layout}; `label_names`: declared, or empty to take the
    /// values found.
    Json json(const store::DatasetTotals& totals, const layouts::Listing& listing,
              const std::map<std::int64_t, std::string>& label_names) const;

    /// Samples that lack a channel which others have.
    std::uint64_t incomplete() const;

private:
    std::map<std::pair<std::string, std::int64_t>, std::string> channels_;  ///< (array, index) → name first seen
    std::map<std::size_t, std::uint64_t> samples_by_channels_;
    std::set<std::int64_t> label_values_;
};

}  // namespace cohort::ingest
