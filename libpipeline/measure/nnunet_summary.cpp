#include "measure/nnunet_summary.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/json.h"

namespace cohort::measure {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::array<std::string_view, 8> keys{"Dice", "FN", "FP", "IoU", "TN", "TP", "n_pred", "n_ref"};  // sorted
using Values = std::array<double, keys.size()>;

Values values_of(const Counts& n) {
    const auto number = [](std::int64_t v) { return static_cast<double>(v); };
    const std::int64_t either = n.tp + n.fp + n.fn;
    const double dice = either == 0 ? nan : number(2 * n.tp) / number(2 * n.tp + n.fp + n.fn);
    const double iou = either == 0 ? nan : number(n.tp) / number(either);
    return {dice, number(n.fn), number(n.fp), iou, number(n.tn), number(n.tp), number(n.n_pred()), number(n.n_ref())};
}

/// As Python's json prints a float: with a decimal point or exponent, NaN as NaN.
std::string python_float(double value) {
    if (std::isnan(value)) return "NaN";
    const std::string text = shortest(value);
    return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

enum class Numbers { floats, counts_as_integers };

std::string object(const Values& values, Numbers numbers, const std::string& indent) {
    std::string out = "{\n";
    for (std::size_t k = 0; k < keys.size(); ++k) {
        const bool ratio = keys[k] == "Dice" || keys[k] == "IoU";
        const bool integer = numbers == Numbers::counts_as_integers && !ratio;
        out += indent + "    \"" + std::string(keys[k]) +
               "\": " + (integer ? shortest(values[k]) : python_float(values[k])) +
               (k + 1 < keys.size() ? ",\n" : "\n");
    }
    return out + indent + "}";
}

/// nnU-Net writes a region as Python prints a tuple.
std::string key_of(const Target& target) {
    if (target.values.size() == 1) return std::to_string(target.values[0]);
    std::string key = "(";
    for (std::size_t i = 0; i < target.values.size(); ++i) key += (i ? ", " : "") + std::to_string(target.values[i]);
    return key + ")";
}

/// Targets in the order of their keys as text (json's sort_keys).
std::vector<std::pair<std::string, std::size_t>> sorted_keys(const Evaluation& evaluation) {
    std::vector<std::pair<std::string, std::size_t>> order;
    for (std::size_t t = 0; t < evaluation.targets.size(); ++t) order.emplace_back(key_of(evaluation.targets[t]), t);
    std::sort(order.begin(), order.end());
    return order;
}

Values nan_mean(const Evaluation& evaluation, std::size_t target) {
    Values mean{};
    for (std::size_t k = 0; k < keys.size(); ++k) {
        double sum = 0;
        std::size_t n = 0;
        for (const CaseScores& c : evaluation.cases)
            if (const double v = values_of(c.counts[target])[k]; !std::isnan(v)) {
                sum += v;
                ++n;
            }
        mean[k] = n == 0 ? nan : sum / static_cast<double>(n);
    }
    return mean;
}

std::string labels_object(const std::vector<std::pair<std::string, std::string>>& members, const std::string& indent) {
    std::string out = "{\n";
    for (std::size_t i = 0; i < members.size(); ++i)
        out +=
            indent + "    \"" + members[i].first + "\": " + members[i].second + (i + 1 < members.size() ? ",\n" : "\n");
    return out + indent + "}";
}

std::string text_literal(const std::string& text) { return canonical_json(Json(text)); }

std::string stem_of(std::string file) {
    if (const auto slash = file.find_last_of('/'); slash != std::string::npos) file.erase(0, slash + 1);
    if (file.ends_with(".nii.gz")) return file.substr(0, file.size() - 7);
    const auto dot = file.find_last_of('.');
    return dot == std::string::npos || dot == 0 ? file : file.substr(0, dot);
}

/// NaN and Infinity are no JSON; Python writes them all the same. Outside of texts only.
std::string with_null_for_nan(std::string_view text) {
    std::string out;
    bool in_text = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (in_text && text[i] == '\\') {
            out += text.substr(i, 2);
            ++i;
            continue;
        }
        if (text[i] == '"') in_text = !in_text;
        if (!in_text && text.substr(i).starts_with("NaN")) {
            out += "null";
            i += 2;
            continue;
        }
        out += text[i];
    }
    return out;
}

}  // namespace

std::string nnunet_summary(const Evaluation& evaluation) {
    const auto order = sorted_keys(evaluation);
    const std::string two = "        ", three = "            ";
    std::vector<std::pair<std::string, std::string>> means;
    Values foreground{};
    std::size_t labels = 0;
    for (const auto& [key, t] : order) {
        const Values mean = nan_mean(evaluation, t);
        means.emplace_back(key, object(mean, Numbers::floats, two));
        if (evaluation.targets[t].is_background()) continue;
        for (std::size_t k = 0; k < keys.size(); ++k) foreground[k] += mean[k];
        ++labels;
    }
    for (double& v : foreground) v = labels == 0 ? nan : v / static_cast<double>(labels);

    std::string out = "{\n    \"foreground_mean\": " + object(foreground, Numbers::floats, "    ") +
                      ",\n    \"mean\": " + labels_object(means, "    ") + ",\n    \"metric_per_case\": [";
    for (std::size_t c = 0; c < evaluation.cases.size(); ++c) {
        const CaseScores& scores = evaluation.cases[c];
        std::vector<std::pair<std::string, std::string>> metrics;
        metrics.reserve(order.size());
        for (const auto& [key, t] : order)
            metrics.emplace_back(key, object(values_of(scores.counts[t]), Numbers::counts_as_integers, three + "    "));
        const std::string file = text_literal(scores.id + ".nii.gz");
        out.append(c ? ",\n" : "\n").append(two).append("{\n");
        out.append(three).append("\"metrics\": ").append(labels_object(metrics, three)).append(",\n");
        out.append(three).append("\"prediction_file\": ").append(file).append(",\n");
        out.append(three).append("\"reference_file\": ").append(file).append("\n").append(two).append("}");
    }
    return out + (evaluation.cases.empty() ? "]\n}" : "\n    ]\n}");
}

PerCaseTable read_nnunet_summary(std::string_view text, std::string_view name) {
    const Json json = parse_json(with_null_for_nan(text), name);
    const Json& cases = member(json, "metric_per_case", name);
    if (!cases.is_array()) throw Error(Exit::bad_input, std::string(name) + ": metric_per_case is no list.");
    PerCaseTable out{{"dice", "iou"}, {}};
    for (const Json& entry : cases) {
        const std::string id = stem_of(text_member(entry, "prediction_file", name));
        const Json& labels = member(entry, "metrics", name);
        if (!labels.is_object())
            throw Error(Exit::bad_input, std::string(name) + ": the metrics of " + id + " are no object.");
        auto& row = out.rows[id];
        if (!row.empty()) throw Error(Exit::bad_input, std::string(name) + ": case " + id + " stands there twice.");
        for (const auto& [label, values] : labels.items()) {
            std::string key;  // "(1, 2)" is "1+2" here
            for (const char c : label)
                if (c == ',')
                    key += '+';
                else if (c != '(' && c != ')' && c != ' ')
                    key += c;
            for (const auto* metric : {"Dice", "IoU"}) {
                const Json& value = member(values, metric, name);
                if (!value.is_number() && !value.is_null())
                    throw Error(Exit::bad_input, std::string(name) + ": " + metric + " of " + id + " is no number.");
                row[key].push_back(value.is_null() ? nan : value.get<double>());
            }
        }
    }
    return out;
}

}  // namespace cohort::measure
