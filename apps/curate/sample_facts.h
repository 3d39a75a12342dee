// What one look at a sample's voxels tells: everything that checks and the fingerprint need.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/curate/label_table.h"
#include "apps/curate/statistics.h"
#include "core/memory_budget.h"
#include "store/dataset.h"

namespace cohort::curate {

struct ArrayFacts {
    std::string name;
    const store::ArrayInfo* info = nullptr;     ///< in SampleFacts::sample
    std::optional<std::string> unreadable;      ///< a sentence: why its voxels cannot be used
    std::vector<ChannelStatistics> channels;    ///< images: by index along c
    std::optional<Digest> content;              ///< images: content_digest
    LabelCounts labels;                         ///< labels
};

struct SampleFacts {
    SampleFacts() = default;
    SampleFacts(SampleFacts&&) = default;  // not copied: arrays point into the sample, whose map moves with its nodes

    store::Sample sample;
    std::vector<ArrayFacts> arrays;             ///< in order of their names
    std::optional<NonZeroBox> non_zero;         ///< over all images of the first image's grid
    std::uint64_t bytes = 0;                    ///< voxels looked at

    const ArrayFacts* first_with(store::Role role) const;
};

/// Reads every array once, one at a time. Arrays that cannot be read, or whose digest is not the sample's, are marked
/// unreadable; nothing else fails but memory (Error resources). Thread-safe.
SampleFacts look_at(const store::Dataset& dataset, store::Sample sample, const MemoryBudget& memory);

}  // namespace cohort::curate
