// Parallel loops whose outcome does not depend on the number of threads (oneTBB behind this one header).
//
// Work is cut by item, never by thread; results are placed or consumed by number. When items fail, the failure of the
// lowest item is thrown, whatever finished first; items above it may be cancelled, items below always run.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>

namespace cohort {

/// First by item number, not by clock. Thread-safe.
class FirstFailure {
public:
    void keep(std::size_t item, std::exception_ptr what);
    /// False when an item below `item` has failed already: it need not run.
    bool worth_running(std::size_t item) const;
    void rethrow_if_any() const;

private:
    mutable std::mutex mutex_;
    std::size_t item_ = std::numeric_limits<std::size_t>::max();
    std::exception_ptr what_;
};

/// body(i) for i in [0, count), on up to `threads` threads, in no order. threads ≤ 1 runs in the caller.
void parallel_for(std::size_t count, unsigned threads, const std::function<void(std::size_t)>& body);

namespace parallel_detail {
/// source() gives items until null; work(item) in parallel; sink(item) in the source's order, one at a time.
void pipeline(unsigned threads, std::size_t window, const std::function<std::shared_ptr<void>()>& source,
              const std::function<void(void*)>& work, const std::function<void(void*)>& sink);
}  // namespace parallel_detail

/// An ordered, bounded pipeline: `source()` → std::optional<Item> is called serially; `work(Item&)` → Result runs on up
/// to `threads` threads; `sink(Item&, Result)` is called serially in the source's order. At most `window` items are in
/// flight (0: 2 × threads). An exception of work or sink ends the loop and is thrown here, the lowest item's first.
template <class Source, class Work, class Sink>
void ordered_pipeline(unsigned threads, std::size_t window, Source source, Work work, Sink sink) {
    using Item = typename decltype(source())::value_type;
    using Result = decltype(work(std::declval<Item&>()));
    struct Slot {
        Item item;
        std::optional<Result> result;
        std::exception_ptr failure;
    };
    parallel_detail::pipeline(
        threads, window,
        [&]() -> std::shared_ptr<void> {
            auto item = source();
            if (!item) return nullptr;
            return std::make_shared<Slot>(Slot{std::move(*item), std::nullopt, nullptr});
        },
        [&](void* raw) {
            auto& slot = *static_cast<Slot*>(raw);
            try {
                slot.result.emplace(work(slot.item));
            } catch (...) {
                slot.failure = std::current_exception();
            }
        },
        [&](void* raw) {
            auto& slot = *static_cast<Slot*>(raw);
            if (slot.failure) std::rethrow_exception(slot.failure);
            sink(slot.item, std::move(*slot.result));
        });
}

/// The same over numbers: produce(i) in parallel, consume(i, result) in order.
template <class Produce, class Consume>
void ordered_for(std::size_t count, unsigned threads, Produce produce, Consume consume, std::size_t window = 0) {
    std::size_t next = 0;
    ordered_pipeline(
        threads, window,
        [&]() -> std::optional<std::size_t> { return next < count ? std::optional(next++) : std::nullopt; },
        [&](std::size_t& i) { return produce(i); }, [&](std::size_t& i, auto result) { consume(i, std::move(result)); });
}

}  // namespace cohort
