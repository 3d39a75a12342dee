// Time, so that tests can tick by hand.
#pragma once

#include <cstdint>

namespace cohort::driver {

class Clock {
public:
    virtual ~Clock() = default;
    virtual double now_s() const = 0;  ///< monotonic, from anywhere
    virtual std::int64_t nanoseconds_since_1970() const = 0;
};

class SystemClock final : public Clock {
public:
    double now_s() const override;
    std::int64_t nanoseconds_since_1970() const override;
};

}  // namespace cohort::driver
