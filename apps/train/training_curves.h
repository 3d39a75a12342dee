// history.jsonl as a picture: losses above, validation Dice below.
#pragma once

#include <filesystem>

namespace cohort::train {

/// Reads `folder`/history.jsonl, writes `folder`/curves.svg.
void write_training_curves(const std::filesystem::path& folder);

}  // namespace cohort::train
