#include "apps/evaluate/summary_json.h"

#include <cmath>
#include <limits>

namespace cohort::evaluate {
namespace {

using measure::Evaluation;

/// A number, or null with its reason beside it in `object`.
void put(Json& object, const std::string& key, double value, const std::string& reason = "no case scored") {
    object[key] = null_if_not_finite(value);
    if (std::isnan(value)) object["reason"] = reason;
    else if (std::isinf(value)) object["reason"] = value > 0 ? "infinite" : "minus infinite";
}

Json statistic_json(const measure::Statistic& s) {
    Json json{{"n", s.n}, {"n_scored", s.n_scored}};
    put(json, "mean", s.mean);
    for (const auto& [key, value] : {std::pair{"median", s.median}, {"sd", s.sd}, {"lower_quartile", s.lower_quartile},
                                     {"upper_quartile", s.upper_quartile}, {"min", s.least}, {"max", s.most}})
        json[key] = null_if_not_finite(value);
    return json;
}

Json target_json(const Evaluation& evaluation, std::size_t t) {
    Json metrics = Json::object();
    for (std::size_t m = 0; m < evaluation.metrics.size(); ++m)
        metrics[std::string(evaluation.metrics[m]->name)] = statistic_json(measure::statistic_of(evaluation.column(t, m)));
    const measure::Target& target = evaluation.targets[t];
    return {{"label", target.key}, {"name", target.name}, {"values", target.values}, {"metrics", std::move(metrics)}};
}

Json undefined_json(const Evaluation& evaluation) {
    Json list = Json::array();
    for (const auto& c : evaluation.cases)
        for (std::size_t t = 0; t < evaluation.targets.size(); ++t)
            for (std::size_t m = 0; m < evaluation.metrics.size(); ++m)
                if (!c.scores[t][m].reason.empty())
                    list.push_back({{"case", c.id}, {"label", evaluation.targets[t].key},
                                    {"metric", evaluation.metrics[m]->name}, {"reason", c.scores[t][m].reason}});
    return list;
}

Json metrics_json(const Evaluation& evaluation) {
    Json list = Json::array();
    for (const auto* metric : evaluation.metrics)
        list.push_back({{"name", metric->name}, {"unit", metric->unit}, {"about", metric->about}});
    return list;
}

}  // namespace

Json summary_json(const Evaluation& evaluation, const Remarks& remarks) {
    Json targets = Json::array(), foreground = Json::object();
    for (std::size_t t = 0; t < evaluation.targets.size(); ++t) targets.push_back(target_json(evaluation, t));
    for (std::size_t m = 0; m < evaluation.metrics.size(); ++m) {
        Json& mean = foreground[std::string(evaluation.metrics[m]->name)] = Json::object();
        put(mean, "mean", measure::foreground_mean(evaluation, m));
    }
    return {{"cases", evaluation.cases.size()},
            {"convention", evaluation.convention->name},
            {"about", evaluation.convention->about},
            {"rule_for_empty_masks", measure::empty_rule_text(*evaluation.convention, evaluation.rules)},
            {"tolerance_mm", evaluation.rules.tolerance_mm},
            {"metrics", metrics_json(evaluation)},
            {"labels", std::move(targets)},
            {"foreground", std::move(foreground)},
            {"failed", remarks.failed},
            {"not_scored", {{"no_reference_label", remarks.unlabelled}, {"outside_subset", remarks.outside_subset}}},
            {"quarantined", remarks.quarantined},
            {"picture", remarks.pictured},
            {"undefined", undefined_json(evaluation)}};
}

Json content_of(const Evaluation& evaluation, const Remarks& remarks) {
    Json labels = Json::array(), metrics = Json::array();
    for (const auto& target : evaluation.targets) labels.push_back({{"label", target.key}, {"name", target.name}});
    for (const auto* metric : evaluation.metrics) metrics.push_back(metric->name);
    Json content{{"cases", evaluation.cases.size()},
                 {"failed", remarks.failed.size()},
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
    return content;
}

}  // namespace cohort::evaluate
