// Labels as classes for the warp, and back to their stored values.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "core/quarantine.h"
#include "core/volume.h"

namespace cohort::augmentation {

/// The stored values of one label array, numbered in the order of the labels they stand for.
class LabelClasses {
public:
    /// `has_background`: voxels that come from outside may be 0 (else they get the lowest label there is).
    /// Quarantined: values that are not finite (label-not-integer), more than 65,535 of them (unsupported).
    static std::variant<LabelClasses, Quarantined> of(const Volume& stored, const Scale& scale, bool has_background);

    /// Class of what lies outside of the image.
    std::uint16_t outside() const { return outside_; }
    /// Class of every voxel of [first, first + into.size()).
    void read(const Volume& stored, std::size_t first, std::span<std::uint16_t> into) const;
    /// Stored values of classes.
    void write(std::span<const std::uint16_t> classes, Volume& stored, std::size_t first) const;

private:
    /// One value of the array's type each, as an array of one axis.
    Volume values_;
    bool descending_ = false;  ///< a negative slope turns the order around
    std::uint16_t outside_ = 0;
};

}  // namespace cohort::augmentation
