#include "apps/ingest/label_values.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <unordered_set>
#include <utility>

#include "core/files.h"

namespace cohort::ingest {

namespace {

/// Integers of up to 16 bits: a table of what occurs.
template <class T>
std::vector<T> distinct_small(std::span<const T> values) {
    std::vector<std::uint8_t> seen(std::size_t{1} << (8 * sizeof(T)));
    using Unsigned = std::make_unsigned_t<T>;
    T last = values.empty() ? T{} : static_cast<T>(~static_cast<Unsigned>(values[0]));
    for (const T value : values) {
        if (value == last) continue;  // labels come in runs
        seen[static_cast<Unsigned>(value)] = 1;
        last = value;
    }
    std::vector<T> distinct;
    for (std::size_t i = 0; i < seen.size(); ++i)
        if (seen[i] != 0) distinct.push_back(static_cast<T>(i));
    return distinct;
}

template <class T>
std::vector<T> distinct_large(std::span<const T> values) {
    std::unordered_set<T> seen;  // its order is not used
    bool nan = false;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i > 0 && values[i] == values[i - 1]) continue;
        if constexpr (std::is_floating_point_v<T>)
            if (std::isnan(values[i])) {
                nan = true;
                continue;
            }
        seen.insert(values[i]);
    }
    std::vector<T> distinct(seen.begin(), seen.end());
    if constexpr (std::is_floating_point_v<T>)
        if (nan) distinct.push_back(std::numeric_limits<T>::quiet_NaN());
    return distinct;
}

template <class T>
std::vector<T> distinct(std::span<const T> values) {
    if constexpr (std::is_integral_v<T> && sizeof(T) <= 2)
        return distinct_small(values);
    else
        return distinct_large(values);
}

/// Beyond 2^53 a double no longer tells neighbours apart.
constexpr double most_exact = 9007199254740992.0;

}  // namespace

std::variant<std::vector<std::int64_t>, Quarantined> label_values(const Image& label, std::string_view name) {
    const auto refuse = [&](const std::string& what) {
        return Quarantined{"label-not-integer", printable(name) + ": " + what, Json::object()};
    };
    if (is_complex(label.voxels.type())) return refuse("a label of complex numbers is none.");
    if (!label.voxels.axes().empty() && label.voxels.axes().back().unit == colour_unit)
        return refuse("a label in colours has no integer values; store indices.");
    const double slope = label.scale.slope.front(), offset = label.scale.offset.front();
    const bool scaled = !label.scale.is_identity();
    std::vector<std::int64_t> values;
    std::optional<double> wrong;
    visit(label.voxels, [&]<class T>(std::span<const T> voxels) {
        if constexpr (std::is_same_v<T, BoolVoxel>) {
            for (const auto voxel :
                 distinct(std::span(reinterpret_cast<const std::uint8_t*>(voxels.data()), voxels.size())))
                values.push_back(voxel);
        } else if constexpr (std::is_arithmetic_v<T>) {
            for (const T voxel : distinct(voxels)) {
                const bool exact =
                    std::is_integral_v<T> && !scaled &&
                    std::in_range<std::int64_t>(static_cast<std::conditional_t<std::is_integral_v<T>, T, int>>(voxel));
                if (exact) {
                    values.push_back(static_cast<std::int64_t>(voxel));
                    continue;
                }
                const double value = static_cast<double>(voxel) * slope + offset;
                if (!(std::abs(value) <= most_exact) || value != std::floor(value))
                    wrong = wrong && *wrong <= value ? wrong : std::optional(value);
                else
                    values.push_back(static_cast<std::int64_t>(value));
            }
        }
    });
    if (wrong)
        return refuse(
            "the label holds " +
            (std::isfinite(*wrong) ? shortest(*wrong) : std::string(std::isnan(*wrong) ? "NaN" : "an infinite value")) +
            ", which is no integer; labels must be.");
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    return values;
}

}  // namespace cohort::ingest
