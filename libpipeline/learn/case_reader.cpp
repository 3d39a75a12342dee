#include "learn/case_reader.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include "core/error.h"

namespace cohort::learn {
namespace {

using store::ArrayInfo;

constexpr std::size_t most_places = 256;
constexpr std::size_t most_scratch = std::size_t{16} << 20;  // bytes that a thread keeps from patch to patch

/// Extent along x, y, z of an array whose axes are x y [z] [c] and axes of length 1; nothing if it has others.
std::optional<Extent3> spatial_shape(const ArrayInfo& info, bool may_have_channels) {
    Extent3 shape{1, 1, 1};
    for (std::size_t i = 0; i < info.axes.size(); ++i) {
        const auto& name = info.axes[i].name;
        if (i < 3 && name.size() == 1 && name[0] == "xyz"[i])
            shape[i] = info.shape[i];
        else if (info.shape[i] != 1 && !(may_have_channels && name == "c"))
            return std::nullopt;
    }
    return shape;
}

/// slope and offset of one channel.
std::pair<double, double> scale_at(const ArrayInfo& info, std::int64_t index) {
    const auto& scale = info.scale;
    if (scale.axis.empty()) return {scale.slope.at(0), scale.offset.at(0)};
    const auto i = scale.axis == "c" ? static_cast<std::size_t>(index) : 0;
    return {scale.slope.at(i), scale.offset.at(i)};
}

/// The part of [origin, origin + extent) inside the image, as a box of the array; empty extents where nothing is.
store::Box clipped_box(const ArrayInfo& info, const Extent3& shape, const Extent3& origin, const Extent3& extent,
                       std::int64_t channel_index) {
    store::Box box;
    for (std::size_t i = 0; i < info.axes.size(); ++i) {
        const bool spatial = i < 3 && info.axes[i].name.size() == 1 && info.axes[i].name[0] == "xyz"[i];
        if (spatial) {
            const auto begin = std::max<std::int64_t>(origin[i], 0);
            box.origin.push_back(begin);
            box.extent.push_back(std::max<std::int64_t>(std::min(origin[i] + extent[i], shape[i]) - begin, 0));
        } else {
            box.origin.push_back(info.axes[i].name == "c" ? channel_index : 0);
            box.extent.push_back(1);
        }
    }
    return box;
}

/// The box of an array in memory, x fastest, tightly packed.
void copy_box(const Volume& volume, const store::Box& box, std::span<std::byte> into) {
    const auto bytes = size_of(volume.type());
    const auto row = static_cast<std::size_t>(box.extent[0]) * bytes;
    std::vector<std::int64_t> at(box.origin.size(), 0);
    for (std::size_t out = 0; out < into.size(); out += row) {
        std::int64_t voxel = 0, stride = 1;
        for (std::size_t axis = 0; axis < at.size(); ++axis) {
            voxel += (box.origin[axis] + at[axis]) * stride;
            stride *= volume.shape()[axis];
        }
        std::memcpy(into.data() + out, volume.bytes().data() + static_cast<std::size_t>(voxel) * bytes, row);
        for (std::size_t axis = 1; axis < at.size(); ++axis) {
            if (++at[axis] < box.extent[axis]) break;
            at[axis] = 0;
        }
    }
}

/// Reads the clipped box and hands each stored voxel with its place in the output to `put(place, value)`.
template <class Put>
void for_each_voxel(const store::Dataset& dataset, const Case& which, const std::string& array, const ArrayInfo& info,
                    const Extent3& origin, const Extent3& extent, std::int64_t channel_index, Put put) {
    const auto& shape = which.shape;
    const auto box = clipped_box(info, shape, origin, extent, channel_index);
    Extent3 begin{}, count{1, 1, 1};
    for (std::size_t axis = 0; axis < 3; ++axis) {
        begin[axis] = std::max<std::int64_t>(-origin[axis], 0);
        count[axis] = std::max<std::int64_t>(
            std::min(origin[axis] + extent[axis], shape[axis]) - std::max<std::int64_t>(origin[axis], 0), 0);
    }
    if (count[0] * count[1] * count[2] == 0) return;
    const auto held = which.held.find(array);
    visit_type(info.type, [&]<class T>() {
        thread_local std::vector<std::byte> scratch;  // loader threads read thousands of equal patches
        scratch.resize(static_cast<std::size_t>(count[0] * count[1] * count[2]) * sizeof(T));
        if (held != which.held.end())
            copy_box(held->second, box, scratch);
        else
            dataset.read_patch(which.sample.id, array, info, box, scratch);
        const auto* voxel = reinterpret_cast<const T*>(scratch.data());
        for (std::int64_t z = 0; z < count[2]; ++z)
            for (std::int64_t y = 0; y < count[1]; ++y) {
                auto place =
                    static_cast<std::size_t>(((begin[2] + z) * extent[1] + begin[1] + y) * extent[0] + begin[0]);
                for (std::int64_t x = 0; x < count[0]; ++x) put(place++, *voxel++);
            }
        if (scratch.size() > most_scratch) scratch = {};
    });
}

struct Statistics {
    double mean = 0, inverse_sd = 1;
    bool finite = true;
};

/// Slices that are read at a time: all of a small image, else as deep as the store's chunks.
std::int64_t slab_depth(const Extent3& shape) {
    const auto voxels = shape[0] * shape[1] * shape[2];
    if (voxels * 8 <= static_cast<std::int64_t>(most_scratch)) return shape[2];
    const auto chunks = (shape[2] + 31) / 32;
    return (shape[2] + chunks - 1) / chunks;
}

/// Mean and SD of one channel in memory order, so that the sums never depend on threads or on how it is read.
Statistics statistics_of(const store::Dataset& dataset, const Case& which, const Channel& channel) {
    const auto& info = which.sample.arrays.at(channel.array);
    const auto [slope, offset] = scale_at(info, channel.index);
    const auto n = static_cast<double>(which.shape[0] * which.shape[1] * which.shape[2]);
    double sum = 0, squares = 0, shift = 0;
    bool first = true, finite = true;
    const auto depth = slab_depth(which.shape);
    for (std::int64_t z = 0; z < which.shape[2]; z += depth)
        for_each_voxel(dataset, which, channel.array, info, {0, 0, z},
                       {which.shape[0], which.shape[1], std::min(depth, which.shape[2] - z)}, channel.index,
                       [&, slope = slope, offset = offset](std::size_t, auto voxel) {
                           const auto value = as_double(voxel) * slope + offset;
                           if (first) shift = value, first = false;  // near the mean: no cancellation
                           finite = finite && std::isfinite(value);
                           sum += value - shift;
                           squares += (value - shift) * (value - shift);
                       });
    const auto mean = sum / n;
    const auto sd = std::sqrt(std::max(squares / n - mean * mean, 0.0));
    return {mean + shift, 1.0 / std::max(sd, 1e-8), finite && std::isfinite(sd)};
}

std::string text_of(const Extent3& e) {
    return std::to_string(e[0]) + "×" + std::to_string(e[1]) + "×" + std::to_string(e[2]);
}

/// Takes the grid of the first channel, or says what is wrong with this one's.
std::optional<Quarantined> take_grid(Case& which, const Channel& channel) {
    const auto& id = which.sample.id;
    const auto* info = which.sample.array(channel.array);
    if (!info)
        return Quarantined{"image-missing",
                           id + " has no array '" + channel.array + "', channel '" + channel.name + "'."};
    std::int64_t channels = 1;
    for (std::size_t i = 0; i < info->axes.size(); ++i)
        if (info->axes[i].name == "c") channels = info->shape[i];
    const auto shape = spatial_shape(*info, true);
    if (!shape || is_complex(info->type) || channel.index < 0 || channel.index >= channels)
        return Quarantined{"unsupported", id + ": array '" + channel.array +
                                              "' is no real-valued image of axes x, y, z and channels."};
    if (which.mean.empty()) {
        which.shape = *shape;
        which.spacing_mm = info->geometry.spacing_mm();
    } else if (*shape != which.shape) {
        return Quarantined{"geometry-mismatch", id + ": channel '" + channel.name + "' has " + text_of(*shape) +
                                                    " voxels, the first channel " + text_of(which.shape) + "."};
    }
    return std::nullopt;
}

/// Up to most_places voxels of each foreground class that occurs, evenly spread in memory order.
std::vector<ForegroundVoxels> foreground_of(const std::vector<std::uint16_t>& classes, const ClassTable& labels) {
    std::vector<std::uint64_t> counts(static_cast<std::size_t>(labels.classes()));
    for (const auto c : classes) ++counts[c];
    std::vector<ForegroundVoxels> foreground;
    for (const auto c : labels.foreground()) {
        const auto count = counts[static_cast<std::size_t>(c)];
        if (count == 0) continue;
        const auto step = (count + most_places - 1) / most_places;
        ForegroundVoxels found{c, {}};
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i < classes.size(); ++i)
            if (classes[i] == c && seen++ % step == 0) found.places.push_back(i);
        foreground.push_back(std::move(found));
    }
    return foreground;
}

}  // namespace

std::vector<Channel> channels_of(const Json& content, const std::vector<store::Sample>& samples) {
    if (const auto listed = content.find("channels"); listed != content.end() && !listed->empty())
        return channels_from_json(*listed, "the dataset's content.channels");
    std::vector<Channel> channels;
    for (const auto& sample : samples) {
        for (const auto& [name, info] : sample.arrays) {
            if (info.role != store::Role::image) continue;
            std::int64_t count = 1;
            for (std::size_t i = 0; i < info.axes.size(); ++i)
                if (info.axes[i].name == "c") count = info.shape[i];
            for (std::int64_t index = 0; index < count; ++index)
                channels.push_back({count == 1 ? name : name + "_" + std::to_string(index), name, index});
        }
        if (!channels.empty()) break;
    }
    if (channels.empty()) throw Error(Exit::bad_input, "The dataset holds no images; there is nothing to learn from.");
    return channels;
}

bool needs_z_scoring(const Json& preprocessing) {
    if (!preprocessing.is_object()) return true;
    const auto how = preprocessing.find("normalisation");
    return how == preprocessing.end() || !how->is_object() || how->value("method", "none") == "none";
}

Json to_json(const std::vector<Channel>& channels) {
    Json result = Json::array();
    for (const auto& c : channels) result.push_back({{"array", c.array}, {"index", c.index}, {"name", c.name}});
    return result;
}

std::vector<Channel> channels_from_json(const Json& json, std::string_view where) {
    if (!json.is_array() || json.empty() || json.size() > 1024)
        throw Error(Exit::bad_input, std::string(where) + " must be a list of 1 to 1024 channels.");
    std::vector<Channel> channels;
    for (const auto& entry : json) {
        const auto index = entry.find("index");
        channels.push_back({text_member(entry, "name", where), text_member(entry, "array", where),
                            index == entry.end() || index->is_null() ? 0 : integer_member(entry, "index", where)});
    }
    return channels;
}

CaseReader::CaseReader(const store::Dataset& dataset, std::vector<Channel> channels, ClassTable labels,
                       std::string label_array, const Json& preprocessing)
    : dataset_(dataset),
      channels_(std::move(channels)),
      labels_(std::move(labels)),
      label_array_(std::move(label_array)),
      z_scores_(needs_z_scoring(preprocessing)) {}

CaseReader::CaseReader(const store::Dataset& dataset, std::vector<Channel> channels, ClassTable labels,
                       std::string label_array)
    : CaseReader(dataset, std::move(channels), std::move(labels), std::move(label_array),
                 dataset.manifest().content.value("preprocessing", Json())) {}

std::variant<Case, Quarantined> CaseReader::survey(store::Sample sample, WithLabel with_label,
                                                   std::map<std::string, Volume> held) const {
    Case result;
    result.sample = std::move(sample);
    result.held = std::move(held);
    for (const auto& channel : channels_) {
        if (auto why = take_grid(result, channel)) return std::move(*why);
        const auto statistics = statistics_of(dataset_, result, channel);
        if (!statistics.finite)
            return Quarantined{"image-non-finite", result.sample.id + ": array '" + channel.array +
                                                       "' holds voxels that are NaN or infinite."};
        result.mean.push_back(z_scores_ ? statistics.mean : 0);
        result.inverse_sd.push_back(z_scores_ ? statistics.inverse_sd : 1);
    }
    if (with_label == WithLabel::no) return result;

    const auto& id = result.sample.id;
    const auto* info = result.sample.array(label_array_);
    if (!info) return Quarantined{"label-missing", id + " has no array '" + label_array_ + "'."};
    const auto shape = spatial_shape(*info, false);
    if (!shape || *shape != result.shape || is_complex(info->type))
        return Quarantined{"geometry-mismatch",
                           id + ": array '" + label_array_ + "' does not lie on the image's grid."};
    std::vector<std::uint16_t> classes(static_cast<std::size_t>(result.shape[0] * result.shape[1] * result.shape[2]));
    read_classes(result, {0, 0, 0}, result.shape, classes);
    result.foreground = foreground_of(classes, labels_);
    return result;
}

void CaseReader::read_channel(const Case& which, std::size_t channel, const Extent3& origin, const Extent3& extent,
                              std::span<float> into) const {
    std::fill(into.begin(), into.end(), 0.0f);
    const auto& c = channels_[channel];
    const auto& info = which.sample.arrays.at(c.array);
    const auto [slope, offset] = scale_at(info, c.index);
    const auto exact_factor = slope * which.inverse_sd[channel];
    const auto exact_shift = (offset - which.mean[channel]) * which.inverse_sd[channel];
    const auto factor = static_cast<float>(exact_factor), shift = static_cast<float>(exact_shift);
    for_each_voxel(dataset_, which, c.array, info, origin, extent, c.index, [&]<class T>(std::size_t place, T voxel) {
        // Types with more digits than a float may hold small differences of large numbers.
        if constexpr (std::is_same_v<T, float> || (std::is_integral_v<T> && sizeof(T) < 4))
            into[place] = static_cast<float>(voxel) * factor + shift;
        else
            into[place] = static_cast<float>(as_double(voxel) * exact_factor + exact_shift);
    });
}

void CaseReader::read_classes(const Case& which, const Extent3& origin, const Extent3& extent,
                              std::span<std::uint16_t> into) const {
    std::fill(into.begin(), into.end(), static_cast<std::uint16_t>(labels_.background().value_or(0)));
    const auto& info = which.sample.arrays.at(label_array_);
    const auto [slope, offset] = scale_at(info, 0);
    double last_value = std::nan("");
    std::uint16_t last_class = 0;
    for_each_voxel(dataset_, which, label_array_, info, origin, extent, 0,
                   [&, slope = slope, offset = offset](std::size_t place, auto voxel) {
                       const auto value = as_double(voxel) * slope + offset;
                       if (value != last_value) {  // labels come in runs
                           const auto found = labels_.class_of(value);
                           if (!found)
                               throw Error(
                                   Exit::bad_input,
                                   which.sample.id + ": its label holds " +
                                       (std::isfinite(value) ? shortest(value) : "a value that is not finite") +
                                       ", which the dataset's table of labels lacks; curate sets such samples aside.");
                           last_value = value;
                           last_class = static_cast<std::uint16_t>(*found);
                       }
                       into[place] = last_class;
                   });
}

}  // namespace cohort::learn
