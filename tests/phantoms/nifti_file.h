// A minimal NIfTI-1 file, written independently of the library's own writer.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace cohort::phantoms {

/// `datatype` and `bits` as NIfTI numbers them (2 and 8: uint8; 16 and 32: float32); sform code 1, gzipped.
void write_nifti(const std::filesystem::path& file, const std::array<std::int64_t, 3>& shape,
                 const std::array<std::array<double, 4>, 3>& affine, std::int16_t datatype, std::int16_t bits,
                 std::span<const std::byte> voxels);

/// The voxels of a file that write_nifti wrote, as bytes; Error(bad_input) for anything else.
std::vector<std::byte> read_nifti_voxels(const std::filesystem::path& file);

}  // namespace cohort::phantoms
