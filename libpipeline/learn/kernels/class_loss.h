// Softmax, cross-entropy and soft Dice in one, on the CPU in float32.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "learn/kernels/parallel_run.h"

namespace cohort::learn {

/// Logits and gradients are [batch, classes, voxels], targets [batch, voxels].
struct ClassLossShape {
    std::int64_t batch = 1, classes = 2, voxels = 1;
};

/// What the sums over the whole batch give; the definitions stand in learn/loss.h.
struct ClassLoss {
    double cross_entropy = 0, dice = 0;
    std::vector<double> common, both;  ///< per class: Σ p·y + … and Σ p + Σ y
};

/// `probability` [batch, classes, voxels] becomes the softmax of the logits. Sums are taken over fixed parts in their
/// order, whatever `run` does.
ClassLoss class_loss(const ClassLossShape& shape, const float* logits, const std::int64_t* target,
                     std::span<const std::int64_t> foreground, double epsilon, float* probability,
                     const ParallelRun& run);

/// The gradient of cross-entropy + Dice loss by the logits, times `factor`.
void class_loss_gradient(const ClassLossShape& shape, const ClassLoss& loss, const float* probability,
                         const std::int64_t* target, std::span<const std::int64_t> foreground, double epsilon,
                         double factor, float* gradient, const ParallelRun& run);

}  // namespace cohort::learn
