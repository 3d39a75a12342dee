// Batches made ahead of time by threads of their own. They never call torch; order and content do not depend on them.
#pragma once

#include <atomic>
#include <condition_variable>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "learn/patch_sampler.h"

namespace cohort::learn {

/// Makes batches first, first + 1, … below `end`, at most `ahead` of them beyond the one last taken.
class Loader {
public:
    using Fill = std::function<void(std::uint64_t iteration, Batch&)>;

    Loader(Fill fill, std::uint64_t first, std::uint64_t end, unsigned threads, unsigned ahead);
    ~Loader();
    Loader(const Loader&) = delete;
    Loader& operator=(const Loader&) = delete;

    /// The next batch in order; waits until it is made. What its making threw is thrown here.
    std::unique_ptr<Batch> next();
    /// Gives a batch's buffers back for reuse.
    void recycle(std::unique_ptr<Batch> batch);

    double waited_s() const { return waited_s_; }  ///< time that next() has waited, all calls together

private:
    struct Made {
        std::unique_ptr<Batch> batch;
        std::exception_ptr failure;
    };
    void work();

    Fill fill_;
    std::uint64_t to_take_, to_make_, end_;
    unsigned ahead_;
    double waited_s_ = 0;
    bool closing_ = false;
    std::mutex mutex_;
    std::condition_variable made_one_, took_one_;
    std::map<std::uint64_t, Made> made_;
    std::vector<std::unique_ptr<Batch>> spare_;
    std::vector<std::thread> threads_;
};

}  // namespace cohort::learn
