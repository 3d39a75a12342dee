// Who runs jobs. The scheduler knows only this: jobs go in, records of their ends come out. Nothing here is a local pid
// or a wait status, and nothing assumes that what a job wrote can be seen before its record is there.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "driver/graph.h"

namespace cohort::driver {

struct JobRequest {
    JobIndex job = 0;
    std::string name;     ///< STEP@k=v
    std::string program;  ///< the step: "train"
    std::string key;      ///< the result's place in the store
    Json parameters;      ///< of the step; jobs' artefacts as absolute paths
    unsigned cores = 1;
    std::uint64_t memory = 0;
    std::vector<std::string> gpus;      ///< CUDA_VISIBLE_DEVICES
    std::optional<std::uint64_t> seed;  ///< of steps that draw numbers
    std::optional<std::string> device;  ///< of steps that compute on one
    std::string acceptance = "0";
    bool replace = false;  ///< a result stands there and is to be made again
};

/// What a job has made, as its runner found it.
struct Made {
    std::string digest, kind;
    std::uint64_t sources = 0, quarantined = 0, skipped = 0;
    Json numbers = Json::object();           ///< what expect may name
    std::map<std::string, std::string> raw;  ///< digests of raw inputs by name: "input", "tables[1]"
};

/// The record of a job's end, written by its runner.
struct JobEnd {
    JobIndex job = 0;
    int exit = 1;         ///< an exit code of DESIGN's table
    std::string message;  ///< the sentence of a failure
    double wall_s = 0, cpu_s = 0;
    std::uint64_t peak_rss = 0;
    std::optional<Made> made;  ///< with exit 0 and 8
};

class Executor {
public:
    virtual ~Executor() = default;

    /// Starts jobs. A job that cannot be started ends with a record, like any other.
    virtual void submit(std::vector<JobRequest> requests) = 0;

    /// Ends since the last call; waits for one for up to `wait_s`, or until a stop is asked for.
    virtual std::vector<JobEnd> poll(double wait_s) = 0;

    /// Asks all running jobs to save and end; their ends still come by poll().
    virtual void cancel_all() = 0;

    /// Has somebody asked this run to stop?
    virtual bool stop_requested() const = 0;
};

}  // namespace cohort::driver
