#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "apps/curate/channel_values.h"
#include "apps/curate/statistics.h"

namespace cohort::curate {
namespace {

/// Collects values; labels are long runs of few values, so the last one is remembered.
class Tally {
public:
    void see(double value) {
        if (value == last_ && counter_) {
            ++*counter_;
            return;
        }
        // Beyond 2^53 a double no longer tells neighbouring integers apart; no label is that large.
        if (!(std::abs(value) <= 9007199254740992.0) || value != std::trunc(value)) {
            if (counts_.not_integer++ == 0) counts_.first_not_integer = value;
            counter_ = nullptr;
            return;
        }
        const auto key = static_cast<std::int64_t>(value);
        auto place = voxels_.find(key);
        if (place == voxels_.end()) {
            if (voxels_.size() >= most_label_values) {
                ++counts_.others;
                return;
            }
            place = voxels_.emplace(key, 0).first;
        }
        last_ = value;
        counter_ = &place->second;
        ++*counter_;
    }
    LabelCounts finish() {
        for (const auto& [value, voxels] : voxels_) counts_.counts.push_back({value, voxels});
        return std::move(counts_);
    }

private:
    std::map<std::int64_t, std::uint64_t> voxels_;
    LabelCounts counts_;
    double last_ = 0;
    std::uint64_t* counter_ = nullptr;
};

template <class T>
bool is_zero(T voxel, const ScaleAt& scale, std::int64_t i) {
    return scale(as_double(voxel), i) == 0;
}

/// Rows along x; the other two of the first three axes and everything beyond them are walked in order.
template <class T>
std::optional<NonZeroBox> box_of(const Volume& volume, std::span<const T> voxels, const ScaleAt& scale) {
    const auto& shape = volume.shape();
    const auto extent = [&](std::size_t a) {
        return a < shape.size() && volume.axes()[a].name == std::string_view("xyz").substr(a, 1) ? shape[a] : 1;
    };
    const auto nx = extent(0), ny = extent(1), nz = extent(2), rest = volume.size() / (nx * ny * nz);
    std::optional<NonZeroBox> box;
    const auto widen = [&](std::size_t a, std::int64_t first, std::int64_t last) {
        box->first[a] = std::min(box->first[a], first);
        box->last[a] = std::max(box->last[a], last);
    };
    for (std::int64_t row = 0; row < ny * nz * rest; ++row) {
        const auto begin = row * nx;
        std::int64_t first = 0, last = nx - 1;
        while (first < nx && is_zero(voxels[static_cast<std::size_t>(begin + first)], scale, begin + first)) ++first;
        if (first == nx) continue;
        while (is_zero(voxels[static_cast<std::size_t>(begin + last)], scale, begin + last)) --last;
        const auto y = row % ny, z = (row / ny) % nz;
        if (!box) box = NonZeroBox{{first, y, z}, {last, y, z}};
        widen(0, first, last);
        widen(1, y, y);
        widen(2, z, z);
    }
    return box;
}

}  // namespace

LabelCounts label_counts(const Volume& label, const Scale& scale) {
    const ScaleAt at(label, scale);
    Tally tally;
    visit(label, [&]<class T>(std::span<const T> voxels) {
        for (std::size_t i = 0; i < voxels.size(); ++i) tally.see(at(as_double(voxels[i]), static_cast<std::int64_t>(i)));
    });
    return tally.finish();
}

void mark_foreground(const Volume& label, const Scale& scale, std::vector<std::uint8_t>& mask) {
    const ScaleAt at(label, scale);
    mask.resize(static_cast<std::size_t>(label.size()), 0);
    visit(label, [&]<class T>(std::span<const T> voxels) {
        for (std::size_t i = 0; i < voxels.size(); ++i)
            mask[i] |= at(as_double(voxels[i]), static_cast<std::int64_t>(i)) > 0;
    });
}

std::optional<NonZeroBox> non_zero_box(const Volume& volume, const Scale& scale) {
    const ScaleAt at(volume, scale);
    return visit(volume, [&]<class T>(std::span<const T> voxels) { return box_of<T>(volume, voxels, at); });
}

}  // namespace cohort::curate
