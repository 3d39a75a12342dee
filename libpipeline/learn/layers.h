// The layers of the networks, differentiable: our own kernels where they serve (own_kernels.h), LibTorch's elsewhere.
#pragma once

#include "learn/plan/plan.h"
#include "learn/tensor.h"

namespace cohort::learn {

constexpr double leaky_slope = 0.01;  ///< of the leaky ReLU, in drawing the weights and in using them
constexpr double norm_epsilon = 1e-5;

/// Cross-correlation with operands of this precision, padded by half the kernel. x [N, C, z, y, x] and, behind its
/// channels, those of `joined` (may be undefined; same extents); weight [out, C, kz, ky, kx]; stride along x, y, z;
/// bias [out] or undefined.
at::Tensor convolve(const at::Tensor& x, const at::Tensor& joined, const at::Tensor& weight, const at::Tensor& bias,
                    const Extent3& stride, Precision precision);

/// Transposed convolution whose kernel is its stride: x [N, C, z, y, x], weight [C, out, sz, sy, sx].
at::Tensor upsample(const at::Tensor& x, const at::Tensor& weight, const Extent3& stride, Precision precision);

/// Leaky ReLU of the instance norm (Ulyanov et al., arXiv:1607.08022) of x [N, C, z, y, x]; weight, bias [C].
at::Tensor normalise_and_activate(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

}  // namespace cohort::learn
