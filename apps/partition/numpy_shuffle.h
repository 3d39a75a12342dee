// The permutation that NumPy's legacy generator draws: what nnU-Net's folds are made of.
#pragma once

#include <cstdint>
#include <vector>

namespace cohort::partition {

/// numpy.random.RandomState(seed).shuffle(arange(n)): MT19937 seeded as init_genrand does (seed below 2^32), then
/// Fisher–Yates from the end, each index drawn by masking 32-bit words and rejecting (numpy's random_interval).
/// n below 2^32.
std::vector<std::uint32_t> numpy_shuffled(std::uint32_t n, std::uint32_t seed);

/// scikit-learn's KFold(folds, shuffle=True, random_state=seed).split over n items: the validation items of each fold,
/// ascending. The first n mod folds folds hold one more. 2 ≤ folds ≤ n.
std::vector<std::vector<std::uint32_t>> sklearn_kfold(std::uint32_t n, std::uint32_t folds, std::uint32_t seed);

}  // namespace cohort::partition
