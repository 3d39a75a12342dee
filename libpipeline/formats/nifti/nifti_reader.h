// Reads NIfTI-1 and NIfTI-2 from the bytes of its file(s): .nii, .nii.gz, .hdr/.img, .hdr.gz/.img.gz.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/image.h"

namespace cohort::nifti {

/// True for names that this reader takes: .nii, .nii.gz, .hdr, .hdr.gz (any case). The .img belongs to its .hdr.
bool is_nifti_name(std::string_view name);
/// True for .img and .img.gz.
bool is_voxel_name(std::string_view name);

/// `name` serves the sentences and says whether gzip is expected. `file` holds the header (and, but for pairs, the
/// voxels); `voxels` the .img file of a pair, absent when there is none. No allocation exceeds what the bytes at hand
/// can unpack to. What is odd but readable becomes a remark; README.md lists both.
///
/// A singular or non-finite affine gives a geometry without affine and the remark `geometry-invalid`.
/// The header record is {format, byte_order, storage, fields, raw, extensions}: raw is the header, extensions
/// everything between it and the voxels, both base64.
ReadImage read_nifti(std::string_view name, std::span<const std::byte> file,
                     std::optional<std::span<const std::byte>> voxels, const ReadOptions& options);

/// Bytes that reading will allocate beyond the file itself, from the file's beginning (a few KiB serve) and its size;
/// never more than the file can unpack to. 0 when the beginning is no readable header.
std::uint64_t promised_bytes(std::string_view name, std::span<const std::byte> beginning, std::uint64_t file_bytes);

}  // namespace cohort::nifti
