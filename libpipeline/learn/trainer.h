// The training loop: batches from the loader, steps of the model, validation, history, checkpoints.
#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/log.h"
#include "core/progress.h"
#include "learn/case_reader.h"
#include "learn/model.h"
#include "learn/run_state.h"

namespace cohort::learn {

/// Exactly one of the three.
struct Budget {
    std::optional<double> minutes;
    std::optional<double> epochs;
    std::optional<std::uint64_t> iterations;
};

struct TrainingJob {
    const CaseReader& reader;
    const std::vector<Case>& training;    ///< at least one
    const std::vector<Case>& validation;  ///< may be empty: then nothing is validated
    const Plan& plan;
    Budget budget;
    std::optional<std::uint64_t> validate_every;  ///< iterations; nothing: a twentieth of the run
    std::uint64_t checkpoint_every = 50;          ///< iterations; no influence on the result
    unsigned loader_threads = 1;                  ///< no influence on the result
    std::uint64_t seed = 0;
    std::string device;
    std::filesystem::path folder;  ///< last.ckpt, best.ckpt and history.jsonl are written here …
    bool continues = false;        ///< … and may stand there, from an earlier run of the same key
    std::stop_token stop;
    Progress& progress;
    Log& log;
};

struct TrainingOutcome {
    bool stopped = false;  ///< state is saved, the same call goes on
    RunState state;
    double waiting_share = 0;  ///< of the time of all steps, spent waiting for batches
    double seconds_per_iteration = 0;
    std::uint64_t iterations_here = 0;  ///< done by this process
};

/// What stands in the folder afterwards is a function of data, plan, seed, device, compute threads and number of
/// iterations, however often the run was interrupted. Error(check_failed) when the loss is not finite.
TrainingOutcome train(const TrainingJob& job);

}  // namespace cohort::learn
