#include "apps/partition/grouping.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace cohort::partition {
namespace {

/// Groups named by `name_of(case)`, numbered by name.
template <class NameOf>
Grouping grouped_by(std::size_t count, NameOf name_of) {
    std::map<std::string, std::uint32_t> number;
    for (std::size_t i = 0; i < count; ++i) number.emplace(name_of(i), 0);
    Grouping grouping;
    for (auto& [name, index] : number) {
        index = static_cast<std::uint32_t>(grouping.names.size());
        grouping.names.push_back(name.substr(1));  // without the mark of its kind
    }
    grouping.sizes.assign(grouping.names.size(), 0);
    for (std::size_t i = 0; i < count; ++i) {
        grouping.group_of.push_back(number.at(name_of(i)));
        ++grouping.sizes[grouping.group_of.back()];
    }
    return grouping;
}

}  // namespace

Grouping group_cases(const Cases& cases) {
    // The mark keeps an id apart from a group that happens to have the same name.
    auto grouping = grouped_by(cases.used.size(), [&](std::size_t i) {
        const auto& one = cases.used[i];
        return one.group.empty() ? "2" + one.id : "1" + one.group;
    });
    for (const auto& one : cases.used) grouping.without_value += one.group.empty();
    return grouping;
}

std::vector<std::pair<std::uint32_t, std::uint32_t>> identical_across_groups(const Cases& cases,
                                                                             const Grouping& grouping) {
    std::map<Digest, std::uint32_t> first;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs;
    for (std::uint32_t i = 0; i < cases.used.size(); ++i) {
        if (!cases.used[i].content) continue;
        const auto [place, is_new] = first.emplace(*cases.used[i].content, i);
        if (!is_new && grouping.group_of[place->second] != grouping.group_of[i]) pairs.emplace_back(place->second, i);
    }
    return pairs;
}

Grouping joined(const Grouping& grouping, const std::vector<std::pair<std::uint32_t, std::uint32_t>>& cases_together) {
    // Union–find over groups; the root is always the lowest number, which is the smallest name.
    std::vector<std::uint32_t> parent(grouping.names.size());
    std::iota(parent.begin(), parent.end(), 0U);
    const auto root = [&](std::uint32_t g) {
        while (parent[g] != g) g = parent[g] = parent[parent[g]];
        return g;
    };
    for (const auto& [a, b] : cases_together) {
        const auto ra = root(grouping.group_of[a]), rb = root(grouping.group_of[b]);
        parent[std::max(ra, rb)] = std::min(ra, rb);
    }
    Grouping out;
    out.without_value = grouping.without_value;
    std::vector<std::uint32_t> number(parent.size());
    for (std::uint32_t g = 0; g < parent.size(); ++g) {
        if (root(g) != g) continue;
        number[g] = static_cast<std::uint32_t>(out.names.size());
        out.names.push_back(grouping.names[g]);
    }
    out.sizes.assign(out.names.size(), 0);
    for (const auto g : grouping.group_of) {
        out.group_of.push_back(number[root(g)]);
        ++out.sizes[out.group_of.back()];
    }
    return out;
}

}  // namespace cohort::partition
