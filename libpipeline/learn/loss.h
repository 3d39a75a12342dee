// Dice and cross-entropy, with equal weights, for one or several resolutions.
#pragma once

#include <vector>

#include "learn/tensor.h"

namespace cohort::learn {

struct Loss {
    at::Tensor total;          ///< scalar; backward() starts here
    at::Tensor cross_entropy;  ///< mean over voxels, scalar
    at::Tensor dice;           ///< 1 − soft Dice, scalar
};

/// logits [N, C, z, y, x]; target [N, z, y, x] int64 classes; foreground: the classes that enter the Dice.
///
/// Soft Dice of class c, summed over the whole batch: (2 Σ p·y + ε) / (Σ p + Σ y + ε), ε = 1e-5, p the softmax; its
/// mean over the foreground classes. Milletari, Navab, Ahmadi, 3DV 2016 (V-Net), without their squares.
Loss dice_and_cross_entropy(const at::Tensor& logits, const at::Tensor& target, const at::Tensor& foreground);

/// The same over all resolutions of deep supervision: weights 1, ½, ¼ …, divided by their sum; targets are taken from
/// the full resolution by nearest neighbour. cross_entropy and dice are the full resolution's.
Loss supervised_loss(const std::vector<at::Tensor>& logits, const at::Tensor& target, const at::Tensor& foreground);

}  // namespace cohort::learn
