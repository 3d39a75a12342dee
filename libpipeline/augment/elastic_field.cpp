#include "augment/elastic_field.h"

#include <algorithm>
#include <cmath>

namespace cohort::augment {
namespace {

constexpr std::size_t node_distance = 12;  // voxels

/// Weights of the four nodes around the voxels between two nodes: weight[k][voxel].
using Weights = std::array<std::array<float, node_distance>, 4>;

Weights spline_weights() {
    Weights weights{};
    for (std::size_t i = 0; i < node_distance; ++i) {
        const auto t = static_cast<double>(i) / node_distance, u = 1 - t;
        weights[0][i] = static_cast<float>(u * u * u / 6);
        weights[1][i] = static_cast<float>((3 * t * t * t - 6 * t * t + 4) / 6);
        weights[2][i] = static_cast<float>((3 * u * u * u - 6 * u * u + 4) / 6);
        weights[3][i] = static_cast<float>(t * t * t / 6);
    }
    return weights;
}

const Weights& weights() {
    static const Weights table = spline_weights();
    return table;
}

/// Σ_k weight[k] · lines[k·stride + i].
void blend_four(const float* lines, std::size_t stride, std::size_t voxel, std::size_t n, float* out) {
    const auto& w = weights();
    for (std::size_t i = 0; i < n; ++i)
        out[i] = w[0][voxel] * lines[i] + w[1][voxel] * lines[stride + i] + w[2][voxel] * lines[2 * stride + i] +
                 w[3][voxel] * lines[3 * stride + i];
}

/// The voxels between nodes 1 and 2 of the four at `node`; n ≤ 12.
__attribute__((target_clones("avx512f", "avx2", "default"))) void add_between(const Weights& w, const float* node,
                                                                              std::size_t n, float* out) {
    if (n == node_distance) {
        for (std::size_t i = 0; i < node_distance; ++i)
            out[i] += w[0][i] * node[0] + w[1][i] * node[1] + w[2][i] * node[2] + w[3][i] * node[3];
        return;
    }
    for (std::size_t i = 0; i < n; ++i)
        out[i] += w[0][i] * node[0] + w[1][i] * node[1] + w[2][i] * node[2] + w[3][i] * node[3];
}

}  // namespace

ElasticField::ElasticField(const std::array<std::int64_t, 3>& extent, double sd_voxels, RandomStream& random) {
    for (std::size_t axis = 0; axis < 3; ++axis)
        nodes_[axis] = (extent[axis] - 1) / static_cast<std::int64_t>(node_distance) + 4;
    const auto count = static_cast<std::size_t>(nodes_[0] * nodes_[1] * nodes_[2]);
    for (std::size_t axis = 0; axis < 3; ++axis) {
        displacement_[axis].assign(count, 0.0f);
        if (extent[axis] == 1) continue;
        for (auto& node : displacement_[axis]) {
            node = static_cast<float>(sd_voxels * random.normal());
            bound_ = std::max(bound_, std::abs(static_cast<double>(node)));
        }
    }
}

ElasticField::Slice ElasticField::slice(std::int64_t z) const {
    Slice slice;
    const auto plane = static_cast<std::size_t>(nodes_[0] * nodes_[1]), at = static_cast<std::size_t>(z);
    for (std::size_t axis = 0; axis < 3; ++axis) {
        slice[axis].resize(plane);
        blend_four(displacement_[axis].data() + at / node_distance * plane, plane, at % node_distance, plane,
                   slice[axis].data());
    }
    return slice;
}

void ElasticField::add_row(const Slice& slice, std::int64_t y, std::span<float> x_out, std::span<float> y_out,
                           std::span<float> z_out) const {
    const std::array out{x_out, y_out, z_out};
    const auto row = static_cast<std::size_t>(nodes_[0]), at = static_cast<std::size_t>(y);
    std::array<float, 64> few;
    std::vector<float> many(row > few.size() ? row : 0);
    auto* line = many.empty() ? few.data() : many.data();
    for (std::size_t axis = 0; axis < 3; ++axis) {
        blend_four(slice[axis].data() + at / node_distance * row, row, at % node_distance, row, line);
        const auto n = out[axis].size();
        for (std::size_t x = 0; x < n; x += node_distance)
            add_between(weights(), line + x / node_distance, std::min(node_distance, n - x), out[axis].data() + x);
    }
}

}  // namespace cohort::augment
