// PNG files over core/deflate: no codec library is loaded to draw a picture.
#pragma once

#include "core/deflate.h"
#include "pictures/raster.h"

namespace cohort::pictures {

/// The picture as a PNG file: 8-bit grey where every pixel is grey, else 8-bit RGB; each row with the filter of least
/// absolute sum (PNG 1.2, section 9.6). No time, no text. Equal pixels give equal bytes.
/// A picture without pixels is a bug (PNG has none).
Bytes encode_png(const Raster& picture);

}  // namespace cohort::pictures
