#include "apps/compare/comparison.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "core/error.h"
#include "core/files.h"

namespace cohort::compare {
namespace {

constexpr std::size_t most_kept = 1'000'000, most_per_document = 10;

std::string shown(const Json& value) {
    std::string text = canonical_json(value);
    if (text.size() > 80) text = text.substr(0, 77) + "...";
    return printable(text);
}

std::string escaped(std::string key) {
    for (std::size_t at = 0; (at = key.find_first_of("~/", at)) != std::string::npos; at += 2)
        key.replace(at, 1, key[at] == '~' ? "~0" : "~1");
    return key;
}

/// Calls differ(pointer, what) for every differing leaf.
template <class Differ>
void walk(const Tolerance& tolerance, const std::string& pointer, const Json& a, const Json& b, const Differ& differ) {
    if (a.is_number() && b.is_number()) {
        if (a != b && !tolerance.equal(a.get<double>(), b.get<double>()))
            differ(pointer, shown(a) + " and " + shown(b));
    } else if (a.is_object() && b.is_object()) {
        for (const auto& [key, value] : a.items()) {
            const auto other = b.find(key);
            if (other == b.end())
                differ(pointer + "/" + escaped(key), "only the first has it");
            else
                walk(tolerance, pointer + "/" + escaped(key), value, *other, differ);
        }
        for (const auto& [key, value] : b.items())
            if (!a.contains(key)) differ(pointer + "/" + escaped(key), "only the second has it");
    } else if (a.is_array() && b.is_array()) {
        if (a.size() != b.size())
            differ(pointer, std::to_string(a.size()) + " and " + std::to_string(b.size()) + " entries");
        for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
            walk(tolerance, pointer + "/" + std::to_string(i), a[i], b[i], differ);
    } else if (a != b) {
        differ(pointer, shown(a) + " and " + shown(b));
    }
}

std::vector<std::string_view> split(std::string_view text, char at) {
    std::vector<std::string_view> parts;
    while (true) {
        const auto end = text.find(at);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

std::optional<double> number(std::string_view text) {
    double value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    return fault == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

bool cells_equal(std::string_view a, std::string_view b, const Tolerance& tolerance) {
    if (a == b) return true;
    const auto cells_a = split(a, ','), cells_b = split(b, ',');
    if (cells_a.size() != cells_b.size()) return false;
    for (std::size_t i = 0; i < cells_a.size(); ++i) {
        if (cells_a[i] == cells_b[i]) continue;
        const auto x = number(cells_a[i]), y = number(cells_b[i]);
        if (!x || !y || !tolerance.equal(*x, *y)) return false;
    }
    return true;
}

}  // namespace

bool Tolerance::allows(double difference, double larger) const {
    return std::isfinite(difference) && (difference <= absolute || difference <= relative * larger);
}

bool Tolerance::equal(double a, double b) const {
    if (a == b || (std::isnan(a) && std::isnan(b))) return true;
    if (!std::isfinite(a) || !std::isfinite(b)) return false;
    return allows(std::abs(a - b), std::max(std::abs(a), std::abs(b)));
}

void Comparison::differ(std::string where, std::string what) {
    ++count_;
    if (differences_.size() < most_kept) differences_.push_back({std::move(where), std::move(what)});
}

void Comparison::json(const std::string& where, const Json& a, const Json& b) {
    std::size_t found = 0;
    walk(tolerance_, "", a, b, [&](const std::string& pointer, const std::string& what) {
        if (++found <= most_per_document) differ(where + (pointer.empty() ? "" : " " + pointer), what);
    });
    if (found > most_per_document) differ(where, std::to_string(found - most_per_document) + " more entries differ");
}

void Comparison::lines(const std::string& where, const std::string& a, const std::string& b, Lines kind) {
    if (a == b) return;
    const auto lines_a = split(a, '\n'), lines_b = split(b, '\n');
    if (lines_a.size() != lines_b.size())
        differ(where, std::to_string(lines_a.size() - 1) + " and " + std::to_string(lines_b.size() - 1) + " lines");
    for (std::size_t i = 0; i < std::min(lines_a.size(), lines_b.size()); ++i) {
        if (lines_a[i] == lines_b[i]) continue;
        const std::string place = where + ", line " + std::to_string(i + 1);
        if (kind == Lines::cells) {
            if (!cells_equal(lines_a[i], lines_b[i], tolerance_))
                differ(place, shown(std::string(lines_a[i])) + " and " + shown(std::string(lines_b[i])));
        } else if (lines_a[i].empty() || lines_b[i].empty()) {
            differ(place, "one of the two is empty");
        } else {
            json(place, parse_json(lines_a[i], place), parse_json(lines_b[i], place));
        }
    }
}

}  // namespace cohort::compare
