// SIGTERM, SIGINT and SIGUSR1 as a stop_token.
#pragma once

#include <stop_token>
#include <thread>

#include "core/files.h"

namespace cohort::step {

/// While it lives, the first such signal asks for a stop; a second SIGINT ends the process at once, for impatient
/// people. One at a time in a process. A signal that was ignored at the start (a job in the background) stays ignored.
/// Handlers, not blocked signals: those would be inherited by child processes.
class StopSignals {
public:
    StopSignals();
    ~StopSignals();
    StopSignals(const StopSignals&) = delete;

    std::stop_token token() const { return source_.get_token(); }
    /// The same for core's and store's long work; valid while this lives.
    StopAsked asked() const {
        return [this] { return source_.stop_requested(); };
    }
    /// The signal's name once one has come ("SIGTERM"), else "".
    const char* received() const;

private:
    std::stop_source source_;
    std::thread watcher_;
};

}  // namespace cohort::step
