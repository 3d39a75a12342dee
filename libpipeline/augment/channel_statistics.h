// Mean, standard deviation and range of a channel's finite voxels.
#pragma once

#include <cstddef>
#include <span>

namespace cohort::augment {

struct ChannelStatistics {
    double mean = 0;
    double sd = 0;          ///< sample standard deviation, as PyTorch has it; 0 for fewer than two voxels
    float low = 0;          ///< least and …
    float high = 0;         ///< … largest; 0 without a finite voxel
    std::size_t count = 0;  ///< finite voxels
};

/// Sums run in sixteen interleaved lanes of double, added in a fixed order: equal input gives equal bits anywhere.
ChannelStatistics channel_statistics(std::span<const float> channel);

}  // namespace cohort::augment
