#include "measure/paired.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "measure/distributions.h"
#include "measure/percentile.h"

namespace cohort::measure {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t most_exact_flips = 20, most_exact_ranks = 25;

/// Signed sums over all sign vectors of a part: 2^n of them, the sign of entry i in bit i.
std::vector<double> signed_sums(const double* values, std::size_t n) {
    std::vector<double> sums{0.0};
    for (std::size_t i = 0; i < n; ++i) {
        const std::size_t half = sums.size();
        sums.resize(2 * half);
        for (std::size_t k = 0; k < half; ++k) {
            sums[half + k] = sums[k] - values[i];
            sums[k] += values[i];
        }
    }
    return sums;
}

/// Every sign vector is one of the first half with one of the second: no sum is the result of many roundings.
double exact_flip_p(const std::vector<double>& d, double reached) {
    const std::size_t first = d.size() / 2;
    const auto low = signed_sums(d.data(), first), high = signed_sums(d.data() + first, d.size() - first);
    std::uint64_t count = 0;
    const auto n = static_cast<double>(d.size());
    for (const double a : low)
        for (const double b : high) count += std::abs((a + b) / n) >= reached;
    return static_cast<double>(count) / static_cast<double>(low.size() * high.size());
}

struct Ranked {
    std::vector<double> ranks;
    double tie_term = 0;  ///< Σ t(t²−1) over runs of equal magnitude, zeros not among them
    bool ties = false;
};

Ranked midranks(const std::vector<double>& magnitudes) {
    std::vector<std::size_t> order(magnitudes.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return magnitudes[a] < magnitudes[b]; });
    Ranked out{std::vector<double>(magnitudes.size()), 0, false};
    for (std::size_t i = 0; i < order.size();) {
        std::size_t end = i;
        while (end < order.size() && magnitudes[order[end]] == magnitudes[order[i]]) ++end;
        const double rank = static_cast<double>(i + end + 1) / 2, run = static_cast<double>(end - i);
        for (std::size_t k = i; k < end; ++k) out.ranks[order[k]] = rank;
        if (end - i > 1 && magnitudes[order[i]] != 0) {
            out.tie_term += run * (run * run - 1);
            out.ties = true;
        }
        i = end;
    }
    return out;
}

/// 2·P(W ≤ w) from the number of subsets of {1 … n} with each sum; w is a whole number without ties.
double exact_rank_p(double w, std::size_t n) {
    const std::size_t most = n * (n + 1) / 2;
    std::vector<double> ways(most + 1, 0.0);
    ways[0] = 1;
    for (std::size_t rank = 1; rank <= n; ++rank)
        for (std::size_t sum = most; sum >= rank; --sum) ways[sum] += ways[sum - rank];
    double count = 0;
    for (std::size_t sum = 0; sum <= static_cast<std::size_t>(w) && sum <= most; ++sum) count += ways[sum];
    return std::min(1.0, 2 * count / std::pow(2.0, static_cast<double>(n)));
}

double hodges_lehmann_of(const std::vector<double>& d) {
    std::vector<double> walsh;
    walsh.reserve(d.size() * (d.size() + 1) / 2);
    for (std::size_t i = 0; i < d.size(); ++i)
        for (std::size_t j = i; j < d.size(); ++j) walsh.push_back((d[i] + d[j]) / 2);
    return percentile(walsh, 0.5);
}

}  // namespace

Permutation sign_flip_test(const std::vector<double>& differences, std::size_t draws, RandomStream stream) {
    if (differences.empty()) return {nan, true};
    if (std::all_of(differences.begin(), differences.end(), [](double d) { return d == 0; })) return {1.0, true};
    const auto n = static_cast<double>(differences.size());
    const double mean = std::accumulate(differences.begin(), differences.end(), 0.0) / n;
    const double reached = std::abs(mean) - 1e-12 * std::max(1.0, std::abs(mean));
    if (differences.size() <= most_exact_flips) return {exact_flip_p(differences, reached), true};
    std::size_t count = 0;
    for (std::size_t b = 0; b < draws; ++b) {
        double sum = 0;
        std::uint32_t bits = 0;
        for (std::size_t i = 0; i < differences.size(); ++i) {
            if (i % 32 == 0) bits = stream.next_u32();
            sum += (bits >> (i % 32) & 1u) != 0 ? differences[i] : -differences[i];
        }
        count += std::abs(sum / n) >= reached;
    }
    return {static_cast<double>(1 + count) / static_cast<double>(1 + draws), false};
}

Wilcoxon wilcoxon_test(const std::vector<double>& differences, Zeros zeros, WilcoxonP which) {
    std::vector<double> d;
    for (const double v : differences)
        if (v != 0 || zeros == Zeros::pratt) d.push_back(v);
    std::vector<double> magnitudes;
    magnitudes.reserve(d.size());
    for (const double v : d) magnitudes.push_back(std::abs(v));
    const Ranked ranked = midranks(magnitudes);
    Wilcoxon out{0, 0, nan, false};
    double dropped = 0;
    for (std::size_t i = 0; i < d.size(); ++i) {
        if (d[i] > 0)
            out.w_plus += ranked.ranks[i];
        else if (d[i] < 0)
            out.w_minus += ranked.ranks[i];
        else
            ++dropped;
    }
    const auto n = static_cast<double>(d.size());
    if (n - dropped <= 0) return out;
    out.exact = which == WilcoxonP::exact ||
                (which == WilcoxonP::automatic && d.size() <= most_exact_ranks && !ranked.ties && dropped == 0);
    if (out.exact) {
        out.p = exact_rank_p(out.w(), d.size());
        return out;
    }
    const double mean = (n * (n + 1) - dropped * (dropped + 1)) / 4;  // the ranks of zeros are nobody's (Cureton 1967)
    const double variance =
        (n * (n + 1) * (2 * n + 1) - dropped * (dropped + 1) * (2 * dropped + 1) - ranked.tie_term / 2) / 24;
    out.p = std::min(1.0, 2 * normal_cdf(-std::abs(out.w() - mean) / std::sqrt(variance)));
    return out;
}

PairedEffect paired_effect(const std::vector<double>& differences, std::size_t resamples, std::size_t draws,
                           std::uint64_t seed, std::string_view what) {
    PairedEffect e{
        differences.size(), nan, nan, {nan, nan, "undefined"}, nan, nan, nan, nan, nan, nan, nan, nan, {nan, true},
        {0, 0, nan, false}};
    if (differences.empty()) return e;
    const auto n = static_cast<double>(e.n);
    e.mean = std::accumulate(differences.begin(), differences.end(), 0.0) / n;
    e.hodges_lehmann = hodges_lehmann_of(differences);
    e.permutation = sign_flip_test(differences, draws, RandomStream(seed, "permutation", item_of(what)));
    e.wilcoxon = wilcoxon_test(differences);
    if (const double sum = e.wilcoxon.w_plus + e.wilcoxon.w_minus; sum > 0)
        e.rank_biserial = (e.wilcoxon.w_plus - e.wilcoxon.w_minus) / sum;
    if (e.n < 2) return e;
    double squares = 0;
    for (const double d : differences) squares += (d - e.mean) * (d - e.mean);
    e.sd = std::sqrt(squares / (n - 1));
    e.bca = bootstrap_interval(units_of(differences), resamples, seed, what);
    if (e.sd == 0) return e;
    const double error = e.sd / std::sqrt(n), freedom = n - 1;
    e.t = e.mean / error;
    e.t_p = student_two_sided(e.t, freedom);
    const double reach = student_two_sided_quantile(0.05, freedom) * error;
    e.t_low = e.mean - reach;
    e.t_high = e.mean + reach;
    e.dz = e.mean / e.sd;
    if (freedom > 1)
        e.hedges = e.dz * std::exp(log_gamma(freedom / 2) - log_gamma((freedom - 1) / 2)) / std::sqrt(freedom / 2);
    return e;
}

std::vector<double> holm(const std::vector<double>& p) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < p.size(); ++i)
        if (!std::isnan(p[i])) order.push_back(i);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
    std::vector<double> adjusted(p.size(), nan);
    double so_far = 0;
    for (std::size_t k = 0; k < order.size(); ++k) {
        so_far = std::max(so_far, std::min(1.0, static_cast<double>(order.size() - k) * p[order[k]]));
        adjusted[order[k]] = so_far;
    }
    return adjusted;
}

}  // namespace cohort::measure
