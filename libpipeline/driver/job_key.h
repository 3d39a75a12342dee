// The text whose SHA-256 is a job's cache key, made quickly: all jobs of a step share everything but a few holes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "driver/graph.h"

namespace cohort::driver {

/// What fills a hole: the text for the key, and for the shape, in which raw inputs do not count.
struct HoleText {
    std::string key, shape;
};

/// The keys of one step's jobs on one device. sha256(compose(…).key) equals store::cache_key of the same parts.
class StepKey {
public:
    struct Hole {
        bool is_seed = false;
        bool is_constant = false;  ///< argument of the step, else of the job
        std::size_t argument = 0;  ///< index into StepJobs::constant or Job::varying
    };

    /// `example` is any job of the step. `device` is resolved; it and `cores` count only where the schema says so.
    StepKey(const StepModel& step, const StepJobs& jobs, const Job& example, unsigned cores, const std::string& device);

    const std::vector<Hole>& holes() const { return holes_; }

    /// One filling per hole, in order.
    HoleText compose(const std::vector<const HoleText*>& fillings) const;

private:
    std::vector<Hole> holes_;
    std::vector<std::string> texts_;  // before, between and after the holes
};

/// A cheap hash of a shape text: two that collide cost a needless reading of raw files, nothing else.
std::uint64_t shape_hash(std::string_view text);

}  // namespace cohort::driver
