// Do the bytes still agree with the manifest?
#pragma once

#include <string>
#include <vector>

#include "step/step.h"

namespace cohort::inspect {

struct Verification {
    std::uint64_t members = 0, arrays = 0;  ///< that were read
    std::vector<std::string> faults;        ///< a sentence each; empty: all is as it was made
};

/// Recomputes the digest of every member, and of a dataset's every array. Damage is a fault, not an error.
Verification verify(const step::Input& input, unsigned threads, Progress& progress);

}  // namespace cohort::inspect
