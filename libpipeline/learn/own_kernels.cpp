#include "learn/own_kernels.h"

#include <ATen/Parallel.h>

#include "core/parallel.h"
#include "learn/kernels/has_vectors.h"

namespace cohort::learn {

namespace {
bool wanted = true;
}

void use_own_kernels(bool yes) { wanted = yes; }

bool serves_own_kernels(const at::Tensor& tensor) {
    return wanted && tensor.device().is_cpu() && tensor.scalar_type() == at::kFloat && has_vectors();
}

void run_on_compute_threads(std::int64_t count, const std::function<void(std::int64_t)>& body) {
    // Not by LibTorch's own loop: it is compiled into its callers, and serial there without OpenMP.
    parallel_for(static_cast<std::size_t>(count), static_cast<unsigned>(at::get_num_threads()),
                 [&](std::size_t i) { body(static_cast<std::int64_t>(i)); });
}

}  // namespace cohort::learn
