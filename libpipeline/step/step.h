// The contract of a step: what its author writes, and what run_program gives it.
#pragma once

#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/json.h"
#include "core/log.h"
#include "core/memory_budget.h"
#include "core/progress.h"
#include "store/manifest.h"
#include "store/output_folder.h"
#include "store/sample.h"

namespace cohort::step {

/// One opened input artefact: its folder and its manifest (shape checked; members are checked when they are read).
struct Input {
    std::filesystem::path path;
    store::Manifest manifest;
};

/// Inputs by parameter name, in the order they were given. Raw inputs (files from elsewhere) stand in the parameters.
class Inputs {
public:
    std::map<std::string, std::vector<Input>, std::less<>> by_name;
    const Input& one(std::string_view parameter) const;               ///< the only one; Error(bug) if there is none
    const Input* optional(std::string_view parameter) const;          ///< null when the parameter was left out
    const std::vector<Input>& all(std::string_view parameter) const;  ///< empty when left out
};

/// A fault that a schema cannot express. `parameter` may be empty.
struct Finding {
    std::string parameter;
    std::string sentence;
    Exit code = Exit::usage;
};

/// What a step hands back about its output; run_program writes the manifest from it.
struct Result {
    Json content = Json::object();  ///< the kind's own tables
    std::uint64_t sources = 0;      ///< all that were looked at: in samples + quarantined + skipped
    std::vector<store::SourceFile>
        raw_files;                          ///< raw files that were read and hashed anyway: need not be read again for
                                            ///< sources.jsonl and the raw digest; `input` where there are several
    std::optional<store::Privacy> privacy;  ///< of a step without input artefacts (ingest): what is stated or proven;
                                            ///< else only to lower the level of the inputs (anonymise may raise it)
    Json run = Json::object();              ///< further entries for run.json (rates, device …)
    std::string report;                     ///< table for people, printed at the end (may be empty)
};

/// What run() may use. Lives for one run; every reference outlives run().
struct Context {
    const Json& parameters;  ///< valid against the schema, defaults filled in
    const Inputs& inputs;
    const std::filesystem::path& out;     ///< the partial folder; may hold an earlier run's state when `continues`
    bool continues;                       ///< only for steps that can_continue()
    store::QuarantineWriter& quarantine;  ///< thread-safe
    Progress& progress;                   ///< thread-safe
    Log& log;                             ///< thread-safe
    const MemoryBudget& memory;
    unsigned threads;
    std::uint64_t seed;
    std::string device;    ///< "cpu", "cuda", "cuda:1"; "auto" is resolved already
    std::stop_token stop;  ///< SIGTERM, SIGINT, SIGUSR1: save the item in hand, return stopped
    Result& result;
};

enum class Outcome { done, stopped_with_state_saved };

/// Everything declarative about a step (name, content version, kind of output, parameters, examples) stands in
/// schemas/steps/NAME.json. A step that makes no artefact (inspect, compare) has "output": null there; its `out` is
/// empty, it prints to stdout and reports a failed check by throwing Error(check_failed).
class Step {
public:
    virtual ~Step() = default;
    virtual std::string_view name() const = 0;

    /// Faults that a schema cannot express (options that exclude each other, a fold that the split lacks).
    /// Called before run(); reads headers at most, writes nothing. `--dry-run` ends after it.
    virtual std::vector<Finding> validate(const Json& parameters, const Inputs& inputs) const = 0;

    /// True for a step that goes on from what an interrupted run with the same key left in `out` (`continues`). For all
    /// others run_program empties the folder before run(), so that nothing stale becomes a member.
    virtual bool can_continue() const { return false; }

    /// Does the work. Equal inputs, parameters and seed give equal bytes in `out` for any `threads`.
    /// One bad sample goes to quarantine; only what makes the whole run pointless is thrown, as Error.
    virtual Outcome run(Context& context) = 0;
};

}  // namespace cohort::step
