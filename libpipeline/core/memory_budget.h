// How much may be held at once. Work reserves before it allocates; what does not fit now waits, what never fits is refused.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string_view>

namespace cohort {

/// Thread-safe.
class MemoryBudget {
public:
    explicit MemoryBudget(std::uint64_t bytes) : total_(bytes) {}

    /// Given back when destroyed.
    class Reservation {
    public:
        Reservation() = default;
        Reservation(Reservation&& other) noexcept;
        Reservation& operator=(Reservation&& other) noexcept;
        ~Reservation();

    private:
        friend class MemoryBudget;
        Reservation(const MemoryBudget* from, std::uint64_t bytes) : from_(from), bytes_(bytes) {}
        const MemoryBudget* from_ = nullptr;
        std::uint64_t bytes_ = 0;
    };

    std::uint64_t total() const { return total_; }

    /// Waits until `bytes` are free. Throws Error(resources), naming `what` and --memory, when they exceed the total.
    /// A thread that already holds a reservation must not wait for a second one (it could wait for itself).
    Reservation reserve(std::uint64_t bytes, std::string_view what) const;

private:
    std::uint64_t total_;
    mutable std::mutex mutex_;
    mutable std::condition_variable freed_;
    mutable std::uint64_t used_ = 0;
};

}  // namespace cohort
