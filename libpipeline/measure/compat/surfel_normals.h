// Normals of the surface through a 2×2×2 block of voxels, by which of the eight are set.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/geometry.h"

namespace cohort::measure::compat {

/// Normals for a code (0–255): bits for the offsets (0,0,0) … (1,1,1) in C order are 128 … 1. Their lengths are areas
/// at unit spacing. The values are those of google-deepmind/surface-distance, surface_distance/lookup_tables.py
/// (Copyright 2018 Google Inc., Apache License 2.0); scores that shall equal that program's need the same table.
std::vector<Vec3> surfel_normals(std::size_t code);

}  // namespace cohort::measure::compat
