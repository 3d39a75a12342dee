#include "learn/window_sweep.h"

#include <algorithm>
#include <cmath>

namespace cohort::learn {
namespace {

/// sum += weight · value.
__attribute__((target_clones("avx512f", "avx2", "default"))) void add_weighted(const float* __restrict weight,
                                                                               const float* __restrict value,
                                                                               float* __restrict sum,
                                                                               std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) sum[i] += weight[i] * value[i];
}

__attribute__((target_clones("avx512f", "avx2", "default"))) void add(const float* __restrict value,
                                                                      float* __restrict sum, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) sum[i] += value[i];
}

__attribute__((target_clones("avx512f", "avx2", "default"))) void divide(const float* __restrict sum,
                                                                         const float* __restrict weight,
                                                                         float* __restrict result, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) result[i] = sum[i] / weight[i];
}

__attribute__((target_clones("avx512f", "avx2", "default"))) void scale(float* __restrict values, float factor,
                                                                        std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) values[i] *= factor;
}

/// visit(row of `from`, row of `to`) for every row of `arrays` windows of extents n; those of `from` are taken in the
/// order that the flips along y and z give. The flip along x is the visitor's.
template <class Visit>
void for_flipped_rows(const float* from, float* to, const Extent3& n, std::int64_t arrays, const MirrorAxes& flip,
                      const Visit& visit) {
    for (std::int64_t a = 0; a < arrays; ++a)
        for (std::int64_t z = 0; z < n[2]; ++z)
            for (std::int64_t y = 0; y < n[1]; ++y) {
                const auto from_z = flip[2] ? n[2] - 1 - z : z, from_y = flip[1] ? n[1] - 1 - y : y;
                visit(from + ((a * n[2] + from_z) * n[1] + from_y) * n[0], to + ((a * n[2] + z) * n[1] + y) * n[0]);
            }
}

/// Windows turned round along the axes of `flip`; its own inverse.
void copy_flipped(const float* from, float* to, const Extent3& n, std::int64_t arrays, const MirrorAxes& flip) {
    for_flipped_rows(from, to, n, arrays, flip, [&](const float* row, float* out) {
        if (flip[0])
            std::reverse_copy(row, row + n[0], out);
        else
            std::copy_n(row, n[0], out);
    });
}

/// The same, added to what stands there.
void add_flipped(const float* from, float* to, const Extent3& n, std::int64_t arrays, const MirrorAxes& flip) {
    for_flipped_rows(from, to, n, arrays, flip, [&](const float* row, float* out) {
        for (std::int64_t x = 0; x < n[0]; ++x) out[x] += flip[0] ? row[n[0] - 1 - x] : row[x];
    });
}

}  // namespace

std::vector<std::int64_t> window_positions(std::int64_t size, std::int64_t window) {
    if (size <= window) return {(size - window) / 2};
    const auto step = std::max<std::int64_t>(window / 2, 1);
    const auto steps = (size - window + step - 1) / step;
    std::vector<std::int64_t> positions;
    for (std::int64_t i = 0; i <= steps; ++i)
        positions.push_back((2 * i * (size - window) + steps) / (2 * steps));  // rounded to the nearest
    return positions;
}

std::vector<MirrorAxes> flips_of(const MirrorAxes& axes) {
    std::vector<MirrorAxes> flips;
    for (unsigned bits = 0; bits < 8; ++bits) {
        const MirrorAxes flip{(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0};
        if ((flip[0] <= axes[0]) && (flip[1] <= axes[1]) && (flip[2] <= axes[2])) flips.push_back(flip);
    }
    return flips;
}

std::vector<float> window_weights(const Extent3& window) {
    std::array<std::vector<double>, 3> along;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const auto middle = static_cast<double>(window[axis] - 1) / 2;
        const auto sigma = std::max(static_cast<double>(window[axis]) / 8, 0.5);
        for (std::int64_t i = 0; i < window[axis]; ++i) {
            const auto t = (static_cast<double>(i) - middle) / sigma;
            along[axis].push_back(std::exp(-t * t / 2));
        }
    }
    std::vector<float> weights;
    for (const auto z : along[2])
        for (const auto y : along[1])
            for (const auto x : along[0]) weights.push_back(static_cast<float>(std::max(x * y * z, 1e-3)));
    return weights;
}

WindowSweep::WindowSweep(Model& model, const CaseReader& reader, const Case& which, std::function<bool()> stop,
                         const MirrorAxes& mirror)
    : model_(model),
      reader_(reader),
      case_(which),
      stop_(std::move(stop)),
      window_(model.plan().patch),
      flips_(flips_of(mirror)) {
    for (std::size_t axis = 0; axis < 3; ++axis) positions_[axis] = window_positions(which.shape[axis], window_[axis]);
    weights_ = window_weights(window_);
    const auto voxels = weights_.size();
    window_image_.resize(voxels * static_cast<std::size_t>(model.channels()));
    window_result_.resize(voxels * static_cast<std::size_t>(model.classes()));
    if (flips_.size() > 1) {
        flipped_image_.resize(window_image_.size());
        flipped_result_.resize(window_result_.size());
    }
    const auto plane = static_cast<std::size_t>(which.shape[0] * which.shape[1]);
    const auto held = static_cast<std::size_t>(std::min(window_[2], which.shape[2]));
    sums_.assign(held, std::vector<float>(plane * static_cast<std::size_t>(model.classes())));
    weight_sums_.assign(held, std::vector<float>(plane));
    result_.resize(plane * static_cast<std::size_t>(model.classes()));
}

std::uint64_t WindowSweep::bytes(const Extent3& shape, const Extent3& window, std::int64_t channels,
                                 std::int64_t classes, const MirrorAxes& mirror) {
    const auto plane = static_cast<std::uint64_t>(shape[0] * shape[1]);
    const auto held = static_cast<std::uint64_t>(std::min(window[2], shape[2]));
    const auto voxels = static_cast<std::uint64_t>(window[0] * window[1] * window[2]);
    const auto c = static_cast<std::uint64_t>(classes), both = static_cast<std::uint64_t>(channels) + c;
    const std::uint64_t copies = mirror == MirrorAxes{} ? 1 : 2;
    return 4 * (plane * (held * (c + 1) + c) + voxels * (both * copies + 1));
}

void WindowSweep::move_to(std::int64_t z) {
    while (first_slice_ < z) {
        std::rotate(sums_.begin(), sums_.begin() + 1, sums_.end());
        std::rotate(weight_sums_.begin(), weight_sums_.begin() + 1, weight_sums_.end());
        std::fill(sums_.back().begin(), sums_.back().end(), 0.0f);
        std::fill(weight_sums_.back().begin(), weight_sums_.back().end(), 0.0f);
        ++first_slice_;
    }
}

bool WindowSweep::add_row_of_windows(std::int64_t z) {
    for (const auto y : positions_[1])
        for (const auto x : positions_[0]) {
            if (stop_()) return false;
            predict_window({x, y, z});
            add_window({x, y, z});
        }
    return true;
}

void WindowSweep::predict_window(const Extent3& origin) {
    const auto voxels = weights_.size();
    for (std::int64_t c = 0; c < model_.channels(); ++c)
        reader_.read_channel(case_, static_cast<std::size_t>(c), origin, window_,
                             std::span(window_image_).subspan(static_cast<std::size_t>(c) * voxels, voxels));
    model_.predict(window_image_, window_result_);
    if (flips_.size() == 1) return;
    for (std::size_t i = 1; i < flips_.size(); ++i) {
        copy_flipped(window_image_.data(), flipped_image_.data(), window_, model_.channels(), flips_[i]);
        model_.predict(flipped_image_, flipped_result_);
        add_flipped(flipped_result_.data(), window_result_.data(), window_, model_.classes(), flips_[i]);
    }
    scale(window_result_.data(), 1.0f / static_cast<float>(flips_.size()), window_result_.size());
}

void WindowSweep::add_window(const Extent3& origin) {
    const auto& shape = case_.shape;
    const auto plane = shape[0] * shape[1], window_voxels = window_[0] * window_[1] * window_[2];
    const auto [x, y, z] = origin;
    const auto begin = std::max<std::int64_t>(x, 0), count = std::min(x + window_[0], shape[0]) - begin;
    for (auto iz = std::max<std::int64_t>(z, 0); iz < std::min(z + window_[2], shape[2]); ++iz)
        for (auto iy = std::max<std::int64_t>(y, 0); iy < std::min(y + window_[1], shape[1]); ++iy) {
            const auto from = ((iz - z) * window_[1] + (iy - y)) * window_[0] + begin - x;
            const auto slot = static_cast<std::size_t>(iz - first_slice_);
            const auto to = iy * shape[0] + begin;
            const auto* weight = weights_.data() + from;
            add(weight, weight_sums_[slot].data() + to, static_cast<std::size_t>(count));
            for (std::int64_t c = 0; c < model_.classes(); ++c)
                add_weighted(weight, window_result_.data() + c * window_voxels + from,
                             sums_[slot].data() + c * plane + to, count);
        }
}

std::span<const float> WindowSweep::slice(std::int64_t z) {
    // A slice is whole once every row of windows that begins at or before it has been added.
    while (next_row_ < positions_[2].size() && positions_[2][next_row_] <= z) {
        move_to(std::max<std::int64_t>(positions_[2][next_row_], 0));
        if (!add_row_of_windows(positions_[2][next_row_])) return {};
        ++next_row_;
    }
    const auto slot = static_cast<std::size_t>(z - first_slice_);
    const auto plane = weight_sums_[slot].size();
    for (std::size_t at = 0; at < result_.size(); at += plane)
        divide(sums_[slot].data() + at, weight_sums_[slot].data(), result_.data() + at, plane);
    return result_;
}

EnsembleSweep::EnsembleSweep(std::span<Model> models, const CaseReader& reader, const Case& which,
                             const std::function<bool()>& stop, const MirrorAxes& mirror) {
    sweeps_.reserve(models.size());
    for (auto& model : models) sweeps_.emplace_back(model, reader, which, stop, mirror);
}

std::span<const float> EnsembleSweep::slice(std::int64_t z) {
    if (sweeps_.size() == 1) return sweeps_.front().slice(z);
    for (std::size_t m = 0; m < sweeps_.size(); ++m) {
        const auto one = sweeps_[m].slice(z);
        if (one.empty()) return {};
        if (m == 0)
            mean_.assign(one.begin(), one.end());
        else
            add(one.data(), mean_.data(), one.size());
    }
    scale(mean_.data(), 1.0f / static_cast<float>(sweeps_.size()), mean_.size());
    return mean_;
}

std::uint64_t EnsembleSweep::bytes(std::span<const Model> models, const Extent3& shape, const MirrorAxes& mirror) {
    std::uint64_t bytes = 0;
    for (const auto& model : models)
        bytes += WindowSweep::bytes(shape, model.plan().patch, model.channels(), model.classes(), mirror);
    if (models.size() > 1) bytes += 4 * static_cast<std::uint64_t>(shape[0] * shape[1] * models.front().classes());
    return bytes;
}

__attribute__((target_clones("avx512f", "avx2", "default"))) void highest_classes(const float* scores,
                                                                                  std::size_t stride,
                                                                                  std::size_t classes,
                                                                                  std::span<std::uint16_t> into) {
    constexpr std::size_t block = 256;
    float best[block];
    std::uint16_t found[block];
    for (std::size_t begin = 0; begin < into.size(); begin += block) {
        const auto count = std::min(block, into.size() - begin);
        for (std::size_t i = 0; i < count; ++i) best[i] = scores[begin + i], found[i] = 0;
        for (std::size_t c = 1; c < classes; ++c) {
            const float* score = scores + c * stride + begin;
            const auto number = static_cast<std::uint16_t>(c);
            for (std::size_t i = 0; i < count; ++i) {
                const bool higher = score[i] > best[i];
                best[i] = higher ? score[i] : best[i];
                found[i] = higher ? number : found[i];
            }
        }
        std::copy_n(found, count, into.begin() + static_cast<std::ptrdiff_t>(begin));
    }
}

std::vector<std::uint16_t> predict_classes(std::span<Model> models, const CaseReader& reader, const Case& which,
                                           const std::function<bool()>& stop) {
    EnsembleSweep sweep(models, reader, which, stop);
    const auto plane = static_cast<std::size_t>(which.shape[0] * which.shape[1]);
    const auto classes = static_cast<std::size_t>(models.front().classes());
    std::vector<std::uint16_t> result(plane * static_cast<std::size_t>(which.shape[2]));
    for (std::int64_t z = 0; z < which.shape[2]; ++z) {
        const auto probabilities = sweep.slice(z);
        if (probabilities.empty()) return {};
        highest_classes(probabilities.data(), plane, classes,
                        std::span(result).subspan(static_cast<std::size_t>(z) * plane, plane));
    }
    return result;
}

}  // namespace cohort::learn
