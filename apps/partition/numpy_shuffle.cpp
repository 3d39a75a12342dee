#include "apps/partition/numpy_shuffle.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <numeric>
#include <random>
#include <utility>

namespace cohort::partition {

std::vector<std::uint32_t> numpy_shuffled(std::uint32_t n, std::uint32_t seed) {
    std::mt19937 words(seed);  // std's seeding of one word is init_genrand's, as numpy's _legacy_seeding uses it
    std::vector<std::uint32_t> items(n);
    std::iota(items.begin(), items.end(), 0U);
    for (std::uint32_t i = n; i-- > 1;) {
        const auto mask = static_cast<std::uint32_t>(std::bit_ceil(std::uint64_t{i} + 1) - 1);
        std::uint32_t j = 0;
        do j = static_cast<std::uint32_t>(words()) & mask;
        while (j > i);
        std::swap(items[i], items[j]);
    }
    return items;
}

std::vector<std::vector<std::uint32_t>> sklearn_kfold(std::uint32_t n, std::uint32_t folds, std::uint32_t seed) {
    assert(folds >= 2 && folds <= n);
    const auto items = numpy_shuffled(n, seed);
    std::vector<std::vector<std::uint32_t>> validation;
    auto at = items.begin();
    for (std::uint32_t fold = 0; fold < folds; ++fold) {
        const auto size = n / folds + (fold < n % folds ? 1 : 0);
        validation.emplace_back(at, at + size);
        std::sort(validation.back().begin(), validation.back().end());
        at += size;
    }
    return validation;
}

}  // namespace cohort::partition
