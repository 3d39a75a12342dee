#include "measure/case_pair.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace cohort::measure {

bool Target::has(std::int32_t value) const { return std::binary_search(values.begin(), values.end(), value); }

void Bounds::take(std::int64_t x0, std::int64_t x1, std::int64_t y, std::int64_t z) {
    if (empty()) {
        low = {x0, y, z};
        high = {x1, y, z};
        return;
    }
    low = {std::min(low[0], x0), std::min(low[1], y), std::min(low[2], z)};
    high = {std::max(high[0], x1), std::max(high[1], y), std::max(high[2], z)};
}

void Bounds::take(const Bounds& other) {
    if (other.empty()) return;
    take(other.low[0], other.high[0], other.low[1], other.low[2]);
    take(other.low[0], other.high[0], other.high[1], other.high[2]);
}

CasePair::CasePair(LabelMap reference, LabelMap prediction, std::optional<std::int32_t> ignore)
    : reference_(std::move(reference)), prediction_(std::move(prediction)), ignore_(ignore) {
    if (reference_.shape != prediction_.shape || reference_.values.size() != prediction_.values.size())
        throw Error(Exit::bug,
                    "a reference and a prediction of different shape were to be counted; please report this.");
    const auto [nx, ny, nz] = reference_.shape;
    // Labels come in runs: the table is touched once a run, not once a voxel, and runs end with their row.
    std::size_t row = 0;
    for (std::int64_t z = 0; z < nz; ++z)
        for (std::int64_t y = 0; y < ny; ++y, row += static_cast<std::size_t>(nx)) {
            const std::int32_t* r = reference_.values.data() + row;
            const std::int32_t* p = prediction_.values.data() + row;
            for (std::int64_t x = 0; x < nx;) {
                std::int64_t end = x + 1;
                while (end < nx && r[end] == r[x] && p[end] == p[x]) ++end;
                pairs_[{r[x], p[x]}] += end - x;
                if (r[x] != ignore_) {
                    if (r[x] != 0) bounds_[r[x]].take(x, end - 1, y, z);
                    if (p[x] != 0) bounds_[p[x]].take(x, end - 1, y, z);
                }
                x = end;
            }
        }
}

CasePair CasePair::without_prediction(LabelMap reference, std::optional<std::int32_t> ignore) {
    LabelMap nothing = reference;
    std::fill(nothing.values.begin(), nothing.values.end(), 0);
    CasePair pair(std::move(reference), std::move(nothing), ignore);
    pair.failed_ = true;
    return pair;
}

Counts CasePair::counts(const Target& target) const {
    Counts c;
    for (const auto& [values, n] : pairs_) {
        if (values.first == ignore_) continue;
        const bool in_reference = target.has(values.first), in_prediction = target.has(values.second);
        (in_reference ? (in_prediction ? c.tp : c.fn) : (in_prediction ? c.fp : c.tn)) += n;
    }
    return c;
}

Bounds CasePair::bounds(const Target& target) const {
    Bounds all;
    for (const std::int32_t value : target.values) {
        if (value == 0) {
            all.take(0, reference_.shape[0] - 1, 0, 0);
            all.take(0, reference_.shape[0] - 1, reference_.shape[1] - 1, reference_.shape[2] - 1);
        } else if (const auto found = bounds_.find(value); found != bounds_.end()) {
            all.take(found->second);
        }
    }
    return all;
}

double CasePair::voxel_mm3() const {
    const Vec3& s = reference_.spacing_mm;
    return reference_.dimensions == 2 ? s[0] * s[1] : s[0] * s[1] * s[2];
}

double CasePair::diagonal_mm() const {
    double sum = 0;
    for (std::size_t axis = 0; axis < static_cast<std::size_t>(reference_.dimensions); ++axis) {
        const double length = static_cast<double>(reference_.shape[axis]) * reference_.spacing_mm[axis];
        sum += length * length;
    }
    return std::sqrt(sum);
}

std::vector<std::int32_t> CasePair::predicted_values() const {
    std::vector<std::int32_t> values;
    for (const auto& [pair, n] : pairs_) values.push_back(pair.second);
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    return values;
}

std::vector<std::int32_t> CasePair::reference_values() const {
    std::vector<std::int32_t> values;
    for (const auto& [pair, n] : pairs_)
        if (values.empty() || values.back() != pair.first) values.push_back(pair.first);
    return values;
}

}  // namespace cohort::measure
