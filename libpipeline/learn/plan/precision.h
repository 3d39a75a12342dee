// Numbers as networks multiply them.
#pragma once

namespace cohort::learn {

/// What a number is while a convolution multiplies it; sums, norms, loss and optimiser are float32 always.
enum class Precision { float32, bfloat16 };

}  // namespace cohort::learn
