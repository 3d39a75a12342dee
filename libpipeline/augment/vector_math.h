// Logarithm, power and the circle in float, without branches, so that compilers turn loops over them into vector code.
// Polynomials of Cephes (Moshier, netlib.org/cephes). Only additions, products and bit patterns: the same results on
// every machine.
#pragma once

#include <bit>
#include <cstdint>
#include <numbers>

namespace cohort::augment {

/// P in ln(1 + m) = m − ½m² + m³·P(m), m in [√½ − 1, √2 − 1]. Number: float, or a vector of them.
template <class Number>
[[gnu::always_inline]] inline Number log_polynomial(const Number& m) {
    Number p = 7.0376836292e-2f * m - 1.1514610310e-1f;
    p = p * m + 1.1676998740e-1f;
    p = p * m - 1.2420140846e-1f;
    p = p * m + 1.4249322787e-1f;
    p = p * m - 1.6668057665e-1f;
    p = p * m + 2.0000714765e-1f;
    p = p * m - 2.4999993993e-1f;
    return p * m + 3.3333331174e-1f;
}

/// log2(x) of a positive, normal x = mantissa × 2^exponent with mantissa in [√½, √2): `exponent` and log2(mantissa)
/// apart, for the sake of their digits. Error of the second below 2e-7.
struct BinaryLogarithm {
    float exponent;
    float rest;
};
[[gnu::always_inline]] inline BinaryLogarithm log2_parts(float x) {
    constexpr std::uint32_t root_half = 0x3f3504f3;
    const auto bits = std::bit_cast<std::uint32_t>(x) - root_half;
    const auto exponent = static_cast<std::int32_t>(bits) >> 23;
    const float m = std::bit_cast<float>((bits & 0x7fffffu) + root_half) - 1.0f;
    const float square = m * m;
    const float natural = m * square * log_polynomial(m) - 0.5f * square + m;
    return {static_cast<float>(exponent), natural * std::numbers::log2e_v<float>};
}

/// Natural logarithm of a positive, normal x; relative error below 4e-7.
[[gnu::always_inline]] inline float log_of(float x) {
    const auto parts = log2_parts(x);
    return (parts.exponent + parts.rest) * std::numbers::ln2_v<float>;
}

/// 2^x for x in [−126, 126]; relative error below 3e-7.
[[gnu::always_inline]] inline float exp2_of(float x) {
    constexpr float to_integer = 0x1.8p23f;  // so large that its sum with x has no digits after the point
    const float whole = (x + to_integer) - to_integer;
    const float r = x - whole;
    float p = 1.535336188319500e-4f;
    p = p * r + 1.339887440266574e-3f;
    p = p * r + 9.618437357674640e-3f;
    p = p * r + 5.550332471162809e-2f;
    p = p * r + 2.402264791363012e-1f;
    p = p * r + 6.931472028550421e-1f;
    p = p * r + 1.0f;
    const auto power = static_cast<std::uint32_t>(static_cast<std::int32_t>(whole) + 127) << 23;
    return p * std::bit_cast<float>(power);
}

/// x^power for x in [0, 1] and power in (0, 5]; below 1e-7 the result is that of 1e-7.
[[gnu::always_inline]] inline float power_of(float x, float power) {
    const auto parts = log2_parts(x < 1e-7f ? 1e-7f : x);
    return exp2_of(parts.exponent * power + parts.rest * power);
}

/// cos and sin of 2π·turn for turn in [0, 1); absolute error below 2e-7.
struct OnCircle {
    float cos, sin;
};
[[gnu::always_inline]] inline OnCircle circle_at(float turn) {
    const auto quarter = (static_cast<std::int32_t>(turn * 8.0f) + 1) >> 1;  // the nearest
    const float angle = (turn - static_cast<float>(quarter) * 0.25f) * (2 * std::numbers::pi_v<float>);
    const float square = angle * angle;
    float s = -1.9515295891e-4f;
    s = s * square + 8.3321608736e-3f;
    s = s * square - 1.6666654611e-1f;
    s = s * square * angle + angle;
    float c = 2.443315711809948e-5f;
    c = c * square - 1.388731625493765e-3f;
    c = c * square + 4.166664568298827e-2f;
    c = c * square * square - 0.5f * square + 1.0f;
    const bool swapped = (quarter & 1) != 0;
    const float first = swapped ? s : c, second = swapped ? c : s;
    return {((quarter + 1) & 2) != 0 ? -first : first, (quarter & 2) != 0 ? -second : second};
}

}  // namespace cohort::augment
