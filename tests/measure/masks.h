// Small label maps for the tests.
#pragma once

#include <random>

#include "measure/case_label.h"

namespace cohort::measure {

inline LabelMap empty_map(Extent3 shape, Vec3 spacing = {1, 1, 1}, int dimensions = 3) {
    return {shape, dimensions, spacing,
            std::vector<std::int32_t>(static_cast<std::size_t>(shape[0] * shape[1] * shape[2]), 0)};
}

/// 0 … n−1, as a type that narrows nowhere.
inline int below(std::mt19937& random, int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); }

inline Extent3 random_shape(std::mt19937& random, int most) {
    return {1 + below(random, most), 1 + below(random, most), 1 + below(random, most)};
}

inline std::int32_t& voxel(LabelMap& map, std::int64_t x, std::int64_t y, std::int64_t z) {
    return map.values[static_cast<std::size_t>((z * map.shape[1] + y) * map.shape[0] + x)];
}

inline LabelMap random_map(std::mt19937& random, Extent3 shape, Vec3 spacing, int labels, double density,
                           int dimensions = 3) {
    LabelMap map = empty_map(shape, spacing, dimensions);
    for (auto& v : map.values)
        if (below(random, 1000) < density * 1000) v = 1 + below(random, labels);
    return map;
}

inline Target label_target(std::int32_t value) { return {std::to_string(value), "", {value}}; }

}  // namespace cohort::measure
