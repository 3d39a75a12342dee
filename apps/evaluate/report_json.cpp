#include <cmath>
#include <limits>

#include "apps/evaluate/report.h"

namespace cohort::evaluate {
namespace {

using measure::Evaluation;

/// A number, or null with its reason beside it in `object`.
void put(Json& object, const std::string& key, double value, const std::string& reason = "no case scored") {
    object[key] = null_if_not_finite(value);
    if (std::isnan(value))
        object["reason"] = reason;
    else if (std::isinf(value))
        object["reason"] = value > 0 ? "infinite" : "minus infinite";
}

Json interval_json(const measure::Interval& interval) {
    Json json{{"low", null_if_not_finite(interval.low)},
              {"high", null_if_not_finite(interval.high)},
              {"method", interval.method}};
    if (interval.method == "undefined") json["reason"] = "fewer than two cases or subjects, or infinite values";
    return json;
}

Json statistic_json(const measure::Statistic& s, const measure::Interval& interval) {
    Json json{{"n", s.n}, {"n_scored", s.n_scored}, {"ci95", interval_json(interval)}};
    put(json, "mean", s.mean);
    for (const auto& [key, value] : {std::pair{"median", s.median},
                                     {"sd", s.sd},
                                     {"lower_quartile", s.lower_quartile},
                                     {"upper_quartile", s.upper_quartile},
                                     {"min", s.least},
                                     {"max", s.most}})
        json[key] = null_if_not_finite(value);
    return json;
}

Json target_json(const Report& report, std::size_t t) {
    const Evaluation& evaluation = report.evaluation;
    Json metrics = Json::object();
    for (std::size_t m = 0; m < evaluation.metrics.size(); ++m)
        metrics[std::string(evaluation.metrics[m]->name)] =
            statistic_json(measure::statistic_of(evaluation.column(t, m)), report.intervals.targets[t][m]);
    const measure::Target& target = evaluation.targets[t];
    return {{"label", target.key}, {"name", target.name}, {"values", target.values}, {"metrics", std::move(metrics)}};
}

Json undefined_json(const Evaluation& evaluation) {
    Json list = Json::array();
    for (const auto& c : evaluation.cases)
        for (std::size_t t = 0; t < evaluation.targets.size(); ++t)
            for (std::size_t m = 0; m < evaluation.metrics.size(); ++m)
                if (!c.scores[t][m].reason.empty())
                    list.push_back({{"case", c.id},
                                    {"label", evaluation.targets[t].key},
                                    {"metric", evaluation.metrics[m]->name},
                                    {"reason", c.scores[t][m].reason}});
    return list;
}

Json metrics_json(const Evaluation& evaluation) {
    Json list = Json::array();
    for (const auto* metric : evaluation.metrics)
        list.push_back({{"name", metric->name}, {"unit", metric->unit}, {"about", metric->about}});
    return list;
}

Json compared_json(const Evaluation& evaluation, const measure::ComparedMetric& row) {
    const auto& e = row.effect;
    const auto number = [](double v) { return null_if_not_finite(v); };
    return {{"label", row.label},
            {"metric", evaluation.metrics[row.metric]->name},
            {"pairs", e.n},
            {"mean", number(row.ours)},
            {"mean_against", number(row.theirs)},
            {"difference", number(e.mean)},
            {"sd", number(e.sd)},
            {"ci95", interval_json(e.bca)},
            {"permutation",
             {{"p", number(e.permutation.p)}, {"exact", e.permutation.exact}, {"p_holm", number(row.holm_p)}}},
            {"wilcoxon", {{"w", e.wilcoxon.w()}, {"p", number(e.wilcoxon.p)}, {"exact", e.wilcoxon.exact}}},
            {"t", {{"t", number(e.t)}, {"p", number(e.t_p)}, {"low", number(e.t_low)}, {"high", number(e.t_high)}}},
            {"cohen_dz", number(e.dz)},
            {"hedges_gz", number(e.hedges)},
            {"rank_biserial", number(e.rank_biserial)},
            {"hodges_lehmann", number(e.hodges_lehmann)}};
}

Json comparison_json(const Report& report) {
    if (!report.comparison) return nullptr;
    Json rows = Json::array();
    for (const auto& row : report.comparison->rows) rows.push_back(compared_json(report.evaluation, row));
    return {{"cases", report.comparison->cases},
            {"only_here", report.comparison->only_ours},
            {"only_there", report.comparison->only_theirs},
            {"rows", std::move(rows)}};
}

}  // namespace

Json summary_json(const Report& report) {
    const Evaluation& evaluation = report.evaluation;
    const Remarks& remarks = report.remarks;
    Json targets = Json::array(), foreground = Json::object();
    for (std::size_t t = 0; t < evaluation.targets.size(); ++t) targets.push_back(target_json(report, t));
    for (std::size_t m = 0; m < evaluation.metrics.size(); ++m) {
        Json& mean = foreground[std::string(evaluation.metrics[m]->name)] = {
            {"ci95", interval_json(report.intervals.foreground[m])}};
        put(mean, "mean", measure::foreground_mean(evaluation, m));
    }
    return {{"cases", evaluation.cases.size()},
            {"convention", evaluation.convention->name},
            {"about", evaluation.convention->about},
            {"rule_for_empty_masks", measure::empty_rule_text(*evaluation.convention, evaluation.rules)},
            {"tolerance_mm", evaluation.rules.tolerance_mm},
            {"resamples", report.plan.resamples},
            {"permutations", report.plan.permutations},
            {"metrics", metrics_json(evaluation)},
            {"labels", std::move(targets)},
            {"foreground", std::move(foreground)},
            {"comparison", comparison_json(report)},
            {"failed", remarks.failed},
            {"not_scored", {{"no_reference_label", remarks.unlabelled}, {"outside_subset", remarks.outside_subset}}},
            {"quarantined", remarks.quarantined},
            {"picture", remarks.pictured},
            {"undefined", undefined_json(evaluation)}};
}

Json content_of(const Report& report) {
    const Evaluation& evaluation = report.evaluation;
    Json labels = Json::array(), metrics = Json::array();
    for (const auto& target : evaluation.targets) labels.push_back({{"label", target.key}, {"name", target.name}});
    for (const auto* metric : evaluation.metrics) metrics.push_back(metric->name);
    Json content{{"cases", evaluation.cases.size()},
                 {"failed", report.remarks.failed.size()},
                 {"convention", evaluation.convention->name},
                 {"rule_for_empty_masks", measure::empty_rule_text(*evaluation.convention, evaluation.rules)},
                 {"tolerance_mm", evaluation.rules.tolerance_mm},
                 {"labels", std::move(labels)},
                 {"metrics", std::move(metrics)}};
    for (std::size_t m = 0; m < evaluation.metrics.size(); ++m) {
        const std::string key = "mean_" + std::string(evaluation.metrics[m]->name);
        const double mean = measure::foreground_mean(evaluation, m);
        content[key] = null_if_not_finite(mean);
        if (!std::isfinite(mean)) content[key + "_reason"] = std::isnan(mean) ? "no case scored" : "infinite";
    }
    if (report.comparison) {
        content["compared_cases"] = report.comparison->cases;
        for (const auto& row : report.comparison->rows) {
            if (row.label != "foreground") continue;
            const std::string metric(evaluation.metrics[row.metric]->name);
            content["difference_" + metric] = null_if_not_finite(row.effect.mean);
            content["p_" + metric] = null_if_not_finite(row.effect.permutation.p);
        }
    }
    return content;
}

}  // namespace cohort::evaluate
