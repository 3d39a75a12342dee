// Why a job has to run: what changed since its name last had a result.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "driver/graph.h"

namespace cohort::driver {

/// Differences between two key texts of one job, as phrases: "minutes: 10 → 20", "input dataset (clean) changed",
/// "content version 1 → 2", "files of input changed". Empty when they are equal.
std::vector<std::string> differences(const Graph& graph, JobIndex job, std::string_view before, std::string_view now);

/// Phrases joined by "; ".
std::string joined_reasons(const std::vector<std::string>& reasons);

}  // namespace cohort::driver
