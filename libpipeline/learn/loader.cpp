#include "learn/loader.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <csignal>

namespace cohort::learn {
namespace {

/// Signals are the main thread's business: a handler that runs here could interrupt a read for nothing.
class SignalsBlocked {
public:
    SignalsBlocked() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
    sigset_t before_{};
};

}  // namespace

Loader::Loader(Fill fill, std::uint64_t first, std::uint64_t end, unsigned threads, unsigned ahead)
    : fill_(std::move(fill)), to_take_(first), to_make_(first), end_(end), ahead_(std::max(ahead, 1u)) {
    const SignalsBlocked blocked;  // threads inherit the mask
    for (unsigned i = 0; i < std::max(threads, 1u); ++i) threads_.emplace_back([this] { work(); });
}

Loader::~Loader() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
    }
    took_one_.notify_all();
    for (auto& thread : threads_) thread.join();
}

void Loader::work() {
    std::unique_lock lock(mutex_);
    while (true) {
        took_one_.wait(lock, [&] { return closing_ || to_make_ >= end_ || to_make_ < to_take_ + ahead_; });
        if (closing_ || to_make_ >= end_) return;
        const auto iteration = to_make_++;
        std::unique_ptr<Batch> batch;
        if (!spare_.empty()) batch = std::move(spare_.back()), spare_.pop_back();
        lock.unlock();
        Made made;
        try {
            if (!batch) batch = std::make_unique<Batch>();
            fill_(iteration, *batch);
            made.batch = std::move(batch);
        } catch (...) {
            made.failure = std::current_exception();
        }
        lock.lock();
        made_.emplace(iteration, std::move(made));
        made_one_.notify_all();
    }
}

std::unique_ptr<Batch> Loader::next() {
    const auto began = std::chrono::steady_clock::now();
    std::unique_lock lock(mutex_);
    assert(to_take_ < end_);
    made_one_.wait(lock, [&] { return made_.contains(to_take_); });
    auto taken = made_.extract(to_take_);
    ++to_take_;
    lock.unlock();
    took_one_.notify_all();
    waited_s_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    if (taken.mapped().failure) std::rethrow_exception(taken.mapped().failure);
    return std::move(taken.mapped().batch);
}

void Loader::recycle(std::unique_ptr<Batch> batch) {
    const std::lock_guard lock(mutex_);
    spare_.push_back(std::move(batch));
}

}  // namespace cohort::learn
