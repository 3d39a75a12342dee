#include "core/parallel.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <thread>
#include <vector>

#ifndef COHORT_THREAD_BACKEND
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/parallel_pipeline.h>
#include <oneapi/tbb/task_arena.h>
#endif

namespace cohort {

void FirstFailure::keep(std::size_t item, std::exception_ptr what) {
    const std::lock_guard lock(mutex_);
    if (item < item_) {
        item_ = item;
        what_ = std::move(what);
    }
}

bool FirstFailure::worth_running(std::size_t item) const {
    const std::lock_guard lock(mutex_);
    return item < item_;
}

void FirstFailure::rethrow_if_any() const {
    if (what_) std::rethrow_exception(what_);
}

namespace {

void run_item(std::size_t item, const std::function<void(std::size_t)>& body, FirstFailure& failure) {
    if (!failure.worth_running(item)) return;
    try {
        body(item);
    } catch (...) {
        failure.keep(item, std::current_exception());
    }
}

}  // namespace

#ifndef COHORT_THREAD_BACKEND

namespace {

/// Runs f in an arena of exactly `threads` threads. TBB caps its workers at the CPUs it sees when it starts; the control
/// lifts that, so that thread-count tests are real on any machine.
template <class F>
void in_arena(unsigned threads, F&& f) {
    const oneapi::tbb::global_control allow(oneapi::tbb::global_control::max_allowed_parallelism, threads);
    oneapi::tbb::task_arena arena(static_cast<int>(threads));
    arena.execute(std::forward<F>(f));
}

}  // namespace

void parallel_for(std::size_t count, unsigned threads, const std::function<void(std::size_t)>& body) {
    FirstFailure failure;
    if (threads <= 1 || count <= 1) {
        for (std::size_t i = 0; i < count; ++i) body(i);
        return;
    }
    in_arena(threads, [&] {
        oneapi::tbb::parallel_for(std::size_t{0}, count, [&](std::size_t i) { run_item(i, body, failure); },
                                  oneapi::tbb::simple_partitioner());
    });
    failure.rethrow_if_any();
}

namespace parallel_detail {

void pipeline(unsigned threads, std::size_t window, const std::function<std::shared_ptr<void>()>& source,
              const std::function<void(void*)>& work, const std::function<void(void*)>& sink) {
    if (threads <= 1) {
        while (const auto slot = source()) {
            work(slot.get());
            sink(slot.get());
        }
        return;
    }
    using Slot = std::shared_ptr<void>;
    std::exception_ptr failure;  // of source or sink: both stages are serial and in order, so the first is the lowest
    std::atomic<bool> ended{false};
    const auto guarded = [&](const auto& stage) {
        try {
            stage();
        } catch (...) {
            if (!ended.exchange(true)) failure = std::current_exception();
        }
    };
    in_arena(threads, [&] {
        oneapi::tbb::parallel_pipeline(
            window ? window : std::size_t{2} * threads,
            oneapi::tbb::make_filter<void, Slot>(oneapi::tbb::filter_mode::serial_in_order,
                                                 [&](oneapi::tbb::flow_control& flow) -> Slot {
                                                     Slot slot;
                                                     if (!ended) guarded([&] { slot = source(); });
                                                     if (!slot) flow.stop();
                                                     return slot;
                                                 }) &
                oneapi::tbb::make_filter<Slot, Slot>(oneapi::tbb::filter_mode::parallel,
                                                     [&](Slot slot) {
                                                         if (!ended) work(slot.get());
                                                         return slot;
                                                     }) &
                oneapi::tbb::make_filter<Slot, void>(oneapi::tbb::filter_mode::serial_in_order, [&](Slot slot) {
                    if (!ended) guarded([&] { sink(slot.get()); });
                }));
    });
    if (failure) std::rethrow_exception(failure);
}

}  // namespace parallel_detail

#else  // std::thread: every synchronisation is seen by the thread sanitizer

void parallel_for(std::size_t count, unsigned threads, const std::function<void(std::size_t)>& body) {
    if (threads <= 1 || count <= 1) {
        for (std::size_t i = 0; i < count; ++i) body(i);
        return;
    }
    FirstFailure failure;
    std::atomic<std::size_t> next{0};
    {
        std::vector<std::jthread> workers;
        for (unsigned t = 0; t < std::min<std::size_t>(threads, count); ++t)
            workers.emplace_back([&] {
                for (std::size_t i = next++; i < count; i = next++) run_item(i, body, failure);
            });
    }
    failure.rethrow_if_any();
}

namespace parallel_detail {

void pipeline(unsigned threads, std::size_t window, const std::function<std::shared_ptr<void>()>& source,
              const std::function<void(void*)>& work, const std::function<void(void*)>& sink) {
    if (threads <= 1) {
        while (const auto slot = source()) {
            work(slot.get());
            sink(slot.get());
        }
        return;
    }
    struct Entry {
        std::shared_ptr<void> slot;
        bool taken = false, worked = false;
    };
    const std::size_t most = window ? window : std::size_t{2} * threads;
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<Entry> entries;  // in order; the front is the next to be consumed
    // One flag each: a source that waits (for memory, say) must not keep the sink from giving back what it waits for.
    bool source_ended = false, source_busy = false, sink_busy = false, failed = false;
    std::exception_ptr failure;

    // A worker takes the most downstream thing it can do: consume the front, else work, else produce.
    const auto worker = [&] {
        std::unique_lock lock(mutex);
        const auto serial = [&](bool& busy, const auto& stage) {
            busy = true;
            lock.unlock();
            std::exception_ptr thrown;
            try {
                stage();
            } catch (...) {
                thrown = std::current_exception();
            }
            lock.lock();
            busy = false;
            if (thrown && !failed) failed = true, failure = thrown;
            changed.notify_all();
        };
        for (;;) {
            if (failed || (source_ended && entries.empty())) return changed.notify_all();
            if (!sink_busy && !entries.empty() && entries.front().worked) {
                const auto slot = std::move(entries.front().slot);
                entries.pop_front();
                serial(sink_busy, [&] { sink(slot.get()); });
                continue;
            }
            const auto idle = std::find_if(entries.begin(), entries.end(), [](const Entry& e) { return !e.taken; });
            if (idle != entries.end()) {
                idle->taken = true;
                Entry& entry = *idle;  // deque: pushes at the end and pops at the front leave it in place
                lock.unlock();
                work(entry.slot.get());
                lock.lock();
                entry.worked = true;
                changed.notify_all();
                continue;
            }
            // The item in the sink's hands has left the queue but is still in flight.
            if (!source_busy && !source_ended && entries.size() + (sink_busy ? 1U : 0U) < most) {
                std::shared_ptr<void> slot;
                serial(source_busy, [&] { slot = source(); });
                if (slot) entries.push_back({std::move(slot)});
                else source_ended = true;
                changed.notify_all();
                continue;
            }
            changed.wait(lock);
        }
    };
    {
        std::vector<std::jthread> workers;
        for (unsigned t = 0; t < threads; ++t) workers.emplace_back(worker);
    }
    if (failure) std::rethrow_exception(failure);
}

}  // namespace parallel_detail

#endif

}  // namespace cohort
