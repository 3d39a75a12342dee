#include "learn/patch_sampler.h"

#include <algorithm>
#include <cmath>

#include "core/philox.h"

namespace cohort::learn {

PatchSampler::PatchSampler(const CaseReader& reader, const std::vector<Case>& cases, const Plan& plan,
                           std::uint64_t seed)
    : reader_(reader), cases_(cases), plan_(plan), recipe_(augment::changed_recipe(plan.augmentation, plan.transforms)), seed_(seed) {
    voxels_ = static_cast<std::size_t>(plan.patch[0] * plan.patch[1] * plan.patch[2]);
    image_values_ = voxels_ * static_cast<std::size_t>(reader.channels());
}

Extent3 PatchSampler::draw_origin(const Case& which, bool on_foreground, RandomStream& random) const {
    Extent3 origin{}, low{}, high{};
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const auto spare = which.shape[axis] - plan_.patch[axis];
        low[axis] = spare >= 0 ? 0 : spare / 2;  // smaller images lie in the middle
        high[axis] = spare >= 0 ? spare : low[axis];
        origin[axis] =
            low[axis] + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(high[axis] - low[axis] + 1)));
    }
    const auto class_draw = random.next_u64(), place_draw = random.next_u64();
    if (!on_foreground || which.foreground.empty()) return origin;
    const auto& places = which.foreground[class_draw % which.foreground.size()].places;
    auto place = static_cast<std::int64_t>(places[place_draw % places.size()]);
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const auto at = place % which.shape[axis];
        place /= which.shape[axis];
        origin[axis] = std::clamp(at - plan_.patch[axis] / 2, low[axis], high[axis]);
    }
    return origin;
}

void PatchSampler::read_straight(const Case& which, const augment::SampleTransform& transform, const Extent3& origin,
                                 std::span<float> image, std::span<std::uint16_t> classes) const {
    for (std::size_t c = 0; c < static_cast<std::size_t>(reader_.channels()); ++c)
        reader_.read_channel(which, c, origin, plan_.patch, image.subspan(c * voxels_, voxels_));
    reader_.read_classes(which, origin, plan_.patch, classes);
    augment::mirror_patch(image, plan_.patch, transform.mirrored);
    augment::mirror_patch(classes, plan_.patch, transform.mirrored);
}

void PatchSampler::read_warped(const Case& which, const augment::SampleTransform& transform, const Extent3& origin,
                               std::span<float> image, std::span<std::uint16_t> classes) const {
    const auto map = transform.map(origin, plan_.patch);
    const auto box = augment::source_box(map, plan_.patch, which.shape);
    const auto voxels = static_cast<std::size_t>(box.extent[0] * box.extent[1] * box.extent[2]);
    const auto channels = static_cast<std::size_t>(reader_.channels());
    std::vector<float> source(channels * voxels);
    std::vector<std::uint16_t> labels(voxels);
    for (std::size_t c = 0; c < channels; ++c)
        reader_.read_channel(which, c, box.origin, box.extent, std::span(source).subspan(c * voxels, voxels));
    reader_.read_classes(which, box.origin, box.extent, labels);
    const auto outside = static_cast<std::uint16_t>(reader_.labels().background().value_or(0));
    augment::warp_patch(map, box, source, labels, outside, plan_.patch, image, classes);
}

void PatchSampler::fill(std::uint64_t iteration, Batch& batch) const {
    const auto size = static_cast<std::size_t>(plan_.batch);
    const auto channels = static_cast<std::size_t>(reader_.channels());
    batch.iteration = iteration;
    batch.image.resize(size * image_values_);
    batch.classes.resize(size * voxels_);
    batch.cases.resize(size);
    // nnU-Net's rule: the last places of a batch are the ones forced to hold foreground.
    const auto free_places =
        static_cast<std::size_t>(std::lround(static_cast<double>(size) * (1 - plan_.foreground_share)));
    for (std::size_t place = 0; place < size; ++place) {
        const auto item = iteration * size + place;
        RandomStream random(seed_, "patch", item);
        batch.cases[place] = random.below(cases_.size());
        const auto& which = cases_[batch.cases[place]];
        auto origin = draw_origin(which, place >= free_places, random);
        const auto transform = augment::draw_transform(recipe_, plan_.patch, which.spacing_mm, channels, seed_, item);
        for (std::size_t axis = 0; axis < 3; ++axis) origin[axis] += transform.shift_voxels[axis];
        const auto image = std::span(batch.image).subspan(place * image_values_, image_values_);
        const auto classes = std::span(batch.classes).subspan(place * voxels_, voxels_);
        if (transform.warps)
            read_warped(which, transform, origin, image, classes);
        else
            read_straight(which, transform, origin, image, classes);
        augment::apply_intensity(transform, plan_.patch, image, seed_, item);
    }
}

}  // namespace cohort::learn
