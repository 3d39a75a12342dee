#include "apps/export/array_writer.h"

#include <algorithm>
#include <cstring>

#include "core/files.h"
#include "grid/nearest.h"

namespace cohort::exporting {

namespace {

struct Array {
    Volume voxels;
    Geometry geometry;
};

Array read_on_native_grid(const store::Sample& sample, const store::Dataset& dataset, const std::string& name) {
    const auto& info = sample.arrays.at(name);
    Array array{dataset.read(sample.id, name, info), info.geometry};
    // Predictions go back; a prepared dataset leaves as it is, its labels on the grid of its images.
    if (dataset.manifest().content.contains("preprocessing")) return array;
    if (info.role != store::Role::label || !info.native || !info.native->geometry.affine || !info.geometry.affine)
        return array;
    const auto& native = *info.native;
    if (native.geometry == info.geometry && native.shape == info.shape) return array;
    return {grid::resample_nearest(array.voxels, array.geometry, native.shape, native.axes, native.geometry),
            native.geometry};
}

/// One index of axis c, the axis taken away.
Volume one_channel(const Volume& voxels, std::int64_t channel) {
    const auto& axes = voxels.axes();
    const auto c = static_cast<std::size_t>(
        std::find_if(axes.begin(), axes.end(), [](const Axis& axis) { return axis.name == "c"; }) - axes.begin());
    Shape shape = voxels.shape();
    std::size_t below = size_of(voxels.type()), above = 1;
    for (std::size_t i = 0; i < c; ++i) below *= static_cast<std::size_t>(shape[i]);
    for (std::size_t i = c + 1; i < shape.size(); ++i) above *= static_cast<std::size_t>(shape[i]);
    const auto channels = static_cast<std::size_t>(shape[c]);
    auto kept = axes;
    kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(c));
    shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(c));
    Volume one(voxels.type(), std::move(shape), std::move(kept));
    for (std::size_t i = 0; i < above; ++i)
        std::memcpy(one.bytes().data() + i * below,
                    voxels.bytes().data() + (i * channels + static_cast<std::size_t>(channel)) * below, below);
    return one;
}

Volume with_z(const Volume& voxels) {
    auto shape = voxels.shape();
    auto axes = voxels.axes();
    shape.insert(shape.begin() + std::min<std::ptrdiff_t>(2, static_cast<std::ptrdiff_t>(shape.size())), 1);
    axes.insert(axes.begin() + std::min<std::ptrdiff_t>(2, static_cast<std::ptrdiff_t>(axes.size())), Axis{"z"});
    Volume result(voxels.type(), std::move(shape), std::move(axes));
    std::memcpy(result.bytes().data(), voxels.bytes().data(), voxels.bytes().size());
    return result;
}

bool is_pair(const Json& record) { return record.value("storage", "single") == "pair"; }

}  // namespace

std::vector<WrittenFile> write_target(const store::Sample& sample, const store::Dataset& dataset, const Target& target,
                                      const std::filesystem::path& root) {
    auto array = read_on_native_grid(sample, dataset, target.array);
    if (target.channel) array.voxels = one_channel(array.voxels, *target.channel);
    if (target.as_3d) array.voxels = with_z(array.voxels);
    const bool use_record = target.header && !(target.single_file && is_pair(*target.header));
    const auto files = nifti::write_nifti(array.voxels, array.geometry, sample.arrays.at(target.array).scale,
                                          use_record ? &*target.header : nullptr, target.packing);
    std::vector<WrittenFile> written;
    for (const auto& file : files) {
        const std::string path = target.stem + file.ending;
        const auto place = root / path;
        std::filesystem::create_directories(place.parent_path());
        FileWriter out(place);
        out.write(file.bytes);
        out.close();
        written.push_back({path, file.bytes.size(), sha256(file.bytes)});
    }
    return written;
}

std::uint64_t bytes_needed(const store::Sample& sample) {
    std::uint64_t most = 0;
    for (const auto& [name, info] : sample.arrays) {
        const auto here = static_cast<std::uint64_t>(voxel_count(info.shape));
        const auto native = info.native ? static_cast<std::uint64_t>(voxel_count(info.native->shape)) : 0;
        // Voxels, a changed copy, the file and the packed file.
        most = std::max(most, 4 * std::max(here, native) * size_of(info.type));
    }
    return most;
}

}  // namespace cohort::exporting
