#include "measure/case_pair.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/parallel.h"

namespace cohort::measure {
namespace {

constexpr std::int64_t slab_slices = 8;

/// Labels come in runs: the table is touched once a run, not once a voxel, and runs end with their row. Whole blocks
/// are compared without a branch, which compilers turn into vector code.
std::int64_t end_of_run(const std::int32_t* r, const std::int32_t* p, std::int64_t x, std::int64_t nx) {
    constexpr std::int64_t block = 32;
    const std::int32_t in_reference = r[x], in_prediction = p[x];
    for (++x; x + block <= nx; x += block) {
        std::int32_t differs = 0;
        for (std::int64_t i = x; i < x + block; ++i) differs |= (r[i] ^ in_reference) | (p[i] ^ in_prediction);
        if (differs != 0) break;
    }
    while (x < nx && r[x] == in_reference && p[x] == in_prediction) ++x;
    return x;
}

}  // namespace

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

CasePair::CasePair(LabelMap reference, LabelMap prediction, std::optional<std::int32_t> ignore, unsigned threads)
    : reference_(std::move(reference)), prediction_(std::move(prediction)), ignore_(ignore) {
    if (reference_.shape != prediction_.shape || reference_.values.size() != prediction_.values.size())
        throw Error(Exit::bug,
                    "a reference and a prediction of different shape were to be counted; please report this.");
    const auto slices = reference_.shape[2], slabs = (slices + slab_slices - 1) / slab_slices;
    std::vector<Table> tables(static_cast<std::size_t>(slabs));
    parallel_for(tables.size(), threads, [&](std::size_t i) {
        const auto begin = static_cast<std::int64_t>(i) * slab_slices;
        count_slices(begin, std::min(begin + slab_slices, slices), tables[i]);
    });
    for (const Table& table : tables) {
        for (const auto& [values, n] : table.pairs) table_.pairs[values] += n;
        for (const auto& [value, bounds] : table.bounds) table_.bounds[value].take(bounds);
    }
}

void CasePair::count_slices(std::int64_t begin, std::int64_t end, Table& table) const {
    const auto nx = reference_.shape[0], ny = reference_.shape[1];
    auto row = static_cast<std::size_t>(begin * ny * nx);
    for (std::int64_t z = begin; z < end; ++z)
        for (std::int64_t y = 0; y < ny; ++y, row += static_cast<std::size_t>(nx)) {
            const std::int32_t* r = reference_.values.data() + row;
            const std::int32_t* p = prediction_.values.data() + row;
            for (std::int64_t x = 0; x < nx;) {
                const auto next = end_of_run(r, p, x, nx);
                table.pairs[{r[x], p[x]}] += next - x;
                if (r[x] != ignore_) {
                    if (r[x] != 0) table.bounds[r[x]].take(x, next - 1, y, z);
                    if (p[x] != 0) table.bounds[p[x]].take(x, next - 1, y, z);
                }
                x = next;
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
    for (const auto& [values, n] : table_.pairs) {
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
        } else if (const auto found = table_.bounds.find(value); found != table_.bounds.end()) {
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
    for (const auto& [pair, n] : table_.pairs) values.push_back(pair.second);
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    return values;
}

std::vector<std::int32_t> CasePair::reference_values() const {
    std::vector<std::int32_t> values;
    for (const auto& [pair, n] : table_.pairs)
        if (values.empty() || values.back() != pair.first) values.push_back(pair.first);
    return values;
}

}  // namespace cohort::measure
