#include "measure/distributions.h"

#include <math.h>  // NOLINT(modernize-deprecated-headers): lgamma_r is POSIX, <cmath> need not declare it

#include <array>
#include <cmath>
#include <limits>
#include <numbers>

namespace cohort::measure {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Continued fraction of the incomplete beta function, for x < (a+1)/(a+b+2).
double beta_fraction(double a, double b, double x) {
    constexpr double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    if (std::abs(d) < tiny) d = tiny;
    d = 1 / d;
    double fraction = d;
    for (int m = 1; m < 10000; ++m) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 + even * d;
        c = 1 + even / c;
        if (std::abs(d) < tiny) d = tiny;
        if (std::abs(c) < tiny) c = tiny;
        d = 1 / d;
        fraction *= d * c;
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 + odd * d;
        c = 1 + odd / c;
        if (std::abs(d) < tiny) d = tiny;
        if (std::abs(c) < tiny) c = tiny;
        d = 1 / d;
        fraction *= d * c;
        if (std::abs(d * c - 1) < 1e-16) break;
    }
    return fraction;
}

/// I_x(a, b), with 1 − x given apart so that neither end loses digits.
double incomplete_beta(double a, double b, double x, double one_minus_x) {
    if (x <= 0) return 0;
    if (one_minus_x <= 0) return 1;
    const double front =
        std::exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * std::log(x) + b * std::log(one_minus_x));
    if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
    return 1 - front * beta_fraction(b, a, one_minus_x) / b;
}

}  // namespace

double log_gamma(double x) {
    int sign = 0;
    return ::lgamma_r(x, &sign);
}

double normal_cdf(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

double normal_quantile(double p) {
    if (p <= 0) return -infinity;
    if (p >= 1) return infinity;
    // Coefficients: P. J. Acklam, "An algorithm for computing the inverse normal cumulative distribution function"
    // (2003).
    constexpr std::array a{-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                           1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
    constexpr std::array b{-5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01,
                           -1.328068155288572e+01};
    constexpr std::array c{-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                           -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
    constexpr std::array d{7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00};
    const auto tail = [&](double q) {
        return (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) /
               ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
    };
    double z = 0;
    if (p < 0.02425) {
        z = tail(std::sqrt(-2 * std::log(p)));
    } else if (p > 1 - 0.02425) {
        z = -tail(std::sqrt(-2 * std::log1p(-p)));
    } else {
        const double q = p - 0.5, r = q * q;
        z = (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
            (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
    }
    const double error = normal_cdf(z) - p;
    const double step = error * std::sqrt(2 * std::numbers::pi) * std::exp(z * z / 2);
    return z - step / (1 + z * step / 2);
}

double student_two_sided(double t, double freedom) {
    if (std::isnan(t)) return t;
    if (std::isinf(t)) return 0;
    const double square = t * t;
    return incomplete_beta(freedom / 2, 0.5, freedom / (freedom + square), square / (freedom + square));
}

double student_two_sided_quantile(double p, double freedom) {
    double low = 0, high = 1;
    while (student_two_sided(high, freedom) > p && high < 1e300) high *= 2;
    for (int i = 0; i < 200; ++i) {  // halving to the last bit: called a few times a run
        const double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high) break;
        (student_two_sided(middle, freedom) > p ? low : high) = middle;
    }
    return low + (high - low) / 2;
}

}  // namespace cohort::measure
