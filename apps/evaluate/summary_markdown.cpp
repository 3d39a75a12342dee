#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "apps/evaluate/summary_json.h"

namespace cohort::evaluate {
namespace {

using measure::Evaluation;

/// Four significant digits, plain; "–" for undefined.
std::string shown(double value) {
    if (std::isnan(value)) return "–";
    if (std::isinf(value)) return value > 0 ? "∞" : "−∞";
    std::array<char, 64> text{};
    const int digits = value == 0 ? 4 : std::clamp(3 - static_cast<int>(std::floor(std::log10(std::abs(value)))), 0, 9);
    const auto [end, fault] = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, digits);
    return fault == std::errc{} ? std::string(text.data(), end) : shortest(value);
}

std::string title_of(const measure::Target& target) {
    return target.name.empty() ? target.key : target.key + " " + target.name;
}

/// Text in a table's cell: no bar, no line break.
std::string cell(std::string text) {
    std::string out;
    for (const char c : text) {
        if (c == '|') out += "\\|";
        else if (static_cast<unsigned char>(c) < 0x20) out += ' ';
        else out += c;
    }
    return out;
}

std::string target_table(const Evaluation& evaluation, std::size_t t) {
    std::string out = "## Label " + cell(title_of(evaluation.targets[t])) +
                      "\n\n| metric | unit | mean | SD | median | quartiles | range | scored |\n"
                      "| --- | --- | --- | --- | --- | --- | --- | --- |\n";
    for (std::size_t m = 0; m < evaluation.metrics.size(); ++m) {
        const auto s = measure::statistic_of(evaluation.column(t, m));
        const auto* metric = evaluation.metrics[m];
        out += "| " + std::string(metric->name) + " | " + std::string(metric->unit) + " | " + shown(s.mean) + " | " + shown(s.sd) +
               " | " + shown(s.median) + " | " + shown(s.lower_quartile) + " to " + shown(s.upper_quartile) + " | " +
               shown(s.least) + " to " + shown(s.most) + " | " + std::to_string(s.n_scored) + " of " + std::to_string(s.n) + " |\n";
    }
    return out + "\n";
}

std::string list_section(const std::string& title, const std::vector<std::string>& ids) {
    if (ids.empty()) return "";
    std::string out = "## " + title + " (" + std::to_string(ids.size()) + ")\n\n";
    for (const std::string& id : ids) out += "- " + cell(id) + "\n";
    return out + "\n";
}

std::size_t width_of(const std::string& text) {  // code points
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string padded(const std::string& text, std::size_t width) {
    return std::string(width - std::min(width, width_of(text)), ' ') + text;
}

}  // namespace

std::string summary_markdown(const Evaluation& evaluation, const Remarks& remarks) {
    std::string out = "# Evaluation\n\n" + std::to_string(evaluation.cases.size()) + " cases, " +
                      std::to_string(remarks.failed.size()) + " of them failed (no usable prediction). Convention: " +
                      std::string(evaluation.convention->name) + ". " + std::string(evaluation.convention->about) + "\n\n" +
                      "Empty masks: " + measure::empty_rule_text(*evaluation.convention, evaluation.rules) + "\n\n";
    if (!remarks.pictured.empty()) {
        out += "![worst, median and best case](worst-median-best.png)\n\nFrom the top:\n\n";
        for (const std::string& caption : remarks.pictured) out += "- " + cell(caption) + "\n";
        out += "\nThe reference is filled, the prediction outlined; axial, coronal, sagittal, the patient's right on the left.\n\n";
    }
    out += "## Foreground (mean of the labels' means)\n\n| metric | unit | mean | about |\n| --- | --- | --- | --- |\n";
    for (std::size_t m = 0; m < evaluation.metrics.size(); ++m) {
        const auto* metric = evaluation.metrics[m];
        std::string about(metric->about);
        if (metric->name.starts_with("surface_dice")) about += " of " + shortest(evaluation.rules.tolerance_mm) + " mm";
        out += "| " + std::string(metric->name) + " | " + std::string(metric->unit) + " | " +
               shown(measure::foreground_mean(evaluation, m)) + " | " + cell(about) + " |\n";
    }
    out += "\n";
    for (std::size_t t = 0; t < evaluation.targets.size(); ++t) out += target_table(evaluation, t);
    out += list_section("Failed cases", remarks.failed);
    out += list_section("Set aside while reading", remarks.quarantined);
    out += list_section("Asked for, but without a reference label: not scored", remarks.unlabelled);
    out += list_section("Predicted, but outside the split's part: not scored", remarks.outside_subset);
    while (out.ends_with("\n\n")) out.pop_back();
    return out;
}

std::string short_table(const Evaluation& evaluation, const Remarks& remarks) {
    constexpr std::array wanted{"dice", "iou", "volume_difference_mm3", "hd95_mm", "assd_mm", "msd_mm", "surface_dice"};
    std::vector<std::size_t> columns;
    for (const auto* name : wanted)
        if (const auto m = evaluation.metric_index(name)) columns.push_back(*m);
    if (columns.empty())
        for (std::size_t m = 0; m < std::min<std::size_t>(evaluation.metrics.size(), 6); ++m) columns.push_back(m);
    std::vector<std::vector<std::string>> rows{{"label"}};
    for (const std::size_t m : columns) rows[0].emplace_back(evaluation.metrics[m]->name);
    for (std::size_t t = 0; t < evaluation.targets.size(); ++t) {
        auto& row = rows.emplace_back(std::vector{title_of(evaluation.targets[t])});
        for (const std::size_t m : columns) {
            const auto s = measure::statistic_of(evaluation.column(t, m));
            row.push_back(shown(s.mean) + (s.n_scored < s.n ? " (" + std::to_string(s.n_scored) + ")" : ""));
        }
    }
    auto& last = rows.emplace_back(std::vector<std::string>{"foreground"});
    for (const std::size_t m : columns) last.push_back(shown(measure::foreground_mean(evaluation, m)));
    std::vector<std::size_t> widths(rows[0].size(), 0);
    for (const auto& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
    std::string out;
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) out += (i ? "  " : "") + padded(row[i], widths[i]);
        out += "\n";
    }
    out += "means over " + std::to_string(evaluation.cases.size()) + " cases, " + std::to_string(remarks.failed.size()) +
           " failed. " + measure::empty_rule_text(*evaluation.convention, evaluation.rules) + "\n";
    return out;
}

}  // namespace cohort::evaluate
