#include "formats/@name@/@name@_writer.h"

#include "core/error.h"
#include "core/json.h"

namespace cohort::@name@ {

Bytes write_@name@(const Volume& volume, const Geometry& geometry) {
    if (volume.type() != VoxelType::u8 || volume.shape().size() != 3)
        throw Error(Exit::usage, "A .@name@ file holds one byte per voxel on three axes; choose another format.");
    std::string header = "@name@";
    for (const auto extent : volume.shape()) header += " " + std::to_string(extent);
    for (const auto spacing : geometry.spacing_mm()) header += " " + shortest(spacing);
    header += "\n";
    const auto text = bytes_of(header), voxels = volume.bytes();
    Bytes file(text.begin(), text.end());
    file.insert(file.end(), voxels.begin(), voxels.end());
    return file;
}

}  // namespace cohort::@name@
