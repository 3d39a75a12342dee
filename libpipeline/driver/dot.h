// The graph of a pipeline in DOT, for Graphviz.
#pragma once

#include <string>

#include "driver/graph.h"

namespace cohort::driver {

enum class Detail { steps, jobs };

/// Boxes for steps (with their number of jobs) or for jobs; an arrow from what is made to what needs it.
std::string dot_of(const Graph& graph, Detail detail);

}  // namespace cohort::driver
