// Writes NIfTI: with the header that the image came with where it still fits, else with a fresh one.
#pragma once

#include <string>
#include <vector>

#include "core/deflate.h"
#include "core/geometry.h"
#include "core/json.h"
#include "core/volume.h"

namespace cohort::nifti {

enum class Packing { plain, gzip };

/// One file to write: its ending (".nii", ".hdr.gz" …) is added to the caller's stem.
struct OutputFile {
    std::string ending;
    Bytes bytes;
};

/// One file (.nii or .nii.gz), or two (.hdr and .img) when the record says that the source was a pair.
///
/// `record` is the header record of read_nifti or null. It is used, byte for byte, if it still describes this array:
/// same type, shape, scale and affine; voxels then go back into the source's byte order and colour interleaving.
/// Otherwise a fresh little-endian header is written: NIfTI-1, or NIfTI-2 when an axis is longer than 32767; sform from
/// the affine, qform too where there is no shear (both codes 1), neither where the geometry has no affine. Where the
/// record still says where the array lies (same x, y, z and affine: a label on its image's grid), the fresh header has
/// its version, qform, sform, spacings, units and description; the rest of it is about other voxels. Axes named t, v,
/// d6, d7 take dims 4 to 7, others the next free one from 4 on. A scale along an axis, which NIfTI cannot say, is
/// applied (float32). Error(bad_input) when the array needs more than seven dimensions.
std::vector<OutputFile> write_nifti(const Volume& voxels, const Geometry& geometry, const Scale& scale,
                                    const Json* record, Packing packing);

/// True if write_nifti would use the record.
bool record_fits(const Json& record, const Volume& voxels, const Geometry& geometry, const Scale& scale);

}  // namespace cohort::nifti
