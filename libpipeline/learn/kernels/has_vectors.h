// Whether this machine runs the kernels of this folder.
#pragma once

namespace cohort::learn {

/// AVX-512: without it none of these kernels may be called. (GCC makes poor code of their vectors for narrower
/// machines; LibTorch's kernels serve there.)
inline bool has_vectors() { return __builtin_cpu_supports("avx512f"); }

/// AVX512-BF16: products of pairs of bfloat16, added in float32.
inline bool has_bfloat16() { return has_vectors() && __builtin_cpu_supports("avx512bf16"); }

}  // namespace cohort::learn
