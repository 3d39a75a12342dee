// A reference and a prediction on one grid, counted once for all labels.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "measure/label_map.h"

namespace cohort::measure {

/// What is scored: one label, or a region (union of labels).
struct Target {
    std::string key;                   ///< "1", or "1+2" for a region: the column `label` of cases.csv
    std::string name;                  ///< as the dataset calls it, may be empty
    std::vector<std::int32_t> values;  ///< ascending, at least one
    bool has(std::int32_t value) const;
    bool is_background() const { return values.size() == 1 && values[0] == 0; }
};

struct Counts {
    std::int64_t tp = 0, fp = 0, fn = 0, tn = 0;
    std::int64_t n_ref() const { return tp + fn; }
    std::int64_t n_pred() const { return tp + fp; }
    friend bool operator==(const Counts&, const Counts&) = default;
};

/// Smallest box around something; empty while low > high.
struct Bounds {
    Extent3 low{1, 1, 1};
    Extent3 high{0, 0, 0};  ///< inclusive
    bool empty() const { return low[0] > high[0]; }
    void take(std::int64_t x0, std::int64_t x1, std::int64_t y, std::int64_t z);
    void take(const Bounds& other);
};

/// Owns both label maps. Voxels whose reference is the ignore label count for nothing: they are in none of the four
/// counts, and background in both masks. One pass over the voxels; const access from any number of threads.
class CasePair {
public:
    /// Shapes must be equal (the caller has compared the grids), else Error(bug). Results do not depend on `threads`.
    CasePair(LabelMap reference, LabelMap prediction, std::optional<std::int32_t> ignore = std::nullopt,
             unsigned threads = 1);
    /// A case without its prediction: as if nothing had been predicted; failed() is true.
    static CasePair without_prediction(LabelMap reference, std::optional<std::int32_t> ignore = std::nullopt);

    bool failed() const { return failed_; }
    const LabelMap& reference() const { return reference_; }
    const LabelMap& prediction() const { return prediction_; }
    std::optional<std::int32_t> ignore() const { return ignore_; }

    Counts counts(const Target& target) const;
    Bounds bounds(const Target& target) const;           ///< of the target in reference and prediction together
    double voxel_mm3() const;                            ///< area in mm² for two dimensions
    double diagonal_mm() const;                          ///< sqrt(Σ(shape·spacing)²)
    std::vector<std::int32_t> predicted_values() const;  ///< ascending
    std::vector<std::int32_t> reference_values() const;

private:
    struct Table {
        std::map<std::pair<std::int32_t, std::int32_t>, std::int64_t> pairs;  ///< (reference, prediction) → voxels
        std::map<std::int32_t, Bounds> bounds;                                ///< per value ≠ 0, both together
    };
    void count_slices(std::int64_t begin, std::int64_t end, Table& table) const;

    LabelMap reference_, prediction_;
    std::optional<std::int32_t> ignore_;
    bool failed_ = false;
    Table table_;
};

}  // namespace cohort::measure
