// How far a step has come: counters that any thread may raise; the terminal (cli/terminal.h) looks at them.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace cohort {

/// Thread-safe.
class Progress {
public:
    struct Snapshot {
        std::string phase;        ///< "reading", "training" …; empty before the first
        std::string unit;         ///< "samples", "iterations"
        std::uint64_t done = 0;
        std::uint64_t total = 0;  ///< 0: not known
        std::uint64_t quarantined = 0;
        std::uint64_t bytes = 0;
        std::string note;         ///< "loss .31 · Dice .88", may be empty
    };

    /// Begins a phase: done goes back to 0, quarantined stays.
    void start(std::string phase, std::uint64_t total, std::string unit);
    void advance(std::uint64_t items = 1, std::uint64_t bytes = 0);
    void quarantined(std::uint64_t items = 1);
    void note(std::string text);
    Snapshot snapshot() const;
    /// The last state of every phase before the present one, in order.
    std::vector<Snapshot> finished() const;

private:
    mutable std::mutex mutex_;
    Snapshot current() const;  ///< call with the mutex held
    std::string phase_, unit_, note_;
    std::vector<Snapshot> finished_;
    std::atomic<std::uint64_t> done_{0}, total_{0}, quarantined_{0}, bytes_{0};
};

}  // namespace cohort
