#include "core/memory_budget.h"

#include <string>
#include <utility>

#include "core/checked_math.h"
#include "core/error.h"

namespace cohort {

MemoryBudget::Reservation::Reservation(Reservation&& other) noexcept
    : from_(std::exchange(other.from_, nullptr)), bytes_(other.bytes_) {}

MemoryBudget::Reservation& MemoryBudget::Reservation::operator=(Reservation&& other) noexcept {
    std::swap(from_, other.from_);
    std::swap(bytes_, other.bytes_);
    return *this;
}

MemoryBudget::Reservation::~Reservation() {
    if (!from_) return;
    {
        const std::lock_guard lock(from_->mutex_);
        from_->used_ -= bytes_;
    }
    from_->freed_.notify_all();
}

MemoryBudget::Reservation MemoryBudget::reserve(std::uint64_t bytes, std::string_view what) const {
    if (bytes > total_)
        throw Error(Exit::resources, std::string(what) + " needs " + human_bytes(bytes) + ", more than the " +
                                         human_bytes(total_) + " that may be used; raise --memory.");
    std::unique_lock lock(mutex_);
    freed_.wait(lock, [&] { return used_ + bytes <= total_; });
    used_ += bytes;
    return Reservation(this, bytes);
}

}  // namespace cohort
