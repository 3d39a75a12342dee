#include "measure/surface_metrics.h"

#include <algorithm>
#include <cmath>

#include "measure/overlap_metrics.h"
#include "measure/percentile.h"

namespace cohort::measure {
namespace {

/// Sum in memory order: fixed, whatever the threads.
double sum(const std::vector<double>& values) {
    double total = 0;
    for (const double v : values) total += v;
    return total;
}

/// A distance where a mask is empty: by the rules, else undefined. Nothing where both are there.
std::optional<Score> distance_without_border(CaseLabel& c) {
    const Presence presence = c.presence();
    if (presence == Presence::both) return std::nullopt;
    if (presence == Presence::none) {
        if (c.rules().empty == EmptyRule::one) return Score{0.0};
    } else if (c.rules().empty_distance == EmptyDistance::diagonal) {
        return Score{c.pair().diagonal_mm()};
    }
    return Score{.reason = empty_reason(c)};
}

}  // namespace

double largest(const std::vector<double>& distances) {
    double most = 0;
    for (const double d : distances) most = std::max(most, d);
    return most;
}

double mean(const std::vector<double>& distances) {
    return sum(distances) / static_cast<double>(distances.size());  // 0/0 is NaN
}

double pooled_mean(const BorderDistances& d) {
    return (sum(d.ref_to_pred) + sum(d.pred_to_ref)) / static_cast<double>(d.ref_to_pred.size() + d.pred_to_ref.size());
}

double pooled_percentile(const BorderDistances& d, double share) {
    std::vector<double> all = d.ref_to_pred;
    all.insert(all.end(), d.pred_to_ref.begin(), d.pred_to_ref.end());
    return percentile(all, share);
}

std::int64_t within(const std::vector<double>& distances, double tolerance_mm) {
    const double limit = tolerance_mm * (1 + 1e-9);
    return std::count_if(distances.begin(), distances.end(), [limit](double d) { return d <= limit; });
}

Score hd(CaseLabel& c) {
    if (const auto score = distance_without_border(c)) return *score;
    return {std::max(largest(c.borders().ref_to_pred), largest(c.borders().pred_to_ref))};
}

Score hd95(CaseLabel& c) {
    if (const auto score = distance_without_border(c)) return *score;
    std::vector<double> there = c.borders().ref_to_pred, back = c.borders().pred_to_ref;
    return {std::max(percentile(there, 0.95), percentile(back, 0.95))};
}

Score assd(CaseLabel& c) {
    if (const auto score = distance_without_border(c)) return *score;
    return {pooled_mean(c.borders())};
}

Score masd(CaseLabel& c) {
    if (const auto score = distance_without_border(c)) return *score;
    return {(mean(c.borders().ref_to_pred) + mean(c.borders().pred_to_ref)) / 2};
}

Score surface_dice(CaseLabel& c) {
    if (c.presence() == Presence::none)
        return c.rules().empty == EmptyRule::one ? Score{1.0} : Score{.reason = "both_empty"};
    if (c.presence() != Presence::both) return {0.0};
    const BorderDistances& d = c.borders();
    const double tolerance = c.rules().tolerance_mm;
    return {static_cast<double>(within(d.ref_to_pred, tolerance) + within(d.pred_to_ref, tolerance)) /
            static_cast<double>(d.ref_to_pred.size() + d.pred_to_ref.size())};
}

}  // namespace cohort::measure
