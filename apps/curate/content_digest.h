// What an image shows, apart from how it is stored: equal for equal decoded content.
#pragma once

#include "core/digest.h"
#include "core/volume.h"

namespace cohort::curate {

/// SHA-256 over the shape (without trailing axes of length 1) and the values after scale in the narrowest of u8, i16,
/// i32, f32, f64 that holds them all exactly, little endian, x fastest; −0 counts as 0, every NaN as one.
///
/// So an int16 file and its float32 copy are equal, and so are copies whose header (geometry, names of axes, type)
/// was changed. Complex arrays and integers beyond 2^53 are hashed as they are stored, with their type and scale.
Digest content_digest(const Volume& volume, const Scale& scale);

}  // namespace cohort::curate
