#include "apps/evaluate/evaluate_parameters.h"

#include <algorithm>
#include <charconv>

#include "apps/evaluate/asked_cases.h"
#include "core/error.h"

namespace cohort::evaluate {
namespace {

/// "1+2" → {1, 2}; the schema has checked the form.
measure::Target region(const std::string& text) {
    measure::Target target;
    const char* at = text.data();
    const char* const end = text.data() + text.size();
    while (at < end) {
        std::int32_t value = 0;
        const auto [next, fault] = std::from_chars(at, end, value);
        if (fault != std::errc{}) throw Error(Exit::usage, "--regions " + text + ": a label must fit 32 bits.");
        target.values.push_back(value);
        at = next + (next < end ? 1 : 0);
    }
    std::sort(target.values.begin(), target.values.end());
    target.values.erase(std::unique(target.values.begin(), target.values.end()), target.values.end());
    if (target.values.size() < 2)
        throw Error(Exit::usage, "--regions " + text + " is a single label, which is scored anyway.");
    for (const std::int32_t value : target.values)
        target.key += (target.key.empty() ? "" : "+") + std::to_string(value);
    return target;
}

}  // namespace

EvaluateParameters from_json(const Json& json) {
    EvaluateParameters p;
    p.fold = json.value("fold", std::string());
    p.subset = json.value("subset", std::string("validation"));
    p.array = json.value("array", std::string());
    for (const Json& text : json.at("regions")) p.regions.push_back(region(text.get<std::string>()));
    if (json.contains("ignore_label")) p.ignore_label = json["ignore_label"].get<std::int32_t>();
    p.convention = measure::convention_named(json.at("compat").get<std::string>());
    if (json.contains("metrics")) p.metrics = json["metrics"].get<std::vector<std::string>>();
    p.rules.tolerance_mm = json.at("tolerance_mm").get<double>();
    p.rules.empty = json.at("empty") == "one" ? measure::EmptyRule::one : measure::EmptyRule::undefined;
    p.rules.empty_distance =
        json.at("empty_distance") == "diagonal" ? measure::EmptyDistance::diagonal : measure::EmptyDistance::undefined;
    p.against = json.value("against", std::string());
    p.resamples = json.at("resamples").get<std::size_t>();
    p.permutations = json.at("permutations").get<std::size_t>();
    p.nnunet = json.at("nnunet").get<bool>();
    return p;
}

std::vector<const measure::Metric*> chosen_metrics(const EvaluateParameters& parameters) {
    std::vector<const measure::Metric*> chosen;
    std::vector<std::string> known;
    for (const measure::Metric& metric : parameters.convention->metrics) {
        known.emplace_back(metric.name);
        if (parameters.metrics.empty()) chosen.push_back(&metric);
    }
    for (const std::string& name : parameters.metrics) {
        const measure::Metric* metric = measure::metric_named(*parameters.convention, name);
        if (metric == nullptr)
            throw Error(Exit::usage, "--metrics: " + std::string(parameters.convention->name) + " has no metric '" +
                                         name + "'; " + did_you_mean(name, known) + "it has " +
                                         some_of(known, known.size()) + ".");
        if (std::find(chosen.begin(), chosen.end(), metric) != chosen.end())
            throw Error(Exit::usage, "--metrics names " + name + " twice.");
        chosen.push_back(metric);
    }
    return chosen;
}

}  // namespace cohort::evaluate
