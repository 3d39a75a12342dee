// SIGTERM, SIGINT, SIGUSR1 and SIGHUP as a request to stop, and SIGCHLD as a reason to wake up.
#pragma once

namespace cohort::driver {

/// One per process; handlers stand while it lives.
class StopSignal {
public:
    StopSignal();
    ~StopSignal();
    StopSignal(const StopSignal&) = delete;

    bool requested() const;
    int times() const;          ///< how often it was asked for
    void wait(double seconds);  ///< until a signal comes, or the time is over
};

}  // namespace cohort::driver
