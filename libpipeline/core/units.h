// Numbers with their unit in their type: Millimetres and Seconds do not mix, nor turn into double silently.
#pragma once

#include <compare>

namespace cohort {

template <class Unit>
class Quantity {
public:
    constexpr explicit Quantity(double value) : value_(value) {}
    constexpr double value() const { return value_; }
    friend constexpr auto operator<=>(Quantity, Quantity) = default;

private:
    double value_;
};

using Millimetres = Quantity<struct MillimetreUnit>;
using Seconds = Quantity<struct SecondUnit>;

}  // namespace cohort
