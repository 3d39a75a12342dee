// What a dataset is like as a whole: what configure plans from, and people look at first.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "apps/curate/label_table.h"
#include "apps/curate/sample_facts.h"

namespace cohort::curate {

/// One sample's contribution; small, kept for all samples.
struct FingerprintRow {
    struct ChannelRow {
        std::string array;
        std::int64_t index = 0;
        ChannelStatistics statistics;
    };
    struct LabelRow {
        std::string array;
        std::int64_t value = 0;
        std::uint64_t voxels = 0;
        std::optional<double> volume_ml;  ///< nothing without a place in the world
    };
    bool has_image = false, has_label = false;
    std::string type;                     ///< of the first image, else of the first label
    std::optional<Shape> shape;           ///< x, y, z of the same; nothing without either
    std::optional<Vec3> spacing_mm;       ///< nothing for rasters of unknown spacing
    std::optional<Shape> non_zero_shape;  ///< of the box that holds every non-zero voxel of the images
    std::vector<ChannelRow> channels;
    std::vector<LabelRow> labels;
};
FingerprintRow fingerprint_row(const SampleFacts& facts);

/// fingerprint.json. Rows in the order of ids; every number is a sum or an order statistic taken in that order.
///
/// samples, with_image, with_label, types;
/// shape, non_zero_shape (voxels), spacing_mm: {minimum, percentile_10, median, percentile_90, maximum} per axis x y z;
/// non_zero_share: the same of the share of voxels left after cropping to the non-zero box;
/// channels [{name, array, index, whole, foreground}]: per statistic its minimum, median and maximum over samples, and
///   `pooled` over all voxels of all samples (count, mean, sd, minimum, maximum);
/// labels [{array, value, name, samples, voxels, volume_ml}]: over the samples that hold the value.
/// A quantity that no sample has is null.
Json fingerprint_json(const std::vector<const FingerprintRow*>& rows, const std::vector<Channel>& channels,
                      const LabelTable& labels);

/// The few figures of it that stand in the manifest's content.
Json fingerprint_summary(const Json& fingerprint);

}  // namespace cohort::curate
