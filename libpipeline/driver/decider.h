// Run or reuse: a job's key, once all it needs is known, and whether the store has its result.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "driver/files.h"
#include "driver/job_key.h"
#include "driver/limits.h"

namespace cohort::driver {

struct Decision {
    std::string key;   ///< 64 hex digits
    std::string text;  ///< whose SHA-256 it is
    std::uint64_t shape = 0;
    bool provisional = false;  ///< a raw input's digest is not known yet: keyed by its listing
    std::optional<Stored> stored;
    Share share;
};

/// One thread at a time. Knows digests of ended jobs by what the caller told.
class Decider {
public:
    Decider(const Graph& graph, const Limits& limits, Files& files);

    void set_digest(JobIndex job, std::string digest) { digests_[job] = std::move(digest); }
    const std::string& digest(JobIndex job) const { return digests_[job]; }

    /// REQUIRES: the digests of all jobs it needs are set. Error(bad_input) for an input from outside that is missing.
    Decision decide(JobIndex job);

    /// The key under which a finished job's result is to be known: with the raw digests that it reports.
    Decision finalised(JobIndex job, const std::map<std::string, std::string>& raw);

    /// Parameters as the step's program takes them: jobs' artefacts as paths in the store. `keys` by job.
    Json program_parameters(JobIndex job, const std::vector<std::string>& keys) const;

    /// Paths of the job's raw inputs from outside, by name: the parameter's, with "[i]" in a list.
    std::map<std::string, std::string> raw_paths(JobIndex job) const;

private:
    enum class Raw { as_known, hashed };
    struct Filling {
        HoleText text;
        bool provisional = false;
    };
    using Reported = std::map<std::string, std::string>;  // digests of raw inputs, by name
    Filling fill(const Argument& argument, Raw raw, const Reported* reported);
    std::string source_text(const cli::Parameter& parameter, const Source& source, Raw raw, const std::string* reported,
                            bool& provisional);
    const RawState& raw_state(const std::string& path);
    Decision compose(JobIndex job, Raw raw, const Reported* reported);
    bool give_true_key(JobIndex job, const std::string& key, const Stored& orphan);
    const StepKey& step_key(const Job& job, const Share& share);
    const Filling& constant_filling(std::uint32_t step, std::size_t argument, Raw raw);

    const Graph& graph_;
    const Limits& limits_;
    Files& files_;
    std::vector<std::string> digests_;
    std::unordered_map<std::string, RawState> raw_;
    std::unordered_map<std::string, std::string> outside_;  // digest of an artefact by path
    std::map<std::pair<std::uint32_t, std::string>, StepKey> step_keys_;
    // Arguments that are the same for all jobs of a step are filled once; by [step][argument], one for each way.
    std::vector<std::vector<std::array<std::optional<Filling>, 2>>> constant_;
};

}  // namespace cohort::driver
