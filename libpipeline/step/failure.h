// Whatever flies out of a run, as an exit code and a sentence.
#pragma once

#include <cstdint>
#include <exception>
#include <filesystem>

#include "step/driver_link.h"

namespace cohort::step {

/// An Error is taken as it is. Memory and disk that do not suffice become `resources`; a file or folder that the system
/// refuses `output` where it belongs to `out` (--out, may be empty) or its unfinished folders, else `bad_input`; all
/// else is a bug of ours, and its sentence asks for a report. `memory`: what --memory allowed.
Ending ending_of(std::exception_ptr failure, std::uint64_t memory, const std::filesystem::path& out) noexcept;

}  // namespace cohort::step
