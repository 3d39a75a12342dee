#include "apps/curate/fingerprint.h"

#include <algorithm>
#include <cmath>

#include "apps/curate/order_statistics.h"
#include "core/spatial_shape.h"

namespace cohort::curate {
namespace {

using Numbers = std::vector<double>;

double percentile(const Numbers& sorted, double p) {
    return percentile_between(p, sorted.size(), [&](std::uint64_t rank) { return sorted[rank]; });
}

Json spread(Numbers values) {
    if (values.empty()) return nullptr;
    std::sort(values.begin(), values.end());
    return {{"minimum", null_if_not_finite(values.front())},
            {"percentile_10", null_if_not_finite(percentile(values, 10))},
            {"median", null_if_not_finite(percentile(values, 50))},
            {"percentile_90", null_if_not_finite(percentile(values, 90))},
            {"maximum", null_if_not_finite(values.back())}};
}

Json range(Numbers values) {
    auto all = spread(std::move(values));
    if (all.is_null()) return all;
    all.erase("percentile_10");
    all.erase("percentile_90");
    return all;
}

/// {minimum: [x, y, z], …} from one list per axis.
Json spread_per_axis(const std::array<Numbers, 3>& axes) {
    if (axes[0].empty()) return nullptr;
    Json out = Json::object();
    for (const auto& axis : axes) {
        const auto one = spread(axis);
        for (const auto& [name, value] : one.items()) out[name].push_back(value);
    }
    return out;
}

template <class Get>  // row → optional of three numbers
Json axes_of(const std::vector<const FingerprintRow*>& rows, Get get) {
    std::array<Numbers, 3> axes;
    for (const auto* row : rows)
        if (const auto values = get(*row))
            for (std::size_t a = 0; a < 3; ++a) axes[a].push_back(static_cast<double>((*values)[a]));
    return spread_per_axis(axes);
}

/// Mean and SD over all voxels of all samples, from each sample's (Chan, Golub & LeVeque 1983, summed in order).
Json pooled(const std::vector<const Moments*>& moments) {
    double count = 0, sum = 0, squares = 0;
    double minimum = std::numeric_limits<double>::infinity(), maximum = -minimum;
    for (const auto* m : moments) {
        count += static_cast<double>(m->count);
        sum += m->mean * static_cast<double>(m->count);
        minimum = std::min(minimum, m->minimum);
        maximum = std::max(maximum, m->maximum);
    }
    const double mean = sum / count;
    for (const auto* m : moments)
        squares += static_cast<double>(m->count) * (m->sd * m->sd + (m->mean - mean) * (m->mean - mean));
    return {{"count", count},
            {"mean", null_if_not_finite(mean)},
            {"sd", null_if_not_finite(std::sqrt(squares / count))},
            {"minimum", minimum},
            {"maximum", maximum}};
}

Json moments_json(const std::vector<const Moments*>& moments) {
    if (moments.empty()) return nullptr;
    const auto over_samples = [&](double Moments::*member) {
        Numbers values;
        for (const auto* m : moments) values.push_back(m->*member);
        return range(std::move(values));
    };
    return {{"samples", moments.size()},
            {"mean", over_samples(&Moments::mean)},
            {"sd", over_samples(&Moments::sd)},
            {"minimum", over_samples(&Moments::minimum)},
            {"maximum", over_samples(&Moments::maximum)},
            {"percentile_00_5", over_samples(&Moments::percentile_00_5)},
            {"percentile_99_5", over_samples(&Moments::percentile_99_5)},
            {"pooled", pooled(moments)}};
}

using ChannelKey = std::pair<std::string, std::int64_t>;

/// The dataset's channels in training order; those that its table does not name follow under their array's name.
std::vector<Channel> complete(std::vector<Channel> channels, const std::vector<const FingerprintRow*>& rows) {
    std::map<ChannelKey, bool> known;
    for (const auto& channel : channels) known[{channel.array, channel.index}] = true;
    std::map<ChannelKey, bool> seen;
    for (const auto* row : rows)
        for (const auto& channel : row->channels) seen[{channel.array, channel.index}] = true;
    for (const auto& [key, yes] : seen)
        if (!known.contains(key)) channels.push_back({key.first, key.first, key.second});
    return channels;
}

Json channels_json(const std::vector<const FingerprintRow*>& rows, const std::vector<Channel>& table) {
    std::map<ChannelKey, std::vector<const ChannelStatistics*>> of;
    for (const auto* row : rows)
        for (const auto& channel : row->channels) of[{channel.array, channel.index}].push_back(&channel.statistics);
    Json out = Json::array();
    for (const auto& channel : complete(table, rows)) {
        std::vector<const Moments*> whole, foreground;
        for (const auto* statistics : of[{channel.array, channel.index}]) {
            if (statistics->whole) whole.push_back(&*statistics->whole);
            if (statistics->foreground) foreground.push_back(&*statistics->foreground);
        }
        out.push_back({{"name", channel.name},
                       {"array", channel.array},
                       {"index", channel.index},
                       {"whole", moments_json(whole)},
                       {"foreground", moments_json(foreground)}});
    }
    return out;
}

Json labels_json(const std::vector<const FingerprintRow*>& rows, const LabelTable& table) {
    struct Volumes {
        Numbers voxels, ml;
    };
    std::map<std::pair<std::string, std::int64_t>, Volumes> of;
    for (const auto& [array, values] : table.arrays)
        for (const auto& [value, name] : values) of[{array, value}];
    for (const auto* row : rows)
        for (const auto& label : row->labels) {
            auto& volumes = of[{label.array, label.value}];
            volumes.voxels.push_back(static_cast<double>(label.voxels));
            if (label.volume_ml) volumes.ml.push_back(*label.volume_ml);
        }
    Json out = Json::array();
    for (auto& [key, volumes] : of) {
        const auto* values = table.of(key.first);
        const auto name = values && values->contains(key.second) ? values->at(key.second) : std::string();
        out.push_back({{"array", key.first},
                       {"value", key.second},
                       {"name", name},
                       {"samples", volumes.voxels.size()},
                       {"voxels", spread(volumes.voxels)},
                       {"volume_ml", spread(volumes.ml)}});
    }
    return out;
}

std::optional<double> non_zero_share(const FingerprintRow& row) {
    if (!row.shape || !row.non_zero_shape) return std::nullopt;
    return static_cast<double>(voxel_count(*row.non_zero_shape)) / static_cast<double>(voxel_count(*row.shape));
}

}  // namespace

FingerprintRow fingerprint_row(const SampleFacts& facts) {
    FingerprintRow row;
    const auto* image = facts.first_with(store::Role::image);
    const auto* label = facts.first_with(store::Role::label);
    row.has_image = image != nullptr;
    row.has_label = label != nullptr;
    if (const auto* main = image ? image : label) {
        row.type = name_of(main->info->type);
        row.shape = spatial_shape(main->info->shape, main->info->axes);
        if (main->info->geometry.affine || main->info->geometry.raster_spacing_mm)
            row.spacing_mm = main->info->geometry.spacing_mm();
    }
    if (facts.non_zero) {
        Shape shape(3);
        for (std::size_t a = 0; a < 3; ++a) shape[a] = facts.non_zero->last[a] - facts.non_zero->first[a] + 1;
        row.non_zero_shape = shape;
    }
    for (const auto& array : facts.arrays) {
        for (std::size_t c = 0; c < array.channels.size(); ++c)
            row.channels.push_back({array.name, static_cast<std::int64_t>(c), array.channels[c]});
        std::optional<double> voxel_ml;
        if (array.info->geometry.affine) voxel_ml = std::abs(array.info->geometry.affine->determinant()) / 1000;
        for (const auto& [value, voxels] : array.labels.counts)
            row.labels.push_back({array.name, value, voxels,
                                  voxel_ml ? std::optional(*voxel_ml * static_cast<double>(voxels)) : std::nullopt});
    }
    return row;
}

Json fingerprint_json(const std::vector<const FingerprintRow*>& rows, const std::vector<Channel>& channels,
                      const LabelTable& labels) {
    std::uint64_t with_image = 0, with_label = 0;
    Json types = Json::object();
    Numbers shares;
    for (const auto* row : rows) {
        with_image += row->has_image;
        with_label += row->has_label;
        if (!row->type.empty()) types[row->type] = types.value(row->type, std::uint64_t{0}) + 1;
        if (const auto share = non_zero_share(*row)) shares.push_back(*share);
    }
    return {{"samples", rows.size()},
            {"with_image", with_image},
            {"with_label", with_label},
            {"types", types},
            {"shape", axes_of(rows, [](const FingerprintRow& row) { return row.shape; })},
            {"non_zero_shape", axes_of(rows, [](const FingerprintRow& row) { return row.non_zero_shape; })},
            {"non_zero_share", spread(shares)},
            {"spacing_mm", axes_of(rows, [](const FingerprintRow& row) { return row.spacing_mm; })},
            {"channels", channels_json(rows, channels)},
            {"labels", labels_json(rows, labels)}};
}

Json fingerprint_summary(const Json& fingerprint) {
    const auto median = [&](const char* key) {
        return fingerprint.at(key).is_null() ? Json(nullptr) : fingerprint.at(key).at("median");
    };
    return {{"median_shape", median("shape")},
            {"median_spacing_mm", median("spacing_mm")},
            {"median_non_zero_share", median("non_zero_share")},
            {"types", fingerprint.at("types")}};
}

}  // namespace cohort::curate
