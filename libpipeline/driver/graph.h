// Jobs: every step of a pipeline, once for each combination of its matrix values, and what each of them needs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/json.h"
#include "driver/pipeline.h"

namespace cohort::driver {

using JobIndex = std::uint32_t;

/// What stands in one place of a path parameter: a job's artefact (`path`: below it, raw parameters only, may be
/// empty), or an absolute path from outside.
struct Source {
    static constexpr JobIndex outside = static_cast<JobIndex>(-1);
    JobIndex job = outside;
    std::string path;
};

/// One parameter with its value, which for paths is known only when the jobs it comes from have ended.
struct Argument {
    const cli::Parameter* parameter = nullptr;
    bool is_list = false;
    Json value;                   ///< of what is no path, in the schema's type
    std::vector<Source> sources;  ///< of a path
};

struct Job {
    std::uint32_t step = 0;
    std::vector<std::uint32_t> coordinates;  ///< index of this job's value, for each matrix key of its step
    std::string name;                        ///< STEP@k=v,k=v
    std::vector<Argument> varying;           ///< arguments that differ between the jobs of the step
    std::vector<JobIndex> needs;             ///< of `varying`; sorted, each once
    std::uint64_t seed = 0;
    std::string device = "auto";  ///< as asked for
};

/// The jobs of one step stand together: first … first + count.
struct StepJobs {
    JobIndex first = 0, count = 0;
    std::vector<Argument> constant;  ///< arguments that are the same for every job of the step
    std::vector<JobIndex> needs;     ///< of `constant`
};

struct Graph {
    Pipeline pipeline;
    std::vector<StepJobs> steps;  ///< by step
    std::vector<Job> jobs;        ///< steps as in the file, matrix values as listed, the last key fastest
    std::vector<std::vector<JobIndex>> needed_by;            ///< jobs whose varying arguments need this one
    std::vector<std::vector<std::uint32_t>> needed_by_step;  ///< steps whose constant arguments need this one

    const StepModel& model(const Job& job) const { return pipeline.steps[job.step]; }
    const StepJobs& step_of(const Job& job) const { return steps[job.step]; }
    JobIndex job_named(std::string_view name) const;  ///< Source::outside if there is none
};

/// Most jobs of one pipeline; beyond it the file is refused (a matrix multiplies quickly).
inline constexpr std::uint64_t most_jobs = 1'000'000;

/// Unrolls the draft and checks every job's parameters against its step's schema. Throws Error(usage) with all faults
/// of the file, those of the draft included.
Graph build_graph(PipelineDraft draft);

/// "STEP" or "STEP@k=v,k=v", percent-encoded beyond [A-Za-z0-9._-]; a name over 200 bytes is cut and ends in '~' and
/// the beginning of its SHA-256, so that it can be a file's name.
std::string job_name(const StepModel& step, const std::vector<std::uint32_t>& coordinates);

}  // namespace cohort::driver
