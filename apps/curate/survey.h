// The one pass over the voxels, and the verdict on every sample.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/curate/checks/check.h"
#include "apps/curate/curate_parameters.h"
#include "apps/curate/fingerprint.h"
#include "step/step.h"

namespace cohort::curate {

/// What is kept of a sample once its voxels have been seen: a kilobyte or so.
struct Record {
    std::string id;
    std::string source;                                    ///< as it came; the id where nothing is known
    std::vector<std::pair<std::size_t, Finding>> findings;  ///< by number of the check, ascending
    Shown shown;
    FingerprintRow row;
    std::optional<std::size_t> quarantined_by = std::nullopt;  ///< place in findings
};

/// Looks at every sample's voxels in parallel; records in the order of ids, findings of single samples included.
/// Stops early (with what it has) when the run is asked to stop.
std::vector<Record> survey(const store::Dataset& dataset, const CurateParameters& parameters, step::Context& context);

/// Adds the findings of checks between samples (among those that stay), and decides who is quarantined.
void judge(std::vector<Record>& records, const CurateParameters& parameters);

/// Error(check_failed), naming the samples, if a check whose action is `fail` found something.
void throw_if_failed(const std::vector<Record>& records, const CurateParameters& parameters);

}  // namespace cohort::curate
