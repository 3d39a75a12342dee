#include <algorithm>
#include <cmath>
#include <cstring>

#include "apps/compare/comparison.h"
#include "core/digest.h"

namespace cohort::compare {
namespace {

/// Slope and offset for a voxel number.
class ScaleAt {
public:
    ScaleAt(const Volume& volume, const Scale& scale) : scale_(scale) {
        if (scale.axis.empty()) return;
        for (std::size_t i = 0; i < volume.axes().size(); ++i) {
            length_ = volume.shape()[i];
            if (volume.axes()[i].name == scale.axis) return;
            stride_ *= length_;
        }
    }
    double slope(std::int64_t voxel) const { return scale_.slope[entry(voxel)]; }
    double offset(std::int64_t voxel) const { return scale_.offset[entry(voxel)]; }

private:
    std::size_t entry(std::int64_t voxel) const {
        return scale_.slope.size() == 1 ? 0 : static_cast<std::size_t>(voxel / stride_ % length_) % scale_.slope.size();
    }
    const Scale& scale_;
    std::int64_t stride_ = 1, length_ = 1;
};

/// A voxel as real and imaginary part.
template <class T>
std::complex<double> parts(T voxel) {
    if constexpr (std::is_same_v<T, std::complex<float>> || std::is_same_v<T, std::complex<double>>)
        return {static_cast<double>(voxel.real()), static_cast<double>(voxel.imag())};
    else
        return {as_double(voxel), 0.0};
}

std::string text_of(std::complex<double> v) {
    const auto one = [](double x) {
        if (std::isnan(x)) return std::string("NaN");
        return std::isinf(x) ? std::string(x > 0 ? "inf" : "-inf") : shortest(x);
    };
    return v.imag() == 0 ? one(v.real()) : one(v.real()) + (v.imag() < 0 ? "" : "+") + one(v.imag()) + "i";
}

std::string place_of(const Shape& shape, std::int64_t voxel) {
    std::string text = "(";
    for (std::size_t i = 0; i < shape.size(); ++i) {
        text += (i ? ", " : "") + std::to_string(voxel % shape[i]);
        voxel /= shape[i];
    }
    return text + ")";
}

/// How far two voxels are apart; 0 when both are NaN, +inf when just one is not finite.
double distance(std::complex<double> a, std::complex<double> b) {
    const auto one = [](double x, double y) {
        if (x == y || (std::isnan(x) && std::isnan(y))) return 0.0;
        return std::isfinite(x) && std::isfinite(y) ? std::abs(x - y) : std::numeric_limits<double>::infinity();
    };
    return std::hypot(one(a.real(), b.real()), one(a.imag(), b.imag()));
}

struct Tally {
    std::int64_t differing = 0, first = -1, worst = -1;
    double worst_distance = -1;
    std::complex<double> first_a, first_b, worst_a, worst_b;

    void take(std::int64_t voxel, std::complex<double> a, std::complex<double> b, double apart) {
        ++differing;
        if (first < 0) first = voxel, first_a = a, first_b = b;
        if (apart > worst_distance) worst = voxel, worst_distance = apart, worst_a = a, worst_b = b;
    }
};

/// Whole numbers beyond 2^53 may be equal as doubles and yet differ.
template <class T>
double integer_distance(T a, T b) {
    using U = std::make_unsigned_t<T>;
    return static_cast<double>(
        static_cast<U>(a > b ? static_cast<U>(a) - static_cast<U>(b) : static_cast<U>(b) - static_cast<U>(a)));
}

template <class T>
Tally tally(const Volume& a, const ScaleAt& scale_a, const Volume& b, const ScaleAt& scale_b,
            const Tolerance& tolerance) {
    Tally out;
    const auto va = a.values<T>(), vb = b.values<T>();
    for (std::int64_t i = 0; i < a.size(); ++i) {
        const auto at = static_cast<std::size_t>(i);
        const auto x = parts(va[at]) * scale_a.slope(i) + scale_a.offset(i);
        const auto y = parts(vb[at]) * scale_b.slope(i) + scale_b.offset(i);
        double apart = distance(x, y);
        if constexpr (std::is_integral_v<T> && sizeof(T) == 8)
            if (apart == 0 && va[at] != vb[at]) apart = integer_distance(va[at], vb[at]) * std::abs(scale_a.slope(i));
        if (apart > 0 && !tolerance.allows(apart, std::max(std::abs(x), std::abs(y)))) out.take(i, x, y, apart);
    }
    return out;
}

std::string shape_text(const Shape& shape) {
    std::string text;
    for (const auto n : shape) text += (text.empty() ? "" : "×") + std::to_string(n);
    return text;
}

}  // namespace

std::string volume_difference(const Volume& a, const Scale& scale_a, const Volume& b, const Scale& scale_b,
                              const Tolerance& tolerance) {
    if (a.shape() != b.shape()) return "shapes differ: " + shape_text(a.shape()) + " and " + shape_text(b.shape());
    if (a.type() != b.type())
        return "types differ: " + std::string(name_of(a.type())) + " and " + std::string(name_of(b.type()));
    if (a.axes() != b.axes())
        return "axes differ: " + canonical_json(to_json(a.axes())) + " and " + canonical_json(to_json(b.axes()));
    if (scale_a == scale_b && std::memcmp(a.bytes().data(), b.bytes().data(), a.bytes().size()) == 0) return {};
    const ScaleAt at_a(a, scale_a), at_b(b, scale_b);
    const Tally t = visit_type(a.type(), [&]<class T>() { return tally<T>(a, at_a, b, at_b, tolerance); });
    if (t.differing == 0) return {};
    return std::to_string(t.differing) + " of " + std::to_string(a.size()) + " voxels differ; first at " +
           place_of(a.shape(), t.first) + ": " + text_of(t.first_a) + " and " + text_of(t.first_b) + "; worst at " +
           place_of(a.shape(), t.worst) + ": " + text_of(t.worst_a) + " and " + text_of(t.worst_b) +
           (std::isfinite(t.worst_distance) ? ", " + shortest(t.worst_distance) + " apart" : "");
}

}  // namespace cohort::compare
