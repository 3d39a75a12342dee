// How the kernels of this folder share their work, without knowing whose threads do it.
#pragma once

#include <cstdint>
#include <functional>

namespace cohort::learn {

/// Runs body(0) … body(count − 1), perhaps in parallel. Results do not depend on how.
using ParallelRun = std::function<void(std::int64_t count, const std::function<void(std::int64_t)>& body)>;

}  // namespace cohort::learn
