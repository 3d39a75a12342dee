#include "apps/partition/allocate.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

#include "core/philox.h"

namespace cohort::partition {
namespace {

/// How many samples of a level a group holds. Levels of all variables are numbered through.
struct Holding {
    std::uint32_t level;
    double samples;
};

struct Levels {
    std::vector<std::vector<Holding>> of_group;
    std::vector<double> totals;                     ///< by level
    std::vector<std::uint32_t> stratum_of_group;    ///< the joint level most of its samples have
    std::vector<double> stratum_totals;
};

/// Level 0 is the total; then the joint strata; then each variable's own.
Levels count_levels(const Grouping& grouping, const std::vector<Variable>& variables) {
    std::vector<Variable> all;
    const auto cases = grouping.group_of.size();
    all.push_back(joint_variable(variables, cases));
    if (variables.size() > 1) all.insert(all.end(), variables.begin(), variables.end());

    std::vector<std::map<std::uint32_t, double>> held(grouping.names.size());
    std::uint32_t first_level = 1;
    Levels levels;
    levels.totals.push_back(static_cast<double>(cases));
    for (std::size_t i = 0; i < cases; ++i) held[grouping.group_of[i]][0] += 1;
    for (const auto& variable : all) {
        levels.totals.resize(first_level + variable.levels.size(), 0.0);
        for (std::size_t i = 0; i < cases; ++i) {
            const auto level = first_level + variable.level_of[i];
            held[grouping.group_of[i]][level] += 1;
            levels.totals[level] += 1;
        }
        first_level += static_cast<std::uint32_t>(variable.levels.size());
    }
    const auto strata = static_cast<std::uint32_t>(all.front().levels.size());
    levels.stratum_totals.assign(levels.totals.begin() + 1, levels.totals.begin() + 1 + strata);
    for (const auto& group : held) {
        std::vector<Holding> holdings;
        Holding most{0, 0};
        for (const auto& [level, samples] : group) {
            holdings.push_back({level, samples});
            if (level >= 1 && level <= strata && samples > most.samples) most = {level - 1, samples};
        }
        levels.of_group.push_back(std::move(holdings));
        levels.stratum_of_group.push_back(most.level);
    }
    return levels;
}

std::vector<std::uint32_t> order_of_groups(const Grouping& grouping, const Levels& levels, std::uint64_t seed) {
    const auto count = grouping.names.size();
    std::vector<std::uint64_t> draw(count);
    for (std::size_t g = 0; g < count; ++g)
        draw[g] = RandomStream(seed, "partition", item_of(grouping.names[g])).next_u64();
    std::vector<std::uint32_t> order(count);
    std::iota(order.begin(), order.end(), 0U);
    const auto key = [&](std::uint32_t g) {
        const auto stratum = levels.stratum_of_group[g];
        return std::tuple(-static_cast<std::int64_t>(grouping.sizes[g]), levels.stratum_totals[stratum], stratum,
                          draw[g], g);
    };
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return key(a) < key(b); });
    return order;
}

}  // namespace

std::vector<std::uint32_t> allocate(const Grouping& grouping, const std::vector<Variable>& variables,
                                    std::span<const double> shares, std::uint64_t seed) {
    const auto levels = count_levels(grouping, variables);
    const auto parts = shares.size();
    std::vector<double> placed(parts * levels.totals.size(), 0.0);
    std::vector<std::uint32_t> part_of(grouping.names.size(), 0);
    for (const auto g : order_of_groups(grouping, levels, seed)) {
        std::size_t best = 0;
        double least = 0;
        for (std::size_t part = 0; part < parts; ++part) {
            const double* there = &placed[part * levels.totals.size()];
            double rise = 0;
            for (const auto& [level, samples] : levels.of_group[g])
                rise += samples * (2 * there[level] + samples) / levels.totals[level];
            rise /= shares[part];
            if (part == 0 || rise < least) best = part, least = rise;
        }
        part_of[g] = static_cast<std::uint32_t>(best);
        for (const auto& [level, samples] : levels.of_group[g])
            placed[best * levels.totals.size() + level] += samples;
    }
    return part_of;
}

}  // namespace cohort::partition
