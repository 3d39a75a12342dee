// How each job of a run stands.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "driver/expect.h"
#include "driver/graph.h"

namespace cohort::driver {

enum class State {
    waiting,  ///< for what it needs, or for room
    running,
    reused,       ///< its result was in the store
    done,         ///< run in this run
    quarantined,  ///< has a result, but more was set aside than was accepted (exit 8)
    failed,       ///< no result, or one that is not as expected (exit 4)
    stopped,      ///< saved its state and ended with 75
    left_out      ///< not asked for (--only, --from), and no result is there
};
std::string_view name_of(State state);

struct JobState {
    State state = State::waiting;
    std::string key, digest;       ///< of its result; empty while there is none
    bool cached = false;           ///< the result was there already
    Exit exit = Exit::done;        ///< what it counts as
    std::string reason;            ///< why it ran, or what it waits for
    std::string message;           ///< of a failure
    std::string warning;           ///< about a result that stands all the same
    double wall_s = 0, cpu_s = 0;  ///< of the run that made the result
    std::uint64_t peak_rss = 0;
    std::uint64_t sources = 0, quarantined = 0;
    std::vector<Judgement> judgements;
    double started_s = 0;  ///< by the run's clock

    bool has_result() const { return !key.empty() && state != State::running && state != State::waiting; }
    bool is_good() const { return state == State::reused || state == State::done; }
};

/// Looks on while a run goes. Called on the driver's own thread.
class Observer {
public:
    virtual ~Observer() = default;
    virtual void changed(JobIndex, const JobState&) {}
    virtual void tick() {}  ///< a few times a second
};

}  // namespace cohort::driver
