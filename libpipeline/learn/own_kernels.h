// When our own kernels (learn/kernels) compute, and on whose threads.
//
// They run in float32 on CPUs with AVX-512; their values differ from LibTorch's by rounding only. LibTorch's serve
// everywhere else.
#pragma once

#include "learn/kernels/parallel_run.h"
#include "learn/tensor.h"

namespace cohort::learn {

/// float32 on a CPU that has the vectors.
bool serves_own_kernels(const at::Tensor& tensor);

/// As many threads as LibTorch computes with.
void run_on_compute_threads(std::int64_t count, const std::function<void(std::int64_t)>& body);

}  // namespace cohort::learn
