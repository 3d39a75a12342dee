// `expect`: numbers that a result must show.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace cohort::driver {

/// One number of a result and the range it must lie in (bounds included).
struct Expectation {
    std::string name;
    double low = 0;
    double high = 0;
    std::string written;  ///< ">= 208"
};

/// "208", ">= 208", "<= 3", "0.8..1"; nothing if it is none of these.
std::optional<Expectation> parse_expectation(std::string name, std::string_view written);

/// The numbers of an artefact that `expect` may name: top-level numbers of `content`, then those `counts` that content
/// does not have. A null stays null: it never meets anything.
Json expectable_numbers(const Json& content, const Json& counts);

struct Judgement {
    std::string name;
    std::string wanted;
    Json value;  ///< a number, null, or absent (discarded)
    bool met = false;
    bool known = true;     ///< false: the artefact has no such number
    std::string sentence;  ///< empty when met
};
std::vector<Judgement> judge(const std::vector<Expectation>& expectations, const Json& numbers);

}  // namespace cohort::driver
