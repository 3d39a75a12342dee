#include "measure/evaluation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/csv.h"
#include "core/json.h"
#include "measure/percentile.h"

namespace cohort::measure {
namespace {

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

double mean_of_defined(const std::vector<double>& values) {
    double sum = 0;
    std::size_t n = 0;
    for (const double v : values)
        if (!std::isnan(v)) {
            sum += v;
            ++n;
        }
    return n == 0 ? undefined : sum / static_cast<double>(n);
}

}  // namespace

std::optional<std::size_t> Evaluation::metric_index(std::string_view name) const {
    for (std::size_t m = 0; m < metrics.size(); ++m)
        if (metrics[m]->name == name) return m;
    return std::nullopt;
}

std::vector<double> Evaluation::column(std::size_t target, std::size_t metric) const {
    std::vector<double> values;
    values.reserve(cases.size());
    for (const CaseScores& c : cases) values.push_back(c.scores[target][metric].value);
    return values;
}

CaseScores score_case(std::string id, std::string subject, const CasePair& pair, const Evaluation& evaluation,
                      unsigned threads) {
    CaseScores out{std::move(id), std::move(subject), pair.failed(), {}, {}};
    for (const Target& target : evaluation.targets) {
        CaseLabel label(pair, target, evaluation.rules, threads);
        auto& row = out.scores.emplace_back();
        for (const Metric* metric : evaluation.metrics) row.push_back(score(*metric, label));
        out.counts.push_back(label.counts());
    }
    return out;
}

CaseScores missing_case(std::string id, const Evaluation& evaluation) {
    CaseScores out{std::move(id), {}, true, {}, {}};
    for (std::size_t t = 0; t < evaluation.targets.size(); ++t) {
        auto& row = out.scores.emplace_back();
        for (const Metric* metric : evaluation.metrics) {
            const bool zero = metric->family == Family::overlap || metric->family == Family::surface;
            row.push_back(zero ? Score{0.0} : Score{.reason = "ref_missing"});
        }
        out.counts.emplace_back();
    }
    return out;
}

Statistic statistic_of(const std::vector<double>& values) {
    Statistic s{values.size(), 0, undefined, undefined, undefined, undefined, undefined, undefined, undefined};
    std::vector<double> defined;
    for (const double v : values)
        if (!std::isnan(v)) defined.push_back(v);
    s.n_scored = defined.size();
    if (defined.empty()) return s;
    s.mean = mean_of_defined(defined);
    if (defined.size() > 1 && std::isfinite(s.mean)) {
        double squares = 0;
        for (const double v : defined) squares += (v - s.mean) * (v - s.mean);
        s.sd = std::sqrt(squares / static_cast<double>(defined.size() - 1));
    }
    std::sort(defined.begin(), defined.end());
    s.median = percentile_of_sorted(defined, 0.5);
    s.lower_quartile = percentile_of_sorted(defined, 0.25);
    s.upper_quartile = percentile_of_sorted(defined, 0.75);
    s.least = defined.front();
    s.most = defined.back();
    return s;
}

std::vector<std::size_t> foreground_targets(const Evaluation& evaluation) {
    std::vector<std::size_t> labels, regions;
    for (std::size_t t = 0; t < evaluation.targets.size(); ++t) {
        const Target& target = evaluation.targets[t];
        if (target.values.size() > 1)
            regions.push_back(t);
        else if (!target.is_background())
            labels.push_back(t);
    }
    return labels.empty() ? regions : labels;
}

double foreground_mean(const Evaluation& evaluation, std::size_t metric) {
    std::vector<double> means;
    for (const std::size_t t : foreground_targets(evaluation))
        means.push_back(mean_of_defined(evaluation.column(t, metric)));
    return mean_of_defined(means);
}

double case_mean(const Evaluation& evaluation, const CaseScores& scores, std::size_t metric) {
    std::vector<double> values;
    for (const std::size_t t : foreground_targets(evaluation)) values.push_back(scores.scores[t][metric].value);
    return mean_of_defined(values);
}

Extremes extremes_of(const Evaluation& evaluation) {
    Extremes out;
    while (out.metric < evaluation.metrics.size() && evaluation.metrics[out.metric]->better == Better::neither)
        ++out.metric;
    if (out.metric == evaluation.metrics.size()) {
        out.metric = 0;
        return out;
    }
    const double sign = evaluation.metrics[out.metric]->better == Better::higher ? 1 : -1;
    std::vector<std::pair<double, std::size_t>> order;  // worst first
    for (std::size_t c = 0; c < evaluation.cases.size(); ++c) {
        const double value = case_mean(evaluation, evaluation.cases[c], out.metric);
        if (!std::isnan(value)) order.emplace_back(sign * value, c);
    }
    std::sort(order.begin(), order.end());
    if (order.empty()) return out;
    out.worst = order.front().second;
    if (order.size() > 1) out.best = order.back().second;
    if (order.size() > 2) out.median = order[(order.size() - 1) / 2].second;
    return out;
}

std::string number_text(double value) {
    if (std::isnan(value)) return "";
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    return shortest(value == 0 ? 0.0 : value);
}

std::string cases_csv(const Evaluation& evaluation) {
    std::string out = "case,label";
    for (const Metric* metric : evaluation.metrics) out += "," + std::string(metric->name);
    out += "\n";
    for (const CaseScores& c : evaluation.cases)
        for (std::size_t t = 0; t < evaluation.targets.size(); ++t) {
            out += csv_field(c.id) + "," + csv_field(evaluation.targets[t].key);
            for (const Score& s : c.scores[t]) out += "," + number_text(s.value);
            out += "\n";
        }
    return out;
}

}  // namespace cohort::measure
