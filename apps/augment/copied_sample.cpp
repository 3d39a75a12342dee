#include "apps/augment/copied_sample.h"

#include <algorithm>
#include <cmath>

#include "apps/augment/copy_order.h"
#include "apps/augment/label_classes.h"
#include "augment/channel_statistics.h"
#include "core/error.h"
#include "core/philox.h"
#include "grid/axis_map.h"

namespace cohort::augmentation {
namespace {

using augment::Extent;

std::size_t voxels_of(const Extent& e) { return static_cast<std::size_t>(e[0] * e[1] * e[2]); }

bool is_label(store::Role role) { return role == store::Role::label || role == store::Role::mask; }

std::string text_of(const Extent& e) {
    return std::to_string(e[0]) + "×" + std::to_string(e[1]) + "×" + std::to_string(e[2]);
}

/// The array whose grid stands for all: the first image, else the first array.
const std::pair<const std::string, store::ArrayInfo>& leading_array(const store::Sample& sample) {
    const auto image = std::find_if(sample.arrays.begin(), sample.arrays.end(),
                                    [](const auto& entry) { return entry.second.role == store::Role::image; });
    return image == sample.arrays.end() ? *sample.arrays.begin() : *image;
}

/// Mean and standard deviation of one channel, and back.
struct Units {
    float mean = 0, sd = 1;
};

Units z_score(std::span<float> channel) {
    const auto statistics = augment::channel_statistics(channel);
    const Units units{static_cast<float>(statistics.mean), static_cast<float>(std::max(statistics.sd, 1e-8))};
    const auto inverse = 1 / units.sd;
    for (auto& v : channel) v = (v - units.mean) * inverse;
    return units;
}

/// Copies the part of a volume that a box holds; the rest of the box stays as it is.
template <class T>
void copy_into_box(std::span<const T> volume, const Extent& shape, const augment::SourceBox& box, std::span<T> into) {
    const auto begin = [&](std::size_t axis) { return std::max<std::int64_t>(box.origin[axis], 0); };
    const auto end = [&](std::size_t axis) { return std::min(box.origin[axis] + box.extent[axis], shape[axis]); };
    const auto count = end(0) - begin(0);
    if (count <= 0) return;
    for (auto z = begin(2); z < end(2); ++z)
        for (auto y = begin(1); y < end(1); ++y) {
            const auto from = (z * shape[1] + y) * shape[0] + begin(0);
            const auto to =
                ((z - box.origin[2]) * box.extent[1] + y - box.origin[1]) * box.extent[0] + begin(0) - box.origin[0];
            std::copy_n(volume.begin() + from, count, into.begin() + to);
        }
}

/// The work on one copy; lives for one make_copy().
class CopyMaker {
public:
    CopyMaker(const store::Dataset& dataset, const store::Sample& original, const CopyPlan& plan,
              const augment::SampleTransform& transform, const std::map<std::string, bool>& has_background)
        : dataset_(dataset),
          original_(original),
          plan_(plan),
          transform_(transform),
          has_background_(has_background),
          map_(transform.map(transform.shift_voxels, plan.extent)),
          box_(augment::source_box(map_, plan.extent, plan.extent)),
          voxels_(voxels_of(plan.extent)),
          box_voxels_(voxels_of(box_.extent)) {}

    std::variant<Copy, Quarantined> make(std::uint64_t seed, std::uint64_t item) {
        // Images first, so that their channels lie together; maps and probabilities after them.
        for (const auto& [name, info] : original_.arrays)
            if (info.role == store::Role::image) read_volumes(name, info);
        for (const auto& [name, info] : original_.arrays)
            if (info.role != store::Role::image && !is_label(info.role)) read_volumes(name, info);
        std::vector<float> moved(sources_.size() / box_voxels_ * voxels_);
        if (auto fault = move_all(moved)) return std::move(*fault);
        sources_ = {};
        augment::apply_intensity(transform_, plan_.extent, std::span(moved).first(plan_.channels * voxels_), seed,
                                 item);
        write_volumes(moved);
        return std::move(copy_);
    }

private:
    /// Every volume of a continuous array, in z-scored units where it is an image, as a box of the source.
    void read_volumes(const std::string& name, const store::ArrayInfo& info) {
        auto stored = dataset_.read(original_.id, name, info);
        copy_.bytes_read += stored.bytes().size();
        Volume volume = scaled_f32(stored, info.scale);
        stored = {};
        const auto values = volume.values<float>();
        for (std::size_t at = 0; at < values.size(); at += voxels_) {
            const auto one = values.subspan(at, voxels_);
            units_.push_back(info.role == store::Role::image ? z_score(one) : Units{});
            sources_.resize(sources_.size() + box_voxels_, 0.0f);
            copy_into_box<float>(one, plan_.extent, box_, std::span(sources_).last(box_voxels_));
        }
        continuous_.push_back(name);
    }

    /// The one interpolation; the first label goes along with the images, further ones follow alone.
    std::optional<Quarantined> move_all(std::vector<float>& moved) {
        std::span<const float> image = sources_;
        std::span<float> image_out = moved;
        for (const auto& [name, info] : original_.arrays) {
            if (!is_label(info.role)) continue;
            const auto stored = dataset_.read(original_.id, name, info);
            copy_.bytes_read += stored.bytes().size();
            const auto known = has_background_.find(name);
            auto found = LabelClasses::of(stored, info.scale, known == has_background_.end() || known->second);
            if (auto* fault = std::get_if<Quarantined>(&found))
                return Quarantined{fault->reason, name + " " + fault->message};
            const auto& classes = std::get<LabelClasses>(found);
            Volume out(info.type, info.shape, info.axes);
            std::vector<std::uint16_t> source(voxels_), boxed(box_voxels_), voted(voxels_);
            for (std::size_t at = 0; at < static_cast<std::size_t>(stored.size()); at += voxels_) {
                classes.read(stored, at, source);
                std::fill(boxed.begin(), boxed.end(), classes.outside());
                copy_into_box<std::uint16_t>(source, plan_.extent, box_, boxed);
                augment::warp_patch(map_, box_, image, boxed, classes.outside(), plan_.extent, image_out, voted);
                image = {}, image_out = {};
                classes.write(voted, out, at);
            }
            add(name, info, std::move(out));
        }
        if (!image.empty()) augment::warp_patch(map_, box_, image, {}, 0, plan_.extent, image_out, {});
        return std::nullopt;
    }

    void write_volumes(const std::vector<float>& moved) {
        auto from = moved.begin();
        auto units = units_.begin();
        for (const auto& name : continuous_) {
            const auto& before = original_.arrays.at(name);
            Volume out(VoxelType::f32, before.shape, before.axes);
            const auto values = out.values<float>();
            for (std::size_t at = 0; at < values.size(); at += voxels_, ++units)
                for (std::size_t i = 0; i < voxels_; ++i) values[at + i] = *from++ * units->sd + units->mean;
            auto info = before;
            info.type = VoxelType::f32;
            info.scale = {};
            add(name, info, std::move(out));
        }
    }

    void add(const std::string& name, const store::ArrayInfo& info, Volume voxels) {
        store::NewArray array;
        array.info = info;
        array.info.digest = {};
        array.voxels = std::move(voxels);
        copy_.arrays.emplace(name, std::move(array));
    }

    const store::Dataset& dataset_;
    const store::Sample& original_;
    const CopyPlan& plan_;
    const augment::SampleTransform& transform_;
    const std::map<std::string, bool>& has_background_;
    const augment::SpatialMap map_;
    const augment::SourceBox box_;
    const std::size_t voxels_, box_voxels_;
    std::vector<std::string> continuous_;  ///< names, in the order of their volumes in sources_
    std::vector<Units> units_;             ///< per volume
    std::vector<float> sources_;
    Copy copy_;
};

}  // namespace

std::variant<CopyPlan, Quarantined> plan_copies(const store::Sample& sample) {
    CopyPlan plan;
    if (sample.arrays.empty()) return plan;
    const auto& [first_name, first] = leading_array(sample);
    constexpr std::uint64_t margin = 2;
    std::uint64_t held = 0;
    for (const auto& [name, info] : sample.arrays) {
        if (is_complex(info.type))
            return Quarantined{"unsupported", name + " is complex, which has no augmentation here."};
        try {
            const auto extent = grid::leading_extents(info.shape, info.axes);
            if (name == sample.arrays.begin()->first) plan.extent = extent;
            if (extent != plan.extent)
                return Quarantined{"geometry-mismatch", name + " has " + text_of(extent) + " voxels, " +
                                                            sample.arrays.begin()->first + " " + text_of(plan.extent) +
                                                            "."};
        } catch (const Error& error) {
            return Quarantined{"unsupported", name + ": " + error.sentence()};
        }
        const Shape spatial(plan.extent.begin(), plan.extent.end());
        if (!same_grid(info.geometry, spatial, first.geometry, spatial))
            return Quarantined{
                "geometry-mismatch",
                std::string(name).append(" lies elsewhere in the world than ").append(first_name).append(".")};
        const auto voxels = static_cast<std::uint64_t>(voxel_count(info.shape));
        const auto bytes = voxels * size_of(info.type);
        // Continuous: stored, scaled, boxed, moved, written. Labels: stored, written, packed.
        held += is_label(info.role) ? 3 * bytes : bytes + 5 * voxels * sizeof(float);
        if (info.role == store::Role::image) plan.channels += static_cast<std::size_t>(voxels) / voxels_of(plan.extent);
    }
    const auto boxed = static_cast<std::uint64_t>(plan.extent[0] + static_cast<std::int64_t>(margin)) *
                       static_cast<std::uint64_t>(plan.extent[1] + static_cast<std::int64_t>(margin)) *
                       static_cast<std::uint64_t>(plan.extent[2] + static_cast<std::int64_t>(margin));
    if (boxed >= (std::uint64_t{1} << 31))
        return Quarantined{"unsupported", "has more than 2^31 voxels (" + text_of(plan.extent) + ")."};
    plan.spacing_mm = first.geometry.spacing_mm();
    plan.bytes = held + boxed * 3 * sizeof(std::uint16_t);
    return plan;
}

std::optional<Quarantined> fault_of_voxels(const store::Dataset& dataset, const store::Sample& sample) {
    try {
        for (const auto& [name, info] : sample.arrays) {
            const auto stored = dataset.read(sample.id, name, info);
            if (!is_label(info.role)) continue;
            const auto classes = LabelClasses::of(stored, info.scale, true);
            if (const auto* fault = std::get_if<Quarantined>(&classes))
                return Quarantined{fault->reason, name + " " + fault->message};
        }
    } catch (const Error& error) {
        if (error.code() != Exit::bad_input) throw;
        return Quarantined{"damaged", error.sentence()};
    }
    return std::nullopt;
}

std::variant<Copy, Quarantined> make_copy(const augment::Recipe& recipe, const store::Dataset& dataset,
                                          const store::Sample& original, const CopyPlan& plan, std::uint64_t number,
                                          std::uint64_t seed, const std::map<std::string, bool>& has_background) {
    const auto item = item_of(original.id, number);
    Copy copy;
    if (!original.arrays.empty()) {
        const auto transform = augment::draw_transform(recipe, plan.extent, plan.spacing_mm, plan.channels, seed, item);
        try {
            auto made = CopyMaker(dataset, original, plan, transform, has_background).make(seed, item);
            if (auto* fault = std::get_if<Quarantined>(&made)) return std::move(*fault);
            copy = std::move(std::get<Copy>(made));
        } catch (const Error& error) {
            if (error.code() != Exit::bad_input) throw;
            return Quarantined{"damaged", error.sentence()};
        }
    }
    copy.sample = original;
    copy.sample.id = copy_id(original.id, number);
    copy.sample.values["copy_of"] = original.id;
    return copy;
}

std::map<std::string, bool> backgrounds(const Json& content) {
    std::map<std::string, bool> known;
    const auto listed = content.find("labels");
    if (listed == content.end() || !listed->is_array()) return known;
    for (const auto& entry : *listed)
        if (entry.is_object() && entry.contains("array") && entry["array"].is_string() && entry.contains("value")) {
            auto& has = known[entry["array"].get<std::string>()];
            has = has || entry["value"] == 0;
        }
    return known;
}

}  // namespace cohort::augmentation
