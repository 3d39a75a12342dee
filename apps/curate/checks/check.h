// A check: something that can be wrong with a sample, and what is done about it unless told otherwise.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/curate/sample_facts.h"

namespace cohort::curate {

enum class Action { quarantine, flag, fail, off };
std::string_view name_of(Action action);
std::optional<Action> action_named(std::string_view name);

/// Something a check found: a sentence about the sample.
struct Finding {
    std::string message;
    Json details = Json::object();
    bool is_original = false;  ///< the first of several copies: it stays when the copies are quarantined
};
using Findings = std::vector<Finding>;

/// What is kept of a sample for checks between samples.
struct Shown {
    std::string id, subject;
    struct Image {
        std::string array;
        Digest content;
        bool constant = false;  ///< all voxels equal: says nothing about where it comes from
    };
    std::vector<Image> images;
};

/// Samples that nothing else has set aside, in ascending order of ids → the findings of each (same length).
using Compare = std::vector<Findings> (*)(const std::vector<Shown>& samples);

struct Check {
    std::string_view name;
    std::string_view about;
    Action action;              ///< unless --check says otherwise
    std::string_view reason;    ///< word in quarantine.jsonl
    Findings (*look)(const SampleFacts& facts, const LabelTable& labels);  ///< null: compares samples
    Compare compare;                                                       ///< null: looks at one sample
    bool may_pass;              ///< false: what it finds cannot be used, so flag and off are refused
};

/// In the order in which a sample's first reason for quarantine is chosen.
std::span<const Check> all_checks();

Findings find_damaged(const SampleFacts& facts, const LabelTable& labels);
Findings find_geometry_mismatch(const SampleFacts& facts, const LabelTable& labels);
Findings find_label_unknown(const SampleFacts& facts, const LabelTable& labels);
Findings find_grid_mismatch(const SampleFacts& facts, const LabelTable& labels);
Findings find_non_finite(const SampleFacts& facts, const LabelTable& labels);
Findings find_constant(const SampleFacts& facts, const LabelTable& labels);
Findings find_empty_label(const SampleFacts& facts, const LabelTable& labels);
Findings find_image_missing(const SampleFacts& facts, const LabelTable& labels);
Findings find_label_missing(const SampleFacts& facts, const LabelTable& labels);
Findings find_identical_channels(const SampleFacts& facts, const LabelTable& labels);
std::vector<Findings> find_duplicates_within_subject(const std::vector<Shown>& samples);
std::vector<Findings> find_duplicates_across_subjects(const std::vector<Shown>& samples);

/// "channel 1 of image_0000", or "image_0000" where it has one channel only.
std::string channel_text(const ArrayFacts& array, std::size_t channel);
/// True if every voxel of the channel has one finite value.
bool is_constant(const ChannelStatistics& statistics);

}  // namespace cohort::curate
