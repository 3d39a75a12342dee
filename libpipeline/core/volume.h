// An image in memory: typed, owning, contiguous, up to seven named axes, x fastest.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/voxel_type.h"

namespace cohort {

/// Extents, first axis (x) fastest. Never empty lengths: zero-length axes are refused at the door.
using Shape = std::vector<std::int64_t>;

/// One axis of an image. `coordinates` are positions along it (echo times in s, b-values) and `labels` names
/// (channels); both are empty or as long as the axis.
struct Axis {
    std::string name;  ///< x y z t echo b c frame v d6 d7 …
    std::vector<double> coordinates = {};
    std::string unit = {};
    std::vector<std::string> labels = {};
    friend bool operator==(const Axis&, const Axis&) = default;
};

/// Axes that have only a name: axes_named("xyz").
std::vector<Axis> axes_named(std::string_view letters);

constexpr std::size_t most_axes = 7;

/// Stored value × slope + offset, for the whole array (axis empty, one entry) or per index of one axis.
struct Scale {
    std::vector<double> slope{1.0};
    std::vector<double> offset{0.0};
    std::string axis = {};
    bool is_identity() const;
    friend bool operator==(const Scale&, const Scale&) = default;
};

/// Product of the extents; asserts that it fits (sizes from outside are checked before).
std::int64_t voxel_count(const Shape& shape);

/// Owns its voxels; movable, copy is explicit (clone). Voxels are not initialised by the constructor.
/// Threads: const access from many, as usual.
class Volume {
public:
    Volume() = default;
    /// Throws Error(resources) when the memory cannot be had, Error(bug) when shape and axes do not fit.
    Volume(VoxelType type, Shape shape, std::vector<Axis> axes);
    Volume(Volume&&) noexcept = default;
    Volume& operator=(Volume&&) noexcept = default;
    Volume(const Volume&) = delete;
    Volume& operator=(const Volume&) = delete;
    Volume clone() const;

    VoxelType type() const { return type_; }
    const Shape& shape() const { return shape_; }
    const std::vector<Axis>& axes() const { return axes_; }
    void set_axes(std::vector<Axis> axes);  ///< as many as before
    std::int64_t size() const { return size_; }  ///< voxels

    std::span<const std::byte> bytes() const { return {data_.get(), static_cast<std::size_t>(size_) * size_of(type_)}; }
    std::span<std::byte> bytes() { return {data_.get(), static_cast<std::size_t>(size_) * size_of(type_)}; }

    template <class T>
    std::span<const T> values() const {
        assert(VoxelTypeOf<T>::value == type_);
        return {reinterpret_cast<const T*>(data_.get()), static_cast<std::size_t>(size_)};
    }
    template <class T>
    std::span<T> values() {
        assert(VoxelTypeOf<T>::value == type_);
        return {reinterpret_cast<T*>(data_.get()), static_cast<std::size_t>(size_)};
    }

    /// Extent of the axis with this name, 1 where there is none.
    std::int64_t extent(std::string_view axis) const;

private:
    VoxelType type_ = VoxelType::u8;
    Shape shape_;
    std::vector<Axis> axes_;
    std::int64_t size_ = 0;
    std::unique_ptr<std::byte[]> data_;
};

/// Calls f(std::span<const T>) with the volume's own type.
template <class F>
decltype(auto) visit(const Volume& volume, F&& f) {
    return visit_type(volume.type(), [&]<class T>() -> decltype(auto) { return f(volume.values<T>()); });
}
template <class F>
decltype(auto) visit(Volume& volume, F&& f) {
    return visit_type(volume.type(), [&]<class T>() -> decltype(auto) { return f(volume.values<T>()); });
}

/// Every value × slope + offset as f32 (complex: magnitude), same shape and axes.
Volume scaled_f32(const Volume& volume, const Scale& scale);

}  // namespace cohort
