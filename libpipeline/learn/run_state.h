// Where a training run stands. Everything that the rest of the run depends on, beside the weights and moments.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "core/json.h"

namespace cohort::learn {

/// Random streams need no state: their position is the iteration.
struct RunState {
    std::uint64_t iterations = 0;     ///< of the whole run; fixed before the first counted one
    std::uint64_t next = 0;           ///< iterations done
    std::uint64_t validated = 0;      ///< iterations done when the last line of the history was written
    std::uint64_t history_bytes = 0;  ///< length of history.jsonl then; what follows belongs to a killed run
    double best_dice = std::numeric_limits<double>::quiet_NaN();  ///< of the validations so far; NaN: none
    std::uint64_t best_iteration = 0;

    /// Sums since the last line of the history.
    double loss_sum = 0, cross_entropy_sum = 0, dice_loss_sum = 0;
    std::uint64_t summed = 0;
};

Json to_json(const RunState& state);
/// Error(bad_input) naming `where`; numbers that contradict each other are refused.
RunState run_state_from_json(const Json& json, std::string_view where);

}  // namespace cohort::learn
