// Whether this machine runs the kernels of this folder.
#pragma once

namespace cohort::learn {

/// AVX-512: without it none of these kernels may be called. (GCC makes poor code of their vectors for narrower machines;
/// LibTorch's kernels serve there.)
inline bool has_vectors() { return __builtin_cpu_supports("avx512f"); }

}  // namespace cohort::learn
