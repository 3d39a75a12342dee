// The few distribution functions that intervals and tests need.
#pragma once

namespace cohort::measure {

/// Φ(z).
double normal_cdf(double z);
/// Φ⁻¹(p) for p in (0, 1); ∓inf at 0 and 1. Acklam's rational approximation, refined by one Halley step: 1e-15
/// relative.
double normal_quantile(double p);

/// P(|T| ≥ |t|) for Student's t with `freedom` > 0 degrees of freedom (regularised incomplete beta function by Lentz's
/// continued fraction; Press et al., Numerical Recipes, 3rd ed., 6.4).
double student_two_sided(double t, double freedom);
/// t such that P(|T| ≥ t) = p, p in (0, 1).
double student_two_sided_quantile(double p, double freedom);

/// ln Γ(x), x > 0; unlike std::lgamma it touches no global.
double log_gamma(double x);

}  // namespace cohort::measure
