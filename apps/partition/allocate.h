// Puts groups into parts so that every part gets its share of every level.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "apps/partition/grouping.h"
#include "apps/partition/stratify.h"

namespace cohort::partition {

/// The part of each group. `shares` are the parts' wanted fractions (> 0, any sum).
///
/// Greedy: large groups first, then by stratum (rarest first), then by a Philox draw keyed by seed and group name. Each
/// goes where it raises the cost least, the first such part on ties:
///     cost = Σ over parts p and levels l of  n_pl² / (share_p · N_l)
/// over the joint stratum, every variable's own levels and the total (N_l: samples of the level). For groups of one
/// sample and equal shares, parts differ by at most one sample in every joint stratum; by at most one in total too where
/// there is no more than one variable (with several, their own levels may outweigh the total by a sample).
/// O(groups · (log groups + parts · levels of a group)). Depends on seed and names, not on order.
std::vector<std::uint32_t> allocate(const Grouping& grouping, const std::vector<Variable>& variables,
                                    std::span<const double> shares, std::uint64_t seed);

}  // namespace cohort::partition
