// Colours for labels and for continuous values.
#pragma once

#include <cstdint>

#include "pictures/raster.h"

namespace cohort::pictures {

/// A colour per label value: twelve that differ well on grey (also for red–green blindness in the first eight: Okabe &
/// Ito, jfly.uni-koeln.de/color), then hues by the golden angle. 0 is black.
Rgb label_colour(std::int64_t value);

/// How a number in [0, 1] becomes a colour; values outside are clipped, NaN is the map's lowest colour.
enum class ColourMap { grey, heat };
Rgb mapped_colour(double value, ColourMap map);

}  // namespace cohort::pictures
