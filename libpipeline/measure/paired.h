// Two sets of scores of the same cases: is there a difference, and how large?
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/philox.h"
#include "measure/bootstrap.h"

namespace cohort::measure {

/// p of the mean of `differences` being as far from 0 as it is, if each sign were a coin's: exact over all 2^n signs
/// for n ≤ 20, else Monte Carlo with (1 + #)/(1 + draws). Statistics within 1e-12·max(1, |mean|) count as reached. 1
/// when all are 0. NaN without differences.
struct Permutation {
    double p;
    bool exact;
};
Permutation sign_flip_test(const std::vector<double>& differences, std::size_t draws, RandomStream stream);

/// What becomes of differences of 0: dropped (Wilcoxon), or ranked and then dropped (Pratt).
enum class Zeros { wilcoxon, pratt };
enum class WilcoxonP { automatic, exact, normal };  ///< automatic: exact for n ≤ 25 after dropping and no ties
struct Wilcoxon {
    double w_plus, w_minus;  ///< sums of the ranks (midranks) of positive and negative differences
    double p;                ///< two-sided; NaN when every difference is 0
    bool exact;
    double w() const { return w_plus < w_minus ? w_plus : w_minus; }
};
/// Signed-rank test; the normal approximation has the correction for ties and none for continuity (as scipy has it).
Wilcoxon wilcoxon_test(const std::vector<double>& differences, Zeros zeros = Zeros::wilcoxon,
                       WilcoxonP which = WilcoxonP::automatic);

/// Everything about n paired differences a − b. Undefined parts are NaN (n < 2, no spread).
struct PairedEffect {
    std::size_t n;
    double mean, sd;
    Interval bca;                  ///< of the mean difference
    double t, t_p, t_low, t_high;  ///< Student's, 95 %
    double dz;                     ///< mean/SD
    double hedges;                 ///< dz times the exact J(n−1) = Γ(ν/2)/(√(ν/2)·Γ((ν−1)/2))
    double rank_biserial;          ///< (W+ − W−)/(W+ + W−), zeros dropped
    double hodges_lehmann;         ///< median of the Walsh averages (i ≤ j)
    Permutation permutation;
    Wilcoxon wilcoxon;
};
/// Streams are drawn from ("bootstrap" and "permutation", seed, `what`).
PairedEffect paired_effect(const std::vector<double>& differences, std::size_t resamples, std::size_t draws,
                           std::uint64_t seed, std::string_view what);

/// Holm's adjusted p values, in the order given: monotone, at most 1; NaN stays NaN and is not counted.
std::vector<double> holm(const std::vector<double>& p);

}  // namespace cohort::measure
