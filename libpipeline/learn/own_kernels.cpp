#include "learn/own_kernels.h"

#include <ATen/Parallel.h>

#include "learn/kernels/has_vectors.h"

namespace cohort::learn {

bool serves_own_kernels(const at::Tensor& tensor) {
    return tensor.device().is_cpu() && tensor.scalar_type() == at::kFloat && has_vectors();
}

void run_on_compute_threads(std::int64_t count, const std::function<void(std::int64_t)>& body) {
    // LibTorch's own threads, so that two pools do not fight for the cores. Its loop is compiled into its callers: this
    // file is compiled with OpenMP, without which it would run alone.
#ifndef _OPENMP
#error "this file is to be compiled with OpenMP"
#endif
    at::parallel_for(0, count, 1, [&](std::int64_t begin, std::int64_t end) {
        for (auto i = begin; i < end; ++i) body(i);
    });
}

}  // namespace cohort::learn
