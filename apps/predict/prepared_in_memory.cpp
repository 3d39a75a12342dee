#include "apps/predict/prepared_in_memory.h"

#include <algorithm>
#include <optional>

#include "grid/axis_map.h"

namespace cohort::predict {
namespace {

using Images = std::vector<std::pair<std::string, store::ArrayInfo>>;

/// All of them: a crop looks at every image of the sample, whether the model uses it or not.
Images images_of(const store::Sample& sample) {
    Images images;
    for (const auto& [name, info] : sample.arrays)
        if (info.role == store::Role::image) images.emplace_back(name, info);
    return images;
}

Quarantined about(const store::Sample& sample, const Quarantined& why) {
    return {why.reason, sample.id + ": " + why.message, why.details};
}

std::optional<Quarantined> mismatch(const store::Sample& sample, const Images& images) {
    const auto extents = [](const store::ArrayInfo& info) {
        const auto n = grid::leading_extents(info.shape, info.axes);
        return Shape(n.begin(), n.end());
    };
    const auto other = std::find_if(images.begin(), images.end(), [&](const auto& entry) {
        return !same_grid(entry.second.geometry, extents(entry.second), images.front().second.geometry,
                          extents(images.front().second));
    });
    if (other == images.end()) return std::nullopt;
    return Quarantined{"geometry-mismatch",
                       sample.id + ": " + other->first + " does not lie on the grid of " + images.front().first + "."};
}

}  // namespace

std::variant<PreparedInMemory, Quarantined> prepare_in_memory(const grid::Preparation& how,
                                                              const store::Dataset& dataset, store::Sample sample,
                                                              unsigned threads) {
    const auto images = images_of(sample);
    if (images.empty()) return Quarantined{"image-missing", sample.id + " has no image."};
    std::vector<grid::PreparedArray> arrays;
    for (const auto& [name, info] : images)
        arrays.push_back({name, grid::Treatment::image, dataset.read(sample.id, name, info), info.scale});
    auto prepared = grid::prepare(how, std::move(arrays), images.front().second.geometry, threads);
    if (const auto* why = std::get_if<Quarantined>(&prepared)) return about(sample, *why);
    auto& done = std::get<grid::PreparedSample>(prepared);
    PreparedInMemory result;
    sample.arrays.clear();
    for (std::size_t i = 0; i < images.size(); ++i) {
        auto& array = done.arrays[i];
        auto info = images[i].second;
        if (done.grid_changed) {
            if (!info.native) info.native = store::NativeGrid{info.shape, info.axes, info.geometry};
            info.geometry = done.geometry;
        }
        info.type = array.voxels.type();
        info.shape = array.voxels.shape();
        info.axes = array.voxels.axes();
        info.scale = array.scale;
        sample.arrays.emplace(images[i].first, std::move(info));
        result.voxels.emplace(images[i].first, std::move(array.voxels));
    }
    result.sample = std::move(sample);
    return result;
}

std::variant<PreparationNeed, Quarantined> need_to_prepare(const grid::Preparation& how, const store::Sample& sample) {
    const auto images = images_of(sample);
    if (images.empty()) return Quarantined{"image-missing", sample.id + " has no image."};
    PreparationNeed need;
    std::uint64_t working = 0;
    constexpr auto most = std::uint64_t{1} << 62;  // counts stay below 2⁶³: sums of two do not wrap
    for (const auto& [name, info] : images) {
        const grid::ArrayGrid from{info.shape, info.axes, images.front().second.geometry};
        const auto to = grid::prepared_grid(how, from);
        if (const auto* why = std::get_if<Quarantined>(&to)) return about(sample, *why);
        const auto bytes =
            grid::bytes_to_prepare(how, grid::Treatment::image, info.type, from, std::get<grid::ArrayGrid>(to));
        if (&info == &images.front().second) need.grid = std::get<grid::ArrayGrid>(to);
        need.bytes = std::min(most, need.bytes + std::min(most, bytes.held));
        working = std::max(working, std::min(most, bytes.working));
    }
    if (auto why = mismatch(sample, images)) return std::move(*why);
    need.bytes += working;
    return need;
}

}  // namespace cohort::predict
