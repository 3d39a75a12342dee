#include "apps/preprocess/sample_preparation.h"

#include <algorithm>
#include <vector>

#include "core/error.h"
#include "grid/axis_map.h"

namespace cohort::preprocess {
namespace {

grid::Treatment treatment_of(store::Role role) {
    switch (role) {
        case store::Role::image:
            return grid::Treatment::image;
        case store::Role::label:
        case store::Role::mask:
            return grid::Treatment::label;
        case store::Role::probability:
        case store::Role::map:
            break;
    }
    return grid::Treatment::quantity;
}

grid::ArrayGrid grid_of(const store::ArrayInfo& info) { return {info.shape, info.axes, info.geometry}; }

/// The array whose place in the world stands for all: the first image, else the first array by name.
std::map<std::string, store::ArrayInfo>::const_iterator leading_array(const store::Sample& sample) {
    const auto image = std::find_if(sample.arrays.begin(), sample.arrays.end(),
                                    [](const auto& entry) { return entry.second.role == store::Role::image; });
    return image != sample.arrays.end() ? image : sample.arrays.begin();
}

std::string extents_text(const std::array<std::int64_t, 3>& n) {
    return std::to_string(n[0]) + "×" + std::to_string(n[1]) + "×" + std::to_string(n[2]) + " voxels";
}

/// What is wrong with the array's grid beside the leading one's, or nothing. Both have x, y, z first.
std::optional<Quarantined> mismatch(const std::string& name, const store::ArrayInfo& info,
                                    const std::string& first_name, const store::ArrayInfo& first) {
    const auto n = grid::leading_extents(info.shape, info.axes), m = grid::leading_extents(first.shape, first.axes);
    if (n != m)
        return Quarantined{"geometry-mismatch",
                           name + " has " + extents_text(n) + ", " + first_name + " " + extents_text(m) + "."};
    const Shape extents(n.begin(), n.end());
    if (same_grid(info.geometry, extents, first.geometry, extents)) return std::nullopt;
    return Quarantined{"geometry-mismatch", name + " lies elsewhere in the world than " + first_name + "."};
}

/// The new flags, but for checks that have spoken already.
void add_flags(store::Sample& sample, const std::vector<Remark>& remarks) {
    const auto before = sample.flags;
    for (const auto& remark : remarks)
        if (std::none_of(before.begin(), before.end(), [&](const auto& flag) { return flag.check == remark.check; }))
            sample.flags.push_back({remark.check, remark.message});
}

/// Entry of a changed array. `geometry`: the result's, where the grid changed.
store::NewArray new_array(const store::ArrayInfo& before, grid::PreparedArray prepared, const Geometry* geometry) {
    store::NewArray array;
    array.info = before;
    array.info.type = prepared.voxels.type();
    array.info.shape = prepared.voxels.shape();
    array.info.axes = prepared.voxels.axes();
    array.info.scale = std::move(prepared.scale);
    array.info.digest = {};
    if (geometry) {
        if (!before.native) array.info.native = store::NativeGrid{before.shape, before.axes, before.geometry};
        array.info.geometry = *geometry;
    }
    array.voxels = std::move(prepared.voxels);
    return array;
}

}  // namespace

std::variant<SamplePlan, Quarantined> plan_sample(const grid::Preparation& how, const store::Sample& sample) {
    SamplePlan plan;
    std::uint64_t held = 0, working = 0, largest = 0;
    const auto leading = leading_array(sample);
    for (const auto& [name, info] : sample.arrays) {
        auto from = grid_of(info);
        from.geometry = leading->second.geometry;
        const auto to = grid::prepared_grid(how, from);
        if (const auto* why = std::get_if<Quarantined>(&to))
            return Quarantined{why->reason, name + ": " + why->message};
        if (auto why = mismatch(name, info, leading->first, leading->second)) return std::move(*why);
        const auto& target = std::get<grid::ArrayGrid>(to);
        const auto bytes = grid::bytes_to_prepare(how, treatment_of(info.role), info.type, from, target);
        // All counts stay below 2⁶³, so three of them may wrap only when no memory would do anyway.
        constexpr auto most = std::uint64_t{1} << 62;
        held = std::min(most, held + std::min(most, bytes.held));
        working = std::max(working, std::min(most, bytes.working));
        if (bytes.held >= largest) {
            largest = bytes.held;
            plan.grid = extents_text(grid::leading_extents(target.shape, target.axes));
        }
    }
    // While a sample is packed, its compressed chunks stand beside the voxels: half of them at most, as a rule.
    plan.bytes = held + held / 2 + working;
    return plan;
}

std::variant<PreparedForStore, Quarantined> prepare_sample(const grid::Preparation& how, const store::Dataset& dataset,
                                                           store::Sample sample, unsigned threads) {
    PreparedForStore out;
    if (sample.arrays.empty()) {
        out.sample = std::move(sample);
        return out;
    }
    std::vector<grid::PreparedArray> arrays;
    for (const auto& [name, info] : sample.arrays) {
        try {
            arrays.push_back({name, treatment_of(info.role), dataset.read(sample.id, name, info), info.scale});
        } catch (const Error& error) {
            if (error.code() != Exit::bad_input) throw;
            return Quarantined{"damaged", error.sentence()};
        }
        out.bytes += arrays.back().voxels.bytes().size();
    }
    auto prepared = grid::prepare(how, std::move(arrays), leading_array(sample)->second.geometry, threads);
    if (auto* why = std::get_if<Quarantined>(&prepared)) return std::move(*why);
    auto& done = std::get<grid::PreparedSample>(prepared);
    for (auto& array : done.arrays) {
        const auto name = array.name;
        const auto& before = sample.arrays.at(name);
        out.changed = out.changed || array.changed;
        if (!array.changed) {
            out.arrays.emplace(name, store::taken_over(dataset, sample.id, name, before));
            continue;
        }
        auto entry = new_array(before, std::move(array), done.grid_changed ? &done.geometry : nullptr);
        entry.header = dataset.header(sample.id, name);
        out.arrays.emplace(name, std::move(entry));
    }
    add_flags(sample, done.remarks);
    out.sample = std::move(sample);
    return out;
}

}  // namespace cohort::preprocess
