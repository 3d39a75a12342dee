#include "augment/@name@.h"

namespace cohort::augment {

double draw_@name@(const Range& range, RandomStream& random) {
    const bool happens = random.chance(range.probability);
    const auto offset = random.uniform(range.low, range.high);
    return happens ? offset : 0;
}

void apply_@name@(double offset, std::span<float> image) {
    if (offset == 0) return;
    for (auto& value : image) value += static_cast<float>(offset);
}

}  // namespace cohort::augment
