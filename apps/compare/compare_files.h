// Two files, by what their names say they are.
#pragma once

#include <filesystem>
#include <string>

#include "apps/compare/comparison.h"

namespace cohort::compare {

/// .nii and .nii.gz: voxels and geometry; .json, .jsonl, .csv, .tsv, .txt, .safetensors and .ckpt: their values; .gz of
/// one of these: what it unpacks to; anything else, or what cannot be parsed as its name says: bytes. `where` names the
/// file in the differences. Error(bad_input) when one cannot be read.
void compare_files(Comparison& comparison, const std::string& where, const std::filesystem::path& a,
                   const std::filesystem::path& b);

/// Tensors of two safetensors files by name; Error(bad_input) for a damaged header.
void compare_tensors(Comparison& comparison, const std::string& where, std::span<const std::byte> a,
                     std::span<const std::byte> b);

}  // namespace cohort::compare
