#include "apps/predict/native_result.h"

#include <algorithm>
#include <cmath>

#include "learn/window_sweep.h"

namespace cohort::predict {
namespace {

constexpr std::size_t block = 256;  // voxels that are decided at a time

}  // namespace

VoxelType label_type(const learn::ClassTable& labels) {
    const auto low = labels.labels().front().value, high = labels.labels().back().value;
    if (low >= 0 && high <= 255) return VoxelType::u8;
    if (low >= 0 && high <= 65535) return VoxelType::u16;
    return VoxelType::i32;
}

NativeResult::NativeResult(const Shape& shape, const std::vector<Axis>& axes, const learn::ClassTable& table,
                           bool with_probabilities)
    : labels(label_type(table), shape, axes), table_(table) {
    const auto background = table.background().value_or(0);
    visit(labels, [&]<class T>(std::span<T> voxels) {
        if constexpr (std::is_arithmetic_v<T>)
            std::fill(voxels.begin(), voxels.end(), static_cast<T>(table.value_of(background)));
    });
    if (!with_probabilities) return;
    auto probability_shape = shape;
    auto probability_axes = axes;
    probability_shape.push_back(table.classes());
    Axis classes{"c"};
    for (const auto& label : table.labels()) classes.labels.push_back(label.name);
    probability_axes.push_back(std::move(classes));
    probabilities.emplace(VoxelType::u16, std::move(probability_shape), std::move(probability_axes));
    const auto values = probabilities->values<std::uint16_t>();
    const auto voxels = labels.size();
    std::fill(values.begin(), values.end(), std::uint16_t{0});
    std::fill_n(values.begin() + background * voxels, voxels, std::uint16_t{65535});
}

void NativeResult::put(const grid::ScoreRow& row) {
    const auto classes = static_cast<std::size_t>(table_.classes());
    std::array<std::uint16_t, block> found;
    visit(labels, [&]<class T>(std::span<T> voxels) {
        if constexpr (std::is_arithmetic_v<T>)
            for (std::int64_t begin = 0; begin < row.count; begin += static_cast<std::int64_t>(block)) {
                const auto count = std::min(block, static_cast<std::size_t>(row.count - begin));
                learn::highest_classes(row.scores + begin, row.class_stride, classes, std::span(found).first(count));
                T* out = voxels.data() + row.place + begin * row.step;
                for (std::size_t i = 0; i < count; ++i, out += row.step)
                    *out = static_cast<T>(table_.value_of(found[i]));
            }
    });
    if (!probabilities) return;
    for (std::size_t c = 0; c < classes; ++c) {
        auto* out =
            probabilities->values<std::uint16_t>().data() + static_cast<std::int64_t>(c) * labels.size() + row.place;
        const float* score = row.scores + c * row.class_stride;
        for (std::int64_t i = 0; i < row.count; ++i, out += row.step)
            *out = static_cast<std::uint16_t>(std::lrint(std::clamp(score[i], 0.0f, 1.0f) * 65535.0f));
    }
}

std::uint64_t result_bytes(const Shape& shape, const learn::ClassTable& labels, bool with_probabilities) {
    const auto voxels = static_cast<std::uint64_t>(voxel_count(shape));
    // Labels pack to a fraction; of probabilities the low bytes hardly do.
    const auto label_bytes = voxels * size_of(label_type(labels));
    return label_bytes + label_bytes / 2 +
           (with_probabilities ? voxels * 4 * static_cast<std::uint64_t>(labels.classes()) : 0);
}

ResultGrid result_grid(const store::ArrayInfo& image) {
    const auto& shape = image.native ? image.native->shape : image.shape;
    const auto& axes = image.native ? image.native->axes : image.axes;
    ResultGrid grid;
    grid.geometry = image.native ? image.native->geometry : image.geometry;
    for (std::size_t a = 0; a < std::min<std::size_t>(3, axes.size()); ++a) {
        if (axes[a].name != std::string(1, "xyz"[a])) break;
        grid.shape.push_back(shape[a]);
        grid.axes.push_back(axes[a]);
        grid.extents[a] = shape[a];
    }
    return grid;
}

}  // namespace cohort::predict
