#include "apps/augment/label_classes.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <type_traits>

#include "core/error.h"

namespace cohort::augmentation {
namespace {

constexpr std::size_t most_classes = 65535;

/// The stored value that stands for label 0, if the type has it.
template <class T>
std::optional<T> stored_zero(const Scale& scale) {
    const double stored = -scale.offset.at(0) / scale.slope.at(0);
    if (!std::isfinite(stored)) return std::nullopt;
    if constexpr (std::is_same_v<T, BoolVoxel>) {
        if (stored == 0) return BoolVoxel::no;
        return stored == 1 ? std::optional(BoolVoxel::yes) : std::nullopt;
    } else if constexpr (std::is_arithmetic_v<T>) {
        if (stored < static_cast<double>(std::numeric_limits<T>::lowest()) || stored > 9e15 || stored < -9e15 ||
            stored > static_cast<double>(std::numeric_limits<T>::max()))
            return std::nullopt;
        const auto value = static_cast<T>(stored);
        return static_cast<double>(value) == stored ? std::optional(value) : std::nullopt;
    } else {
        return std::nullopt;
    }
}

/// All values, ascending; nothing when they are too many or one is not finite.
template <class T>
std::optional<std::vector<T>> distinct(std::span<const T> voxels) {
    std::set<T> values;
    for (std::size_t i = 0; i < voxels.size(); ++i) {
        if (i > 0 && voxels[i] == voxels[i - 1]) continue;  // labels come in runs
        if constexpr (std::is_floating_point_v<T>)
            if (!std::isfinite(voxels[i])) return std::nullopt;
        values.insert(voxels[i]);
        if (values.size() > most_classes) return std::nullopt;
    }
    return std::vector<T>(values.begin(), values.end());
}

}  // namespace

std::variant<LabelClasses, Quarantined> LabelClasses::of(const Volume& stored, const Scale& scale,
                                                         bool has_background) {
    return visit(stored, [&]<class T>(std::span<const T> voxels) -> std::variant<LabelClasses, Quarantined> {
        if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, BoolVoxel>) {
            auto values = distinct(voxels);
            if (!values)
                return Quarantined{"unsupported",
                                   "holds more than 65,535 different labels, or values that are not finite."};
            LabelClasses classes;
            classes.descending_ = scale.slope.at(0) < 0;
            const auto zero = has_background ? stored_zero<T>(scale) : std::nullopt;
            if (zero && !std::binary_search(values->begin(), values->end(), *zero) && values->size() < most_classes)
                values->insert(std::lower_bound(values->begin(), values->end(), *zero), *zero);
            if (classes.descending_) std::reverse(values->begin(), values->end());
            const auto place = zero ? std::find(values->begin(), values->end(), *zero) : values->end();
            classes.outside_ =
                place == values->end() ? std::uint16_t{0} : static_cast<std::uint16_t>(place - values->begin());
            classes.values_ = Volume(stored.type(), {static_cast<std::int64_t>(values->size())}, axes_named("x"));
            std::copy(values->begin(), values->end(), classes.values_.values<T>().begin());
            return classes;
        } else {
            return Quarantined{"unsupported", "is a label of complex numbers."};
        }
    });
}

void LabelClasses::read(const Volume& stored, std::size_t first, std::span<std::uint16_t> into) const {
    visit(stored, [&]<class T>(std::span<const T> voxels) {
        if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, BoolVoxel>) {
            const auto known = values_.values<T>();
            std::uint16_t last = 0;
            for (std::size_t i = 0; i < into.size(); ++i) {
                const auto value = voxels[first + i];
                if (!(known[last] == value)) {
                    const auto found = descending_
                                           ? std::lower_bound(known.begin(), known.end(), value, std::greater<>())
                                           : std::lower_bound(known.begin(), known.end(), value);
                    last = static_cast<std::uint16_t>(found - known.begin());
                }
                into[i] = last;
            }
        }
    });
}

void LabelClasses::write(std::span<const std::uint16_t> classes, Volume& stored, std::size_t first) const {
    visit(stored, [&]<class T>(std::span<T> voxels) {
        const auto known = values_.values<std::remove_const_t<T>>();
        for (std::size_t i = 0; i < classes.size(); ++i) voxels[first + i] = known[classes[i]];
    });
}

}  // namespace cohort::augmentation
