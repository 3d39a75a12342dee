// Reads PNG: grey, grey + alpha, RGB, RGBA, palette; 1, 2, 4, 8 and 16 bits; interlaced or not.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/image.h"

namespace cohort::raster {

bool is_png_name(std::string_view name);

/// Samples as stored: 1, 2 and 4 bits become u8 without being stretched (a 1-bit mask holds 0 and 1), 16 bits become
/// u16. Axes x y, and a planar `c` for more than one sample a pixel; palettes give their colours (RGB, or RGBA with
/// transparency), or with options.palette_as_index the indices themselves. Geometry is none: pHYs says how large to
/// print, not what was measured (it stays in the header record {format, fields}). Gamma and colour profiles are not
/// applied. A damaged file, a wrong checksum of a critical chunk, or a size beyond what the bytes can unpack to is
/// quarantined.
ReadImage read_png(std::string_view name, std::span<const std::byte> file, const ReadOptions& options);

/// Bytes that reading will allocate, from the file's first 33 bytes and its size; 0 when it is no PNG.
std::uint64_t promised_png_bytes(std::span<const std::byte> beginning, std::uint64_t file_bytes);

}  // namespace cohort::raster
