// Reads .@name@: one line of text, then a byte per voxel.
//
//     @name@ 4 3 2 1.5 1 1⏎        shape (x y z), spacing in mm; then 4·3·2 bytes, x fastest
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/image.h"

namespace cohort::@name@ {

inline constexpr std::size_t longest_header = 256;  ///< bytes, newline included

bool is_@name@_name(std::string_view name);

/// u8 voxels with axes x y z, a raster spacing and no world; the header's fields stay in the header record.
/// Quarantined: `empty-file`, `wrong-type` (another first word), `bad-header`, `truncated`. Surplus bytes are a remark.
ReadImage read_@name@(std::string_view name, std::span<const std::byte> file, const ReadOptions& options);

/// Bytes that reading will allocate, from the file's beginning and size; 0 when it is none of ours.
std::uint64_t promised_@name@_bytes(std::span<const std::byte> beginning, std::uint64_t file_bytes);

}  // namespace cohort::@name@
