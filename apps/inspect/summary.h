// What an artefact holds, as JSON and as text made from it.
#pragma once

#include <string>

#include "step/step.h"

namespace cohort::inspect {

/// {kind, digest, privacy, counts, made_by, content (scalars), members, and what the kind has: see below}.
/// dataset: arrays (types, shapes, spacings), channels, labels, values, flags, quarantine. split: folds, balance.
/// model: history (first, last, best line). evaluation: labels. plan: plan. files: files by ending.
/// Members are read through the manifest: what was altered is Error(bad_input).
Json summary_of(const step::Input& input);
std::string summary_text(const Json& summary);

/// What one sample is in this artefact; Error(usage) for an unknown id (with "did you mean") or a kind without samples.
Json sample_of(const step::Input& input, const std::string& id);
std::string sample_text(const Json& sample);

/// The part of each kind.
Json dataset_summary(const step::Input& input);
Json dataset_sample(const step::Input& input, const std::string& id);

/// Error(usage): the artefact has no sample of this id; `known` serves "did you mean".
[[noreturn]] void refuse_unknown_sample(const step::Input& input, const std::string& id,
                                        const std::vector<std::string>& known);

}  // namespace cohort::inspect
