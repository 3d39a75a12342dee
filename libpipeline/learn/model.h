// A network with its optimiser, behind an interface without torch: arrays of numbers in, numbers out.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "learn/patch_sampler.h"
#include "learn/plan/plan.h"
#include "learn/safetensors.h"

namespace cohort::learn {

/// What one step of training cost.
struct StepLoss {
    double total = 0;
    double cross_entropy = 0;
    double dice = 0;  ///< 1 − soft Dice of the foreground
};

/// The number of threads LibTorch computes with, for the whole process; call it before the first model is made.
/// Error(resources) when more are asked for than this process may use: equal threads give equal bytes, so it is never
/// clipped.
void set_compute_threads(unsigned threads);

/// Error(resources) when the device is not there, Error(usage) when it is none: said before any work is done.
void check_device(const std::string& device);

/// Used by one thread at a time.
class Model {
public:
    /// Weights are drawn from `seed` (stream "weights"). `device` is "cpu", "cuda" or "cuda:N"; Error(resources) when
    /// it is not there.
    Model(const Plan& plan, std::int64_t channels, const ClassTable& labels, std::uint64_t seed,
          const std::string& device);
    ~Model();
    Model(Model&&) noexcept;
    Model& operator=(Model&&) noexcept;

    const Plan& plan() const;
    std::int64_t channels() const;
    std::int64_t classes() const;

    /// Forward, backward, one step of the optimiser. `step` counts from 0 over the whole run (bias corrections).
    /// A loss that is not finite, or whose gradient is not, is returned as such and not acted upon: the weights are then
    /// left as they were.
    StepLoss train(const Batch& batch, double learning_rate, std::uint64_t step);

    /// Class probabilities [class, z, y, x] of one window [channel, z, y, x], by the averaged weights where the plan
    /// asks for an average.
    void predict(std::span<const float> window, std::span<float> probabilities);

    /// Weights under "weights.…", their average under "average.…", the optimiser's moments under "optimiser.…".
    std::map<std::string, HostTensor> state() const;
    /// Error(bad_input) naming `where` when tensors are missing, too many or of other shapes: another plan's.
    void load(const std::map<std::string, HostTensor>& tensors, const std::string& where);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace cohort::learn
