// One case and one label: what a metric looks at. Counts, borders and distances are made when first asked for, once.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "measure/case_pair.h"
#include "measure/mask.h"
#include "measure/surfels.h"

namespace cohort::measure {

/// The rule for empty masks (reference/metrics: printed in every output) and what metrics need beside the masks.
enum class EmptyRule { undefined, one };
enum class EmptyDistance { undefined, diagonal };
struct Rules {
    EmptyRule empty = EmptyRule::undefined;
    EmptyDistance empty_distance = EmptyDistance::undefined;
    double tolerance_mm = 1.0;
};

/// Which of the two masks hold the label.
enum class Presence { both, none, only_reference, only_prediction };

/// Distances of border voxels, in mm, each from its centre to the nearest of the other border; unordered.
struct BorderDistances {
    std::vector<double> ref_to_pred;
    std::vector<double> pred_to_ref;
};

/// Not thread-safe: one case and label is one thread's work. Refers to pair, target and rules, which outlive it.
class CaseLabel {
public:
    CaseLabel(const CasePair& pair, const Target& target, const Rules& rules, unsigned threads = 1)
        : pair_(pair), target_(target), rules_(rules), threads_(threads) {}

    const Rules& rules() const { return rules_; }
    const CasePair& pair() const { return pair_; }
    bool failed() const { return pair_.failed(); }
    const Counts& counts();
    Presence presence();

    /// Borders by face neighbours, the image's frame is background (the default convention), or by full neighbours.
    const BorderDistances& borders(Connectivity connectivity = Connectivity::face);
    /// The same for contours by full neighbours where the frame is not background.
    const BorderDistances& framed_contours();
    /// Surface elements between voxels, with their areas.
    const SurfelDistances& surfels();

private:
    const CasePair& pair_;
    const Target& target_;
    const Rules& rules_;
    unsigned threads_;
    std::optional<Counts> counts_;
    std::map<Connectivity, BorderDistances> borders_;
    std::optional<BorderDistances> contours_;
    std::optional<SurfelDistances> surfels_;
};

}  // namespace cohort::measure
