#include "core/volume.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

#include "core/checked_math.h"
#include "core/error.h"

namespace cohort {

namespace {

constexpr std::array<std::string_view, 13> type_names{"u8",  "i8",  "u16", "i16", "u32",  "i32", "u64",
                                                      "i64", "f32", "f64", "c64", "c128", "bool"};

}  // namespace

std::string_view name_of(VoxelType type) { return type_names[static_cast<std::size_t>(type)]; }

std::optional<VoxelType> voxel_type_named(std::string_view name) {
    const auto* found = std::find(type_names.begin(), type_names.end(), name);
    if (found == type_names.end()) return std::nullopt;
    return static_cast<VoxelType>(found - type_names.begin());
}

std::size_t size_of(VoxelType type) {
    return visit_type(type, []<class T>() { return sizeof(T); });
}
bool is_float(VoxelType type) { return type == VoxelType::f32 || type == VoxelType::f64; }
bool is_complex(VoxelType type) { return type == VoxelType::c64 || type == VoxelType::c128; }
bool is_integer(VoxelType type) { return !is_float(type) && !is_complex(type); }

std::vector<Axis> axes_named(std::string_view letters) {
    std::vector<Axis> axes;
    for (const char letter : letters) axes.push_back(Axis{.name = std::string(1, letter)});
    return axes;
}

bool Scale::is_identity() const {
    return std::all_of(slope.begin(), slope.end(), [](double s) { return s == 1.0; }) &&
           std::all_of(offset.begin(), offset.end(), [](double o) { return o == 0.0; });
}

std::int64_t voxel_count(const Shape& shape) {
    const auto count = checked_product(shape);
    assert(count);
    return count.value_or(0);
}

Volume::Volume(VoxelType type, Shape shape, std::vector<Axis> axes)
    : type_(type), shape_(std::move(shape)), axes_(std::move(axes)) {
    if (shape_.size() != axes_.size() || shape_.size() > most_axes ||
        std::any_of(shape_.begin(), shape_.end(), [](std::int64_t n) { return n < 1; }))
        throw Error(Exit::bug, "A volume was made whose shape and axes do not fit each other; please report this.");
    const auto voxels = checked_product(shape_);
    const auto bytes = voxels ? checked_product({*voxels, static_cast<std::int64_t>(size_of(type))}) : std::nullopt;
    // Not std::make_unique: it would set every byte first, and throw where there is a sentence to say.
    if (bytes) data_.reset(new (std::nothrow) std::byte[static_cast<std::size_t>(*bytes)]);
    if (!data_)
        throw Error(Exit::resources, "An image of " + (bytes ? human_bytes(static_cast<std::uint64_t>(*bytes)) : "over 8 EiB") +
                                         " does not fit in memory; lower --threads or use a machine with more.");
    size_ = *voxels;
}

Volume Volume::clone() const {
    Volume copy(type_, shape_, axes_);
    std::memcpy(copy.data_.get(), data_.get(), bytes().size());
    return copy;
}

void Volume::set_axes(std::vector<Axis> axes) {
    if (axes.size() != shape_.size()) throw Error(Exit::bug, "Axes that do not fit the volume; please report this.");
    axes_ = std::move(axes);
}

std::int64_t Volume::extent(std::string_view axis) const {
    for (std::size_t i = 0; i < axes_.size(); ++i)
        if (axes_[i].name == axis) return shape_[i];
    return 1;
}

Volume scaled_f32(const Volume& volume, const Scale& scale) {
    Volume out(VoxelType::f32, volume.shape(), volume.axes());
    const auto to = out.values<float>();
    std::size_t stride = 1, steps = 1;  // index along the scale's axis = (i / stride) % steps
    if (!scale.axis.empty()) {
        for (std::size_t a = 0; a < volume.axes().size(); ++a) {
            if (volume.axes()[a].name == scale.axis) {
                steps = static_cast<std::size_t>(volume.shape()[a]);
                break;
            }
            stride *= static_cast<std::size_t>(volume.shape()[a]);
        }
        if (scale.slope.size() != steps || scale.offset.size() != steps)
            throw Error(Exit::bug, "A scale that does not fit its axis; please report this.");
    }
    visit(volume, [&](auto from) {
        for (std::size_t begin = 0, run = 0; begin < from.size(); begin += stride, ++run) {
            const bool whole = scale.axis.empty();
            const double slope = scale.slope[whole ? 0 : run % steps], offset = scale.offset[whole ? 0 : run % steps];
            const std::size_t end = whole ? from.size() : begin + stride;
            for (std::size_t i = begin; i < end; ++i) to[i] = static_cast<float>(as_double(from[i]) * slope + offset);
            if (whole) break;
        }
    });
    return out;
}

}  // namespace cohort
