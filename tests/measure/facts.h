// The oracle file of the facts folder; tests that need it say so when it is missing.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>

#include "core/json.h"

namespace cohort {

inline std::filesystem::path shared_folder() {
    if (const char* data = std::getenv("COHORT_TEST_DATA"); data && *data)
        return std::filesystem::path(data).parent_path();
    if (const char* source = std::getenv("COHORT_SOURCE"); source && *source)
        return std::filesystem::path(source).parent_path() / "shared";
    return "shared";
}

inline const Json* metric_oracles() {
    static const std::optional<Json> oracles = []() -> std::optional<Json> {
        const auto file = shared_folder() / "facts" / "metric-oracles.json";
        if (!std::filesystem::exists(file)) return std::nullopt;
        return read_json(file);
    }();
    if (!oracles) std::cout << "skipped: data not present (metric-oracles.json)\n";
    return oracles ? &*oracles : nullptr;
}

/// Numbers, or "nan", "inf", "-inf".
inline double oracle_number(const Json& value) {
    if (value.is_number()) return value.get<double>();
    const auto text = value.get<std::string>();
    if (text == "nan") return std::nan("");
    return text == "inf" ? INFINITY : -INFINITY;
}

/// Equal within 1e-9 relative or absolute; NaN equals NaN.
inline bool agrees(double got, double expected) {
    if (std::isnan(expected)) return std::isnan(got);
    if (got == expected) return true;
    return std::abs(got - expected) <= 1e-9 * std::max(1.0, std::abs(expected));
}

}  // namespace cohort
