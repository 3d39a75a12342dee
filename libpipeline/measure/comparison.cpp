#include "measure/comparison.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "core/parallel.h"

namespace cohort::measure {
namespace {

/// Where a metric of theirs stands; only what has a better direction is worth a test.
std::vector<std::pair<std::size_t, std::size_t>> common_metrics(const Evaluation& ours, const PerCaseTable& theirs) {
    std::vector<std::pair<std::size_t, std::size_t>> common;
    for (std::size_t m = 0; m < ours.metrics.size(); ++m) {
        if (ours.metrics[m]->better == Better::neither) continue;
        const auto found = std::find(theirs.metrics.begin(), theirs.metrics.end(), ours.metrics[m]->name);
        if (found != theirs.metrics.end())
            common.emplace_back(m, static_cast<std::size_t>(found - theirs.metrics.begin()));
    }
    return common;
}

struct Pairs {
    std::vector<double> ours, theirs;
    void add(double a, double b) {
        ours.push_back(a);
        theirs.push_back(b);
    }
};

/// Their value of a case and label; NaN when there is none.
double their_value(const PerCaseTable& theirs, const std::string& id, const std::string& label, std::size_t metric) {
    const auto row = theirs.rows.find(id);
    if (row == theirs.rows.end()) return std::nan("");
    const auto values = row->second.find(label);
    return values == row->second.end() ? std::nan("") : values->second[metric];
}

Pairs pairs_of_label(const Evaluation& ours, const PerCaseTable& theirs, std::size_t target, std::size_t mine,
                     std::size_t other) {
    Pairs pairs;
    for (const CaseScores& c : ours.cases) {
        const double a = c.scores[target][mine].value, b = their_value(theirs, c.id, ours.targets[target].key, other);
        if (std::isfinite(a) && std::isfinite(b)) pairs.add(a, b);
    }
    return pairs;
}

Pairs pairs_of_foreground(const Evaluation& ours, const PerCaseTable& theirs, std::size_t mine, std::size_t other) {
    Pairs pairs;
    for (const CaseScores& c : ours.cases) {
        double a = 0, b = 0, n = 0;
        for (const std::size_t t : foreground_targets(ours)) {
            const double x = c.scores[t][mine].value, y = their_value(theirs, c.id, ours.targets[t].key, other);
            if (!std::isfinite(x) || !std::isfinite(y)) continue;
            a += x;
            b += y;
            ++n;
        }
        if (n > 0) pairs.add(a / n, b / n);
    }
    return pairs;
}

double mean_of_values(const std::vector<double>& values) {
    return values.empty() ? std::nan("")
                          : std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Units of the defined values, by subject where two cases share one.
std::vector<Unit> units_of_column(const Evaluation& evaluation, const std::vector<double>& column) {
    std::vector<double> values;
    std::vector<std::string> subjects;
    for (std::size_t c = 0; c < column.size(); ++c) {
        if (std::isnan(column[c])) continue;
        values.push_back(column[c]);
        const CaseScores& scores = evaluation.cases[c];
        subjects.push_back(scores.subject.empty() ? "case " + scores.id : "subject " + scores.subject);
    }
    return units_of(values, subjects);
}

/// Then the mean over cases of the cases' means is the mean over labels of the labels' means.
bool all_defined(const Evaluation& evaluation, std::size_t metric) {
    for (const std::size_t t : foreground_targets(evaluation))
        for (const CaseScores& c : evaluation.cases)
            if (std::isnan(c.scores[t][metric].value)) return false;
    return true;
}

}  // namespace

Comparison compare(const Evaluation& ours, const PerCaseTable& theirs, const ResamplingPlan& plan, unsigned threads) {
    Comparison out;
    for (const CaseScores& c : ours.cases) {
        if (theirs.rows.contains(c.id))
            ++out.cases;
        else
            out.only_ours.push_back(c.id);
    }
    for (const auto& their : theirs.rows)
        if (std::none_of(ours.cases.begin(), ours.cases.end(),
                         [&](const CaseScores& c) { return c.id == their.first; }))
            out.only_theirs.push_back(their.first);
    const auto metrics = common_metrics(ours, theirs);
    const std::size_t per_metric = ours.targets.size() + 1;
    std::vector<std::optional<ComparedMetric>> rows(metrics.size() * per_metric);
    parallel_for(rows.size(), threads, [&](std::size_t i) {
        const auto [mine, other] = metrics[i / per_metric];
        const std::size_t t = i % per_metric;
        const bool foreground = t == ours.targets.size();
        const Pairs pairs =
            foreground ? pairs_of_foreground(ours, theirs, mine, other) : pairs_of_label(ours, theirs, t, mine, other);
        const std::string label = foreground ? "foreground" : ours.targets[t].key;
        std::vector<double> differences(pairs.ours.size());
        for (std::size_t k = 0; k < differences.size(); ++k) differences[k] = pairs.ours[k] - pairs.theirs[k];
        const std::string what = "against/" + std::string(ours.metrics[mine]->name) + "/" + label;
        rows[i] = ComparedMetric{label,
                                 mine,
                                 mean_of_values(pairs.ours),
                                 mean_of_values(pairs.theirs),
                                 paired_effect(differences, plan.resamples, plan.permutations, plan.seed, what),
                                 std::nan("")};
    });
    for (std::size_t m = 0; m < metrics.size(); ++m) {
        std::vector<double> raw;
        for (std::size_t t = 0; t < per_metric - 1; ++t) raw.push_back(rows[m * per_metric + t]->effect.permutation.p);
        const auto adjusted = holm(raw);
        for (std::size_t t = 0; t < per_metric - 1; ++t) rows[m * per_metric + t]->holm_p = adjusted[t];
        rows[(m + 1) * per_metric - 1]->holm_p = rows[(m + 1) * per_metric - 1]->effect.permutation.p;
    }
    for (auto& row : rows) out.rows.push_back(std::move(*row));
    return out;
}

Intervals intervals_of(const Evaluation& evaluation, const ResamplingPlan& plan, unsigned threads) {
    const std::size_t targets = evaluation.targets.size(), metrics = evaluation.metrics.size();
    Intervals out{std::vector(targets, std::vector<Interval>(metrics)), std::vector<Interval>(metrics)};
    parallel_for((targets + 1) * metrics, threads, [&](std::size_t i) {
        const std::size_t t = i / metrics, m = i % metrics;
        std::vector<double> column;
        if (t < targets)
            column = evaluation.column(t, m);
        else if (all_defined(evaluation, m))
            for (const CaseScores& c : evaluation.cases) column.push_back(case_mean(evaluation, c, m));
        const std::string what =
            std::string(evaluation.metrics[m]->name) + "/" + (t < targets ? evaluation.targets[t].key : "foreground");
        const auto interval = bootstrap_interval(units_of_column(evaluation, column), plan.resamples, plan.seed, what);
        (t < targets ? out.targets[t][m] : out.foreground[m]) = interval;
    });
    return out;
}

}  // namespace cohort::measure
