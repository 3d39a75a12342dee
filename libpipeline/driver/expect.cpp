#include "driver/expect.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "cli/validator.h"

namespace cohort::driver {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

std::optional<double> number(std::string_view text) {
    text = trimmed(text);
    if (text.starts_with('+')) text.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
    return value;
}

}  // namespace

std::optional<Expectation> parse_expectation(std::string name, std::string_view written) {
    const std::string_view text = trimmed(written);
    Expectation expectation{std::move(name), -infinity, infinity, std::string(text)};
    if (text.starts_with(">=") || text.starts_with("<=")) {
        const auto bound = number(text.substr(2));
        if (!bound) return std::nullopt;
        (text[0] == '>' ? expectation.low : expectation.high) = *bound;
        return expectation;
    }
    if (const auto dots = text.find(".."); dots != std::string_view::npos) {
        // "1...5" could be 1. to .5 or 1 to ..5: the first two dots divide, the rest must be a number.
        const auto low = number(text.substr(0, dots)), high = number(text.substr(dots + 2));
        if (!low || !high || *low > *high) return std::nullopt;
        expectation.low = *low;
        expectation.high = *high;
        return expectation;
    }
    const auto value = number(text);
    if (!value) return std::nullopt;
    expectation.low = expectation.high = *value;
    return expectation;
}

Json expectable_numbers(const Json& content, const Json& counts) {
    Json numbers = Json::object();
    for (const Json* table : {&content, &counts}) {
        if (!table->is_object()) continue;
        for (const auto& [name, value] : table->items())
            if ((value.is_number() || value.is_null()) && !numbers.contains(name)) numbers[name] = value;
    }
    return numbers;
}

std::vector<Judgement> judge(const std::vector<Expectation>& expectations, const Json& numbers) {
    std::vector<Judgement> judgements;
    for (const auto& expectation : expectations) {
        Judgement judgement{expectation.name, expectation.written, Json(), false, true, ""};
        const auto found = numbers.find(expectation.name);
        if (found == numbers.end()) {
            std::vector<std::string> names;
            for (const auto& [name, value] : numbers.items()) names.push_back(name);
            judgement.known = false;
            judgement.sentence = "expect names '" + expectation.name + "', which the result does not have as a number" +
                                 cli::unknown_name_ending(expectation.name, names);
        } else {
            judgement.value = *found;
            const double value = found->is_number() ? found->get<double>() : std::numeric_limits<double>::quiet_NaN();
            judgement.met = value >= expectation.low && value <= expectation.high;
            if (!judgement.met)
                judgement.sentence =
                    expectation.name + " is " + canonical_json(*found) + ", expected " + expectation.written + ".";
        }
        judgements.push_back(std::move(judgement));
    }
    return judgements;
}

}  // namespace cohort::driver
