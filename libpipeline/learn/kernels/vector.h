// Sixteen floats at once, one AVX-512 register. For the kernels of this folder only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "augment/vector_math.h"
#include "learn/plan/precision.h"

namespace cohort::learn {

constexpr std::int64_t lanes = 16;
using Vector = float __attribute__((vector_size(lanes * sizeof(float))));

// Kernels are compiled for AVX-512 whatever the rest is compiled for; what they call must be inlined into them.
#define COHORT_INLINE [[gnu::always_inline]] inline
#define COHORT_AVX512 __attribute__((target("avx512f")))

COHORT_INLINE Vector load(const float* from) {
    Vector v;
    std::memcpy(&v, from, sizeof v);
    return v;
}
COHORT_INLINE Vector load(const std::byte* from) {
    Vector v;
    std::memcpy(&v, from, sizeof v);
    return v;
}
COHORT_INLINE Vector splat(float value) { return value - Vector{}; }
/// The first `count` floats, zeros behind.
COHORT_INLINE Vector load_some(const float* from, std::int64_t count) {
    Vector v{};
    std::memcpy(&v, from, static_cast<std::size_t>(count) * sizeof(float));
    return v;
}
COHORT_INLINE void store(float* to, const Vector& v) { std::memcpy(to, &v, sizeof v); }
COHORT_INLINE void store_some(float* to, const Vector& v, std::int64_t count) {
    std::memcpy(to, &v, static_cast<std::size_t>(count) * sizeof(float));
}
/// sum += a · b, lane by lane: of floats, or of pairs of bfloat16 (Intel's and AMD's VDPBF16PS).
template <Precision precision>
COHORT_INLINE void add_product(Vector& sum, const Vector& a, const Vector& b) {
    if constexpr (precision == Precision::float32)
        sum += a * b;
    else
        asm("vdpbf16ps %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
}

COHORT_INLINE double lane_sum(const Vector& v) {
    double sum = 0;
    for (std::int64_t l = 0; l < lanes; ++l) sum += static_cast<double>(v[l]);
    return sum;
}

/// eˣ for x ≤ 0, within 2 units in the last place down to −87, below that 0: x = n ln 2 + r, and the polynomial of
/// degree 6 in r ∈ [−½ ln 2, ½ ln 2] of S. Moshier's Cephes library (single precision).
COHORT_INLINE Vector exp_of_negative(Vector x) {
    using Integers = std::int32_t __attribute__((vector_size(sizeof(Vector))));
    const auto usable = x > -87.0f;
    x = usable ? x : Vector{};
    const auto shifted = x * 1.44269504088896341f - 0.5f;
    const auto n = __builtin_convertvector(shifted, Integers);  // towards zero: rounded, as x is not positive
    const auto whole = __builtin_convertvector(n, Vector);
    const auto r = (x - whole * 0.693359375f) - whole * -2.12194440e-4f;
    auto p = 1.9875691500e-4f * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    const auto bits = (n + 127) << 23;
    Vector power;
    std::memcpy(&power, &bits, sizeof power);
    return usable ? p * power : Vector{};
}

/// ln x for finite x ≥ 1: the exponent, and Cephes' polynomial in the mantissa − 1 ∈ [√½ − 1, √2 − 1].
COHORT_INLINE Vector log_of_large(const Vector& x) {
    using Integers = std::int32_t __attribute__((vector_size(sizeof(Vector))));
    Integers bits;
    std::memcpy(&bits, &x, sizeof bits);
    auto exponent = __builtin_convertvector((bits >> 23) - 126, Vector);
    bits = (bits & 0x007fffff) | 0x3f000000;
    Vector m;  // ½ … 1
    std::memcpy(&m, &bits, sizeof m);
    const auto small = m < 0.707106781186547524f;
    exponent = small ? exponent - 1.0f : exponent;
    m = small ? m + m - 1.0f : m - 1.0f;
    const auto square = m * m;
    return (augment::log_polynomial(m) * m * square + exponent * -2.12194440e-4f - 0.5f * square) + m +
           exponent * 0.693359375f;
}

}  // namespace cohort::learn
