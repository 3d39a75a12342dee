// One run of one step, from its parsed command line to its end.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "cli/terminal.h"
#include "step/driver_link.h"
#include "step/run_keys.h"
#include "step/step.h"
#include "step/stop_signals.h"
#include "store/run_record.h"

namespace cohort::step {

/// 80 % of what may be used: the default of --memory.
std::uint64_t default_memory();

/// Made for one perform(). Not thread-safe; the step it runs may use many threads.
class Run {
public:
    /// `words`: the command line as typed, for run.json.
    Run(Step& step, const cli::StepSchema& schema, cli::CommandLine line, std::vector<std::string> words);

    /// Does everything; a failure has been said when it returns.
    Ending perform() noexcept;

private:
    Ending perform_or_throw();
    void prepare();
    Json key_extras() const;
    void check_findings() const;
    Ending say_plan();
    Ending run_without_output();
    void refuse_out_inside_inputs() const;
    Ending run_into_folder();
    Ending stopped(store::OutputFolder& folder);
    std::optional<Ending> already_there(const std::string& begin_key);
    Outcome run_step(const std::filesystem::path& out, bool continues, store::QuarantineWriter& quarantine);

    // run_publish.cpp: from the step's result to the published folder.
    Ending publish(store::OutputFolder& folder, const std::string& begin_key, store::QuarantineWriter& quarantine);
    store::Manifest compose_manifest(const RawFiles& raw, const store::QuarantineWriter& quarantine) const;
    store::Privacy output_privacy() const;
    Json compose_run(const store::Manifest& manifest, const std::string& begin_key, const std::string& content_key,
                     std::uint64_t bytes_out) const;
    Ending judged(store::Manifest manifest);

    Step& step_;
    const cli::StepSchema& schema_;
    const cli::CommandLine line_;
    const std::vector<std::string> words_;
    Log log_;
    Progress progress_;
    cli::Terminal terminal_;
    unsigned threads_ = 1;
    std::uint64_t memory_ = 0;
    std::string device_;
    Inputs inputs_;
    std::optional<RunKeys> keys_;
    StopSignals signals_;
    Result result_;
    const store::Clock::time_point start_ = store::Clock::now();
    const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

}  // namespace cohort::step
