// Pictures arranged on a larger one.
#pragma once

#include <span>

#include "pictures/raster.h"

namespace cohort::pictures {

/// In rows of `columns` (≥ 1), each in a cell of the largest width and height, aligned left and top, `gap` pixels apart
/// on black. No pictures: an empty raster.
Raster contact_sheet(std::span<const Raster> pictures, int columns, int gap);

}  // namespace cohort::pictures
