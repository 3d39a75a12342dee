#include "augment/elastic_field.h"

#include <algorithm>
#include <cmath>

namespace cohort::augment {
namespace {

constexpr std::int64_t node_distance = 12;  // voxels

std::array<float, 4> spline_weights(double t) {
    const auto u = 1 - t;
    return {static_cast<float>(u * u * u / 6), static_cast<float>((3 * t * t * t - 6 * t * t + 4) / 6),
            static_cast<float>((3 * u * u * u - 6 * u * u + 4) / 6), static_cast<float>(t * t * t / 6)};
}

}  // namespace

ElasticField::ElasticField(const std::array<std::int64_t, 3>& extent, double sd_voxels, RandomStream& random) {
    for (std::size_t axis = 0; axis < 3; ++axis) {
        nodes_[axis] = (extent[axis] - 1) / node_distance + 4;
        for (std::int64_t i = 0; i < extent[axis]; ++i)
            weights_[axis].push_back(spline_weights(static_cast<double>(i % node_distance) / node_distance));
    }
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

void ElasticField::add_row(std::int64_t y, std::int64_t z, std::span<float> x_out, std::span<float> y_out,
                           std::span<float> z_out) const {
    const std::array out{x_out, y_out, z_out};
    const auto& wy = weights_[1][static_cast<std::size_t>(y)];
    const auto& wz = weights_[2][static_cast<std::size_t>(z)];
    std::vector<float> line(static_cast<std::size_t>(nodes_[0]));
    for (std::size_t axis = 0; axis < 3; ++axis) {
        // The sixteen lines of nodes around this row, blended into one …
        std::fill(line.begin(), line.end(), 0.0f);
        for (std::int64_t k = 0; k < 4; ++k)
            for (std::int64_t j = 0; j < 4; ++j) {
                const auto weight = wz[static_cast<std::size_t>(k)] * wy[static_cast<std::size_t>(j)];
                const auto* nodes = displacement_[axis].data() +
                                    ((z / node_distance + k) * nodes_[1] + y / node_distance + j) * nodes_[0];
                for (std::size_t i = 0; i < line.size(); ++i) line[i] += weight * nodes[i];
            }
        // … and that along x.
        for (std::size_t x = 0; x < out[axis].size(); ++x) {
            const auto& w = weights_[0][x];
            const auto* node = line.data() + x / node_distance;
            out[axis][x] += w[0] * node[0] + w[1] * node[1] + w[2] * node[2] + w[3] * node[3];
        }
    }
}

}  // namespace cohort::augment
