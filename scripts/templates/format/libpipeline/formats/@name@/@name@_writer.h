// Writes .@name@ (what it looks like stands in @name@_reader.h).
#pragma once

#include "core/deflate.h"
#include "core/geometry.h"
#include "core/volume.h"

namespace cohort::@name@ {

/// u8 volumes of three axes; Error(usage) for others. read_@name@ gives the same voxels and spacing.
Bytes write_@name@(const Volume& volume, const Geometry& geometry);

}  // namespace cohort::@name@
