// A random offset of all intensities of a patch.
#pragma once

#include <span>

#include "augment/recipe.h"
#include "core/philox.h"

namespace cohort::augment {

/// An offset from [range.low, range.high), or 0 when the dice say no. Takes the same number of draws either way, so that
/// what is drawn after it does not depend on it.
double draw_@name@(const Range& range, RandomStream& random);

/// out = in + offset, in place; 0 leaves every bit as it is. Intensities are z-scored.
void apply_@name@(double offset, std::span<float> image);

}  // namespace cohort::augment
