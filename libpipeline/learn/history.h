// history.jsonl: one line per validation, without times, so that equal runs have equal histories.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "learn/class_table.h"

namespace cohort::learn {

struct HistoryLine {
    std::uint64_t iteration = 0;                        ///< iterations done
    double epoch = 0;                                   ///< the same in passes over the training cases
    double learning_rate = 0;                           ///< of the last iteration
    double loss = 0, cross_entropy = 0, dice_loss = 0;  ///< means since the line before
    std::vector<double> dice;  ///< per foreground class, mean over validation cases; empty: nothing was validated
    double mean_dice = 0;      ///< mean of `dice`
};

Json to_json(const HistoryLine& line, const ClassTable& labels);

/// Cuts what lies beyond `bytes` (a killed run's) and appends `line`, synced. Returns the new length.
std::uint64_t append_history(const std::filesystem::path& file, std::uint64_t bytes, const std::string& line);

/// What curves are drawn from; values that are null are NaN. Error(bad_input) when damaged.
struct HistoryTable {
    std::vector<double> iteration, loss, cross_entropy, dice_loss, mean_dice;
    std::vector<std::string> class_names;
    std::vector<std::vector<double>> dice;  ///< per class, per line
};
HistoryTable read_history(const std::filesystem::path& file);

}  // namespace cohort::learn
