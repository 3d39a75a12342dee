// The learning rate over a run.
#pragma once

#include "learn/plan/plan.h"

namespace cohort::learn {

/// cosine: base · (1 + cos(π i/n))/2; poly: base · (1 − i/n)^.9 (nnU-Net). The first hundredth of the run, at most 50
/// iterations, rises from nothing. i counts from 0, n > 0.
double learning_rate(Schedule schedule, double base, std::uint64_t iteration, std::uint64_t iterations);

}  // namespace cohort::learn
