// float32 to bfloat16.
#pragma once

#include <bit>
#include <cstdint>

namespace cohort::learn {

/// The upper half of the float, rounded to nearest, ties to even; NaN stays NaN.
inline std::uint32_t bfloat16_bits(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const auto rounded = (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16;
    return (bits & 0x7fffffffu) > 0x7f800000u ? 0x7fc0u : rounded;
}

}  // namespace cohort::learn
