#include "learn/window_sweep.h"

#include <algorithm>
#include <cmath>

namespace cohort::learn {

std::vector<std::int64_t> window_positions(std::int64_t size, std::int64_t window) {
    if (size <= window) return {(size - window) / 2};
    const auto step = std::max<std::int64_t>(window / 2, 1);
    const auto steps = (size - window + step - 1) / step;
    std::vector<std::int64_t> positions;
    for (std::int64_t i = 0; i <= steps; ++i)
        positions.push_back((2 * i * (size - window) + steps) / (2 * steps));  // rounded to the nearest
    return positions;
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

WindowSweep::WindowSweep(Model& model, const CaseReader& reader, const Case& which, std::function<bool()> stop)
    : model_(model), reader_(reader), case_(which), stop_(std::move(stop)), window_(model.plan().patch) {
    for (std::size_t axis = 0; axis < 3; ++axis) positions_[axis] = window_positions(which.shape[axis], window_[axis]);
    weights_ = window_weights(window_);
    const auto voxels = weights_.size();
    window_image_.resize(voxels * static_cast<std::size_t>(model.channels()));
    window_result_.resize(voxels * static_cast<std::size_t>(model.classes()));
    const auto plane = static_cast<std::size_t>(which.shape[0] * which.shape[1]);
    const auto held = static_cast<std::size_t>(std::min(window_[2], which.shape[2]));
    sums_.assign(held, std::vector<float>(plane * static_cast<std::size_t>(model.classes())));
    weight_sums_.assign(held, std::vector<float>(plane));
    result_.resize(plane * static_cast<std::size_t>(model.classes()));
}

std::uint64_t WindowSweep::bytes(const Extent3& shape, const Extent3& window, std::int64_t channels,
                                 std::int64_t classes) {
    const auto plane = static_cast<std::uint64_t>(shape[0] * shape[1]);
    const auto held = static_cast<std::uint64_t>(std::min(window[2], shape[2]));
    const auto voxels = static_cast<std::uint64_t>(window[0] * window[1] * window[2]);
    const auto c = static_cast<std::uint64_t>(classes);
    return 4 * (plane * (held * (c + 1) + c) + voxels * (static_cast<std::uint64_t>(channels) + c + 1));
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
    const auto& shape = case_.shape;
    const auto classes = model_.classes();
    const auto plane = shape[0] * shape[1];
    const auto window_voxels = window_[0] * window_[1] * window_[2];
    for (const auto y : positions_[1])
        for (const auto x : positions_[0]) {
            if (stop_()) return false;
            for (std::int64_t c = 0; c < model_.channels(); ++c)
                reader_.read_channel(
                    case_, static_cast<std::size_t>(c), {x, y, z}, window_,
                    std::span(window_image_)
                        .subspan(static_cast<std::size_t>(c * window_voxels), static_cast<std::size_t>(window_voxels)));
            model_.predict(window_image_, window_result_);
            const auto x_begin = std::max<std::int64_t>(x, 0), x_end = std::min(x + window_[0], shape[0]);
            for (auto iz = std::max<std::int64_t>(z, 0); iz < std::min(z + window_[2], shape[2]); ++iz)
                for (auto iy = std::max<std::int64_t>(y, 0); iy < std::min(y + window_[1], shape[1]); ++iy) {
                    const auto from = ((iz - z) * window_[1] + (iy - y)) * window_[0] - x;
                    const auto slot = static_cast<std::size_t>(iz - first_slice_);
                    auto* weight_row = weight_sums_[slot].data() + iy * shape[0];
                    const auto* weight = weights_.data() + from;
                    for (auto ix = x_begin; ix < x_end; ++ix) weight_row[ix] += weight[ix];
                    for (std::int64_t c = 0; c < classes; ++c) {
                        auto* row = sums_[slot].data() + c * plane + iy * shape[0];
                        const auto* value = window_result_.data() + c * window_voxels + from;
                        for (auto ix = x_begin; ix < x_end; ++ix) row[ix] += weight[ix] * value[ix];
                    }
                }
        }
    return true;
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
    for (std::size_t i = 0; i < result_.size(); ++i) result_[i] = sums_[slot][i] / weight_sums_[slot][i % plane];
    return result_;
}

std::vector<std::uint16_t> predict_classes(std::span<Model> models, const CaseReader& reader, const Case& which,
                                           const std::function<bool()>& stop) {
    std::vector<WindowSweep> sweeps;
    for (auto& model : models) sweeps.emplace_back(model, reader, which, stop);
    const auto plane = static_cast<std::size_t>(which.shape[0] * which.shape[1]);
    const auto classes = static_cast<std::size_t>(models.front().classes());
    std::vector<std::uint16_t> result(plane * static_cast<std::size_t>(which.shape[2]));
    std::vector<float> sum;
    for (std::int64_t z = 0; z < which.shape[2]; ++z) {
        std::span<const float> probabilities;
        for (std::size_t m = 0; m < sweeps.size(); ++m) {
            probabilities = sweeps[m].slice(z);
            if (probabilities.empty()) return {};
            if (sweeps.size() == 1) break;
            if (m == 0)
                sum.assign(probabilities.begin(), probabilities.end());
            else
                std::transform(sum.begin(), sum.end(), probabilities.begin(), sum.begin(), std::plus<>());
        }
        if (sweeps.size() > 1) probabilities = sum;  // the highest of the sums is the highest of the means
        auto* row = result.data() + static_cast<std::size_t>(z) * plane;
        for (std::size_t i = 0; i < plane; ++i)
            for (std::size_t c = 1; c < classes; ++c)
                if (probabilities[c * plane + i] > probabilities[row[i] * plane + i])
                    row[i] = static_cast<std::uint16_t>(c);
    }
    return result;
}

}  // namespace cohort::learn
