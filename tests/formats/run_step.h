// Runs steps as their programs do, options included, within the test.
#pragma once

#include <string>
#include <vector>

#include "apps/export/export_step.h"
#include "apps/ingest/ingest_step.h"
#include "step/run_program.h"

namespace test_data {

template <class Step>
int run(std::vector<std::string> words) {
    Step step;
    words.insert(words.begin(), "cohort-" + std::string(step.name()));
    words.insert(words.end(), {"--quiet", "--progress", "none"});
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    return cohort::step::run_program(step, static_cast<int>(argv.size()), argv.data());
}

inline int run_ingest(std::vector<std::string> words) { return run<cohort::ingest::IngestStep>(std::move(words)); }
inline int run_export(std::vector<std::string> words) { return run<cohort::exporting::ExportStep>(std::move(words)); }

}  // namespace test_data
