// Cases as training and prediction see them: which arrays hold the channels and the label, how large they are, by what
// the images are normalised, and boxes of them read from the shards.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/quarantine.h"
#include "learn/class_table.h"
#include "learn/plan/plan.h"
#include "store/dataset.h"

namespace cohort::learn {

/// One input channel of the network.
struct Channel {
    std::string name;
    std::string array;
    std::int64_t index = 0;  ///< along axis c of the array; 0 where it has none
    friend bool operator==(const Channel&, const Channel&) = default;
};

/// content.channels; where the dataset has none, the image arrays of its first sample, by name.
std::vector<Channel> channels_of(const Json& content, const std::vector<store::Sample>& samples);
Json to_json(const std::vector<Channel>& channels);
std::vector<Channel> channels_from_json(const Json& json, std::string_view where);

/// A voxel of the foreground, as its position x + nx·(y + ny·z).
struct ForegroundVoxels {
    std::int64_t class_number = 0;
    std::vector<std::uint64_t> places;  ///< at most 256, evenly spread over the class in memory order
};

/// What is known of a case before the first patch is read.
struct Case {
    store::Sample sample;
    Extent3 shape{};
    std::array<double, 3> spacing_mm{};
    std::vector<double> mean, inverse_sd;      ///< per channel, over the whole image; sd below 1e-8 counts as 1e-8;
                                               ///< 0 and 1 where the preparation normalised it
    std::vector<ForegroundVoxels> foreground;  ///< classes present, ascending (training cases only)
    std::map<std::string, Volume> held;        ///< arrays that lie in memory instead of in the shards, by name
};

/// False when a preparation (content.preprocessing, or null) has brought intensities to a range of its own: then they
/// are taken as they are.
bool needs_z_scoring(const Json& preprocessing);

enum class WithLabel { no, yes };

/// Reads patches of the cases of one dataset. Thread-safe, as the dataset is; holds no voxels.
class CaseReader {
public:
    /// `labels` and `label_array` matter only where labels are read. `preprocessing` is what the samples have undergone
    /// or will have when they are surveyed; by default what the dataset says. References must outlive the reader.
    CaseReader(const store::Dataset& dataset, std::vector<Channel> channels, ClassTable labels,
               std::string label_array);
    CaseReader(const store::Dataset& dataset, std::vector<Channel> channels, ClassTable labels, std::string label_array,
               const Json& preprocessing);

    std::int64_t channels() const { return static_cast<std::int64_t>(channels_.size()); }
    const ClassTable& labels() const { return labels_; }
    const store::Dataset& dataset() const { return dataset_; }

    /// Reads the whole case once: statistics, foreground, and whether it can be used at all. Voxels that are not finite
    /// and axes that no network here takes set it aside; a label value that the table lacks is Error(bad_input).
    /// `held`: arrays of the sample that were prepared in memory, as its entries describe them.
    std::variant<Case, Quarantined> survey(store::Sample sample, WithLabel with_label,
                                           std::map<std::string, Volume> held = {}) const;

    /// The box's voxels of one channel, z-scored unless the preparation normalised them, x fastest, into `into`; 0
    /// outside the image.
    void read_channel(const Case& which, std::size_t channel, const Extent3& origin, const Extent3& extent,
                      std::span<float> into) const;
    /// The box's classes; the class of value 0 (else class 0) outside the image.
    void read_classes(const Case& which, const Extent3& origin, const Extent3& extent,
                      std::span<std::uint16_t> into) const;

private:
    const store::Dataset& dataset_;
    std::vector<Channel> channels_;
    ClassTable labels_;
    std::string label_array_;
    bool z_scores_;
};

}  // namespace cohort::learn
