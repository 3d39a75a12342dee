// What one run may use at once, and what of it a job gets.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "driver/graph.h"

namespace cohort::driver {

struct Limits {
    unsigned jobs = 0;  ///< at once; 0: as many as fit
    unsigned cores = 1;
    std::uint64_t memory = 0;       ///< bytes
    std::vector<std::string> gpus;  ///< what CUDA_VISIBLE_DEVICES calls them
    bool cuda = false;              ///< this build's LibTorch has CUDA and a device is visible
};

/// A job's share. `fault` says why it cannot have one (then the job ends with Exit::resources).
struct Share {
    unsigned cores = 1;
    std::uint64_t memory = 0;
    unsigned gpus = 0;
    std::string device = "cpu";  ///< resolved; of steps that compute on one
    std::string fault;
};

/// Cores beyond the run's are lowered, except for steps whose result depends on their number; memory and GPUs beyond
/// the run's are lowered (a step that then has too little says so itself). `device: auto` is a GPU only for a job that
/// declares one; `device: cuda` declares one by itself.
Share share_of(const StepModel& step, const Job& job, const Limits& limits);

/// Names of the GPUs this process may use: CUDA_VISIBLE_DEVICES if set, else those under /dev/nvidiaN.
std::vector<std::string> visible_gpus();

}  // namespace cohort::driver
