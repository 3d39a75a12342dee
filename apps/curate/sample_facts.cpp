#include "apps/curate/sample_facts.h"

#include <algorithm>

#include "apps/curate/channel_values.h"
#include "apps/curate/content_digest.h"
#include "core/checked_math.h"
#include "core/error.h"
#include "core/spatial_shape.h"

namespace cohort::curate {
namespace {

std::uint64_t bytes_of_array(const store::ArrayInfo& info) {
    std::vector<std::int64_t> factors(info.shape.begin(), info.shape.end());
    factors.push_back(static_cast<std::int64_t>(size_of(info.type)));
    const auto bytes = checked_product(factors);
    if (!bytes) throw Error(Exit::bad_input, "its shape is larger than any memory.");
    return static_cast<std::uint64_t>(*bytes);
}

/// What look_at holds at most: the largest array, its packed chunks while they are read, and a byte per label voxel.
std::uint64_t bytes_needed(const store::Sample& sample) {
    std::uint64_t largest = 0, mask = 0;
    for (const auto& [name, info] : sample.arrays) {
        largest = std::max(largest, bytes_of_array(info));
        if (info.role == store::Role::label) mask = std::max(mask, bytes_of_array(info) / size_of(info.type));
    }
    constexpr std::uint64_t tables = std::uint64_t{8} << 20;
    return largest + largest / 2 + mask + tables;
}

/// One sample's way through its arrays: labels first, since their foreground masks the images.
class Look {
public:
    Look(const store::Dataset& dataset, SampleFacts& facts) : dataset_(dataset), facts_(facts) {}

    void at_all() {
        for (auto& array : facts_.arrays)
            if (array.info->role == store::Role::label) at(array, [&](const Volume& v) { see_label(array, v); });
        for (auto& array : facts_.arrays)
            if (array.info->role == store::Role::image) at(array, [&](const Volume& v) { see_image(array, v); });
        for (auto& array : facts_.arrays)
            if (array.info->role != store::Role::label && array.info->role != store::Role::image)
                at(array, [](const Volume&) {});
    }

private:
    template <class See>
    void at(ArrayFacts& array, See see) {
        try {
            const auto& info = *array.info;
            const auto volume = dataset_.read(facts_.sample.id, array.name, info);
            facts_.bytes += volume.bytes().size();
            if (array_digest(volume, info.geometry, info.scale) != info.digest)
                throw Error(Exit::bad_input, "its voxels do not agree with the digest in samples.jsonl.");
            see(volume);
        } catch (const Error& error) {
            if (error.code() != Exit::bad_input) throw;
            array.unreadable = error.sentence();
        }
    }

    void see_label(ArrayFacts& array, const Volume& volume) {
        array.labels = label_counts(volume, array.info->scale);
        const auto shape = spatial_shape(array.info->shape, array.info->axes);
        if (mask_.empty()) mask_shape_ = shape;
        if (shape == mask_shape_ && volume.size() == voxel_count(shape))
            mark_foreground(volume, array.info->scale, mask_);
    }

    void see_image(ArrayFacts& array, const Volume& volume) {
        const auto shape = spatial_shape(array.info->shape, array.info->axes);
        const std::span<const std::uint8_t> mask = shape == mask_shape_ ? mask_ : std::span<const std::uint8_t>();
        for (std::int64_t c = 0; c < volume.extent("c"); ++c)
            array.channels.push_back(channel_statistics(volume, array.info->scale, c, mask));
        array.content = content_digest(volume, array.info->scale);
        if (image_shape_.empty()) image_shape_ = shape;
        if (shape == image_shape_) widen(non_zero_box(volume, array.info->scale));
    }

    void widen(const std::optional<NonZeroBox>& box) {
        if (!box) return;
        auto& all = facts_.non_zero;
        if (!all) all = box;
        for (std::size_t a = 0; a < 3; ++a) {
            all->first[a] = std::min(all->first[a], box->first[a]);
            all->last[a] = std::max(all->last[a], box->last[a]);
        }
    }

    const store::Dataset& dataset_;
    SampleFacts& facts_;
    std::vector<std::uint8_t> mask_;
    Shape mask_shape_, image_shape_;
};

}  // namespace

const ArrayFacts* SampleFacts::first_with(store::Role role) const {
    for (const auto& array : arrays)
        if (array.info->role == role) return &array;
    return nullptr;
}

SampleFacts look_at(const store::Dataset& dataset, store::Sample sample, const MemoryBudget& memory) {
    SampleFacts facts;
    facts.sample = std::move(sample);
    // The sample moves with the facts, and its map's nodes stay where they are.
    for (const auto& [name, info] : facts.sample.arrays) {
        auto& array = facts.arrays.emplace_back();
        array.name = name;
        array.info = &info;
    }
    const auto held = within([&] { return "looking at sample " + facts.sample.id; },
                             [&] { return memory.reserve(bytes_needed(facts.sample), "sample " + facts.sample.id); });
    Look(dataset, facts).at_all();
    return facts;
}

}  // namespace cohort::curate
