// Instance norm and leaky ReLU in one, on the CPU in float32.
#pragma once

#include <cstdint>

#include "learn/kernels/parallel_run.h"

namespace cohort::learn {

/// [batch, channels, voxels], C order.
struct NormShape {
    std::int64_t batch = 1, channels = 1, voxels = 1;
    double epsilon = 1e-5, slope = 0.01;  ///< added to the variance; of the leaky ReLU below zero
};

/// output = leaky(weight[c] · (input − mean) / √(variance + ε) + bias[c]) with mean and population variance of each
/// item's channel (Ulyanov, Vedaldi & Lempitsky, arXiv:1607.08022). `mean`, `inverse_sd`: [batch, channels], for the
/// way back.
void normalise_forward(const NormShape& shape, const float* input, const float* weight, const float* bias,
                       float* output, float* mean, float* inverse_sd, const ParallelRun& run);

/// From the gradient of the output; input, mean and inverse_sd are those of the way there. of_input may be `gradient`.
/// Sums are taken in one fixed order, whatever `run` does.
void normalise_backward(const NormShape& shape, const float* input, const float* weight, const float* bias,
                        const float* mean, const float* inverse_sd, const float* gradient, float* of_input,
                        float* of_weight, float* of_bias, const ParallelRun& run);

}  // namespace cohort::learn
