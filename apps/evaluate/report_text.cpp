#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "apps/evaluate/report.h"

namespace cohort::evaluate {
namespace {

using measure::Evaluation;

/// Four significant digits, plain; "–" for undefined.
std::string shown(double value) {
    if (std::isnan(value)) return "–";
    if (std::isinf(value)) return value > 0 ? "∞" : "−∞";
    std::array<char, 64> text{};
    const int digits = value == 0 ? 4 : std::clamp(3 - static_cast<int>(std::floor(std::log10(std::abs(value)))), 0, 9);
    const auto [end, fault] =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, digits);
    return fault == std::errc{} ? std::string(text.data(), end) : shortest(value);
}

/// p values: three digits, "< 0.001" below.
std::string shown_p(double p) {
    if (std::isnan(p)) return "–";
    if (p < 0.001) return "< 0.001";
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), p, std::chars_format::fixed, 3).ptr;
    return {text.data(), end};
}

std::string shown(const measure::Interval& interval) {
    if (interval.method == "undefined") return "–";
    return shown(interval.low) + " to " + shown(interval.high) +
           (interval.method == "percentile" ? " (percentile)" : "");
}

std::string title_of(const measure::Target& target) {
    return target.name.empty() ? target.key : target.key + " " + target.name;
}

/// Text in a table's cell: no bar, no line break.
std::string cell(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '|')
            out += "\\|";
        else if (static_cast<unsigned char>(c) < 0x20)
            out += ' ';
        else
            out += c;
    }
    return out;
}

std::string row(std::initializer_list<std::string> cells) {
    std::string out = "|";
    for (const std::string& one : cells) out += " " + cell(one) + " |";
    return out + "\n";
}

std::string head(std::initializer_list<std::string> cells) {
    std::string rule = "|";
    for (std::size_t i = 0; i < cells.size(); ++i) rule += " --- |";
    return row(cells) + rule + "\n";
}

std::string introduction(const Report& report) {
    const Evaluation& evaluation = report.evaluation;
    std::string out =
        "# Evaluation\n\n" + std::to_string(evaluation.cases.size()) + " cases, " +
        std::to_string(report.remarks.failed.size()) +
        " of them failed (no usable prediction). Convention: " + std::string(evaluation.convention->name) + ". " +
        std::string(evaluation.convention->about) + "\n\n" +
        "Empty masks: " + measure::empty_rule_text(*evaluation.convention, evaluation.rules) + "\n\n" +
        "Intervals: 95 %, of the mean, BCa bootstrap over cases (over subjects where cases share one), " +
        std::to_string(report.plan.resamples) + " resamples.";
    if (evaluation.cases.size() < 10) out += " With fewer than ten cases they are too narrow to be relied on.";
    out += "\n\n";
    if (report.remarks.pictured.empty()) return out;
    out += "![worst, median and best case](worst-median-best.png)\n\nFrom the top:\n\n";
    for (const std::string& caption : report.remarks.pictured) out += "- " + cell(caption) + "\n";
    return out +
           "\nThe reference is filled, the prediction outlined; axial, coronal, sagittal, the patient's right on the "
           "left.\n\n";
}

std::string foreground_table(const Report& report) {
    const Evaluation& evaluation = report.evaluation;
    std::string out =
        "## Foreground (mean of the labels' means)\n\n" + head({"metric", "unit", "mean", "95 % interval", "about"});
    for (std::size_t m = 0; m < evaluation.metrics.size(); ++m) {
        const auto* metric = evaluation.metrics[m];
        std::string about(metric->about);
        if (metric->family == measure::Family::surface)
            about += " of " + shortest(evaluation.rules.tolerance_mm) + " mm";
        out += row({std::string(metric->name), std::string(metric->unit),
                    shown(measure::foreground_mean(evaluation, m)), shown(report.intervals.foreground[m]), about});
    }
    return out + "\n";
}

std::string target_table(const Report& report, std::size_t t) {
    const Evaluation& evaluation = report.evaluation;
    std::string out = "## Label " + cell(title_of(evaluation.targets[t])) + "\n\n" +
                      head({"metric", "unit", "mean", "95 % interval", "SD", "median", "quartiles", "range", "scored"});
    for (std::size_t m = 0; m < evaluation.metrics.size(); ++m) {
        const auto s = measure::statistic_of(evaluation.column(t, m));
        const auto* metric = evaluation.metrics[m];
        out += row({std::string(metric->name), std::string(metric->unit), shown(s.mean),
                    shown(report.intervals.targets[t][m]), shown(s.sd), shown(s.median),
                    shown(s.lower_quartile) + " to " + shown(s.upper_quartile), shown(s.least) + " to " + shown(s.most),
                    std::to_string(s.n_scored) + " of " + std::to_string(s.n)});
    }
    return out + "\n";
}

std::string list_section(const std::string& title, const std::vector<std::string>& ids) {
    if (ids.empty()) return "";
    std::string out = "## " + title + " (" + std::to_string(ids.size()) + ")\n\n";
    for (const std::string& id : ids) out += "- " + cell(id) + "\n";
    return out + "\n";
}

std::string comparison_section(const Report& report) {
    if (!report.comparison) return "";
    std::string out =
        "## Against the other evaluation\n\n" + std::to_string(report.comparison->cases) +
        " cases are in both; differences are ours − theirs, paired by case. p: sign-flip permutation of the mean "
        "difference (exact up to 20 pairs, else " +
        std::to_string(report.plan.permutations) +
        " draws), beside it Holm's adjustment over the labels of a metric, and Wilcoxon's signed rank.\n\n" +
        head({"metric", "label", "ours", "theirs", "difference", "95 % interval", "p", "p (Holm)", "p (Wilcoxon)", "dz",
              "pairs"});
    for (const auto& r : report.comparison->rows)
        out += row({std::string(report.evaluation.metrics[r.metric]->name), r.label, shown(r.ours), shown(r.theirs),
                    shown(r.effect.mean), shown(r.effect.bca), shown_p(r.effect.permutation.p), shown_p(r.holm_p),
                    shown_p(r.effect.wilcoxon.p), shown(r.effect.dz), std::to_string(r.effect.n)});
    out += "\n";
    out += list_section("Only here: not compared", report.comparison->only_ours);
    return out + list_section("Only there: not compared", report.comparison->only_theirs);
}

std::size_t width_of(const std::string& text) {  // code points
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string aligned(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths(rows[0].size(), 0);
    for (const auto& line : rows)
        for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], width_of(line[i]));
    std::string out;
    for (const auto& line : rows) {
        for (std::size_t i = 0; i < line.size(); ++i)
            out += (i ? "  " : "") + std::string(widths[i] - width_of(line[i]), ' ') + line[i];
        out += "\n";
    }
    return out;
}

/// The metrics people look for first; at most six.
std::vector<std::size_t> shown_metrics(const Evaluation& evaluation) {
    constexpr std::array wanted{"dice", "iou", "volume_difference_mm3", "hd95_mm", "assd_mm", "msd_mm", "surface_dice"};
    std::vector<std::size_t> metrics;
    for (const auto* name : wanted)
        if (const auto m = evaluation.metric_index(name)) metrics.push_back(*m);
    for (std::size_t m = 0; metrics.empty() && m < std::min<std::size_t>(evaluation.metrics.size(), 6); ++m)
        metrics.push_back(m);
    return metrics;
}

std::string comparison_lines(const Report& report) {
    if (!report.comparison) return "";
    std::string out;
    for (const auto& r : report.comparison->rows)
        if (r.label == "foreground")
            out += std::string(report.evaluation.metrics[r.metric]->name) +
                   " against the other: " + shown(r.effect.mean) + " (" + shown(r.effect.bca) + "), p " +
                   shown_p(r.effect.permutation.p) + ", " + std::to_string(r.effect.n) + " pairs\n";
    return out;
}

}  // namespace

std::string summary_markdown(const Report& report) {
    std::string out = introduction(report) + foreground_table(report);
    for (std::size_t t = 0; t < report.evaluation.targets.size(); ++t) out += target_table(report, t);
    out += comparison_section(report);
    out += list_section("Failed cases", report.remarks.failed);
    out += list_section("Set aside while reading", report.remarks.quarantined);
    out += list_section("Asked for, but without a reference label: not scored", report.remarks.unlabelled);
    out += list_section("Predicted, but outside the split's part: not scored", report.remarks.outside_subset);
    while (out.ends_with("\n\n")) out.pop_back();
    return out;
}

std::string short_table(const Report& report) {
    const Evaluation& evaluation = report.evaluation;
    const auto metrics = shown_metrics(evaluation);
    std::vector<std::vector<std::string>> rows{{"label"}};
    for (const std::size_t m : metrics) rows[0].emplace_back(evaluation.metrics[m]->name);
    for (std::size_t t = 0; t < evaluation.targets.size(); ++t) {
        auto& line = rows.emplace_back(std::vector{title_of(evaluation.targets[t])});
        for (const std::size_t m : metrics) {
            const auto s = measure::statistic_of(evaluation.column(t, m));
            line.push_back(shown(s.mean) + (s.n_scored < s.n ? " (" + std::to_string(s.n_scored) + ")" : ""));
        }
    }
    auto& last = rows.emplace_back(std::vector<std::string>{"foreground"});
    for (const std::size_t m : metrics) last.push_back(shown(measure::foreground_mean(evaluation, m)));
    return aligned(rows) + comparison_lines(report) + "means over " + std::to_string(evaluation.cases.size()) +
           " cases, " + std::to_string(report.remarks.failed.size()) + " failed. " +
           measure::empty_rule_text(*evaluation.convention, evaluation.rules) + "\n";
}

}  // namespace cohort::evaluate
