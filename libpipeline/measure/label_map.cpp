#include "measure/label_map.h"

#include <cmath>
#include <limits>
#include <optional>

#include "core/json.h"

namespace cohort::measure {
namespace {

constexpr double most = std::numeric_limits<std::int32_t>::max();

Quarantined not_integer(double value) {
    const std::string shown = std::isfinite(value) ? shortest(value) : std::isnan(value) ? "NaN" : "an infinity";
    return {"label-not-integer", "the label holds " + shown + ", which is no integer.", Json::object()};
}

/// Place of x, y and z among the axes; nothing for an axis that is absent. Others must have length 1.
std::optional<Quarantined> place_axes(const Volume& volume, LabelMap& map) {
    map.dimensions = 2;
    std::size_t place = 0;
    for (std::size_t i = 0; i < volume.axes().size(); ++i) {
        const std::string& name = volume.axes()[i].name;
        const std::int64_t length = volume.shape()[i];
        if (name == "z") map.dimensions = 3;
        if (name == "x" || name == "y" || name == "z") {
            map.shape[place++] = length;
        } else if (length != 1) {
            return Quarantined{"unsupported",
                               "the label has an axis '" + name + "' of " + std::to_string(length) +
                                   " entries; labels are measured on x, y and z only.",
                               Json::object()};
        }
    }
    return std::nullopt;
}

template <class T>
std::optional<Quarantined> convert(std::span<const T> voxels, double slope, double offset,
                                   std::vector<std::int32_t>& out) {
    const bool plain = slope == 1 && offset == 0;
    for (std::size_t i = 0; i < voxels.size(); ++i) {
        if constexpr (std::is_integral_v<T> && sizeof(T) <= 4 && !std::is_same_v<T, std::uint32_t>) {
            if (plain) {
                // NOLINTNEXTLINE(bugprone-signed-char-misuse): an i8 is a number here, and may be negative
                out[i] = static_cast<std::int32_t>(voxels[i]);
                continue;
            }
        }
        const double value = as_double(voxels[i]) * slope + offset;
        if (!(value == std::floor(value)) || !std::isfinite(value)) return not_integer(value);
        if (std::abs(value) > most)
            return Quarantined{"unsupported", "the label holds " + shortest(value) + ", beyond 32 bits.",
                               Json::object()};
        out[i] = static_cast<std::int32_t>(value);
    }
    return std::nullopt;
}

}  // namespace

std::variant<LabelMap, Quarantined> label_map(const Volume& volume, const Scale& scale, const Geometry& geometry) {
    if (is_complex(volume.type())) return Quarantined{"unsupported", "the label is complex.", Json::object()};
    if (scale.slope.size() != 1)
        return Quarantined{"unsupported", "the label is scaled per index of an axis.", Json::object()};
    LabelMap map;
    map.spacing_mm = geometry.spacing_mm();
    if (auto fault = place_axes(volume, map)) return *fault;
    map.values.resize(static_cast<std::size_t>(volume.size()));
    std::optional<Quarantined> fault;
    visit(volume, [&](auto voxels) { fault = convert(voxels, scale.slope[0], scale.offset[0], map.values); });
    if (fault) return *fault;
    return map;
}

}  // namespace cohort::measure
