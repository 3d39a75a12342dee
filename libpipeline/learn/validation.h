// Dice of whole cases while training.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "learn/window_sweep.h"

namespace cohort::learn {

struct ValidationScore {
    std::vector<double>
        dice;              ///< per foreground class: mean over the cases where prediction or truth has it; NaN: none
    double mean_dice = 0;  ///< mean of those that are numbers; NaN when none is
};

/// Predicts every case whole. Nothing when `stop` said yes.
std::optional<ValidationScore> validate(Model& model, const CaseReader& reader, const std::vector<Case>& cases,
                                        const std::function<bool()>& stop);

}  // namespace cohort::learn
