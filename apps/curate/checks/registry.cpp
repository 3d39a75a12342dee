#include <array>

#include "apps/curate/checks/check.h"

namespace cohort::curate {
namespace {

constexpr std::array checks{
    Check{"damaged", "An array cannot be read, or its voxels disagree with their checksum.", Action::quarantine,
          "damaged", find_damaged, nullptr, false},
    Check{"geometry-mismatch", "A label lies on another grid than its image.", Action::quarantine, "geometry-mismatch",
          find_geometry_mismatch, nullptr, true},
    Check{"label-unknown", "A label holds a value that the dataset's label table lacks.", Action::quarantine,
          "label-unknown", find_label_unknown, nullptr, true},
    Check{"grid-mismatch", "A channel, mask, map or probability lies on another grid than the image.", Action::flag,
          "geometry-mismatch", find_grid_mismatch, nullptr, true},
    Check{"image-non-finite", "An image holds NaN or infinite voxels.", Action::flag, "image-non-finite",
          find_non_finite, nullptr, true},
    Check{"image-constant", "Every voxel of an image channel has the same value.", Action::flag, "image-constant",
          find_constant, nullptr, true},
    Check{"empty-label", "A label holds background only.", Action::flag, "empty-label", find_empty_label, nullptr, true},
    Check{"image-missing", "A sample without image.", Action::flag, "image-missing", find_image_missing, nullptr, true},
    Check{"label-missing", "A sample without label and without class.", Action::flag, "label-missing",
          find_label_missing, nullptr, true},
    Check{"identical-channels", "Two channels of a sample show the same voxels.", Action::flag, "duplicate-content",
          find_identical_channels, nullptr, true},
    Check{"duplicate-within-subject", "An image shows the same voxels as another sample of its subject.", Action::flag,
          "duplicate-content", nullptr, find_duplicates_within_subject, true},
    Check{"duplicate-across-subjects", "An image shows the same voxels as a sample of another subject.", Action::flag,
          "duplicate-content", nullptr, find_duplicates_across_subjects, true},
};

struct NamedAction {
    Action action;
    std::string_view name;
};
constexpr std::array actions{NamedAction{Action::quarantine, "quarantine"}, NamedAction{Action::flag, "flag"},
                             NamedAction{Action::fail, "fail"}, NamedAction{Action::off, "off"}};

}  // namespace

std::span<const Check> all_checks() { return checks; }

std::string_view name_of(Action action) {
    for (const auto& named : actions)
        if (named.action == action) return named.name;
    return {};
}

std::optional<Action> action_named(std::string_view name) {
    for (const auto& named : actions)
        if (named.name == name) return named.action;
    return std::nullopt;
}

std::string channel_text(const ArrayFacts& array, std::size_t channel) {
    return array.channels.size() > 1 ? "channel " + std::to_string(channel) + " of " + array.name : array.name;
}

bool is_constant(const ChannelStatistics& s) {
    return s.nan + s.infinite == 0 && s.voxels > 1 && s.whole && s.whole->minimum == s.whole->maximum;
}

}  // namespace cohort::curate
