#include "learn/kernels/class_loss.h"

#include <algorithm>

#include "learn/kernels/vector.h"

namespace cohort::learn {
namespace {

constexpr std::int64_t part_voxels = 16 * 1024;  // summed together; a multiple of the lanes

struct PartSums {
    double cross_entropy = 0;
    std::vector<double> common, probability, truth;  // per class
};

/// Voxels [0, n) of one part: `step` floats lie between classes. n need not be whole vectors.
struct Part {
    std::int64_t classes, n, step;
    const float* logits;
    const std::int64_t* target;
    float* probability;
};

COHORT_AVX512 void softmax(const Part& p, PartSums& sums) {
    for (std::int64_t i = 0; i < p.n; i += lanes) {
        const auto count = std::min(lanes, p.n - i);
        const auto logit = [&](std::int64_t c) __attribute__((always_inline)) {
            return load_some(p.logits + c * p.step + i, count);
        };
        Vector highest = logit(0), total{};
        for (std::int64_t c = 1; c < p.classes; ++c) {
            const auto here = logit(c);
            highest = here > highest ? here : highest;
        }
        for (std::int64_t c = 0; c < p.classes; ++c) {
            const auto e = exp_of_negative(logit(c) - highest);
            total += e;
            store_some(p.probability + c * p.step + i, e, count);
        }
        const auto log_total = log_of_large(total);
        for (std::int64_t l = 0; l < count; ++l)
            sums.cross_entropy +=
                static_cast<double>(log_total[l] + highest[l] - p.logits[p.target[i + l] * p.step + i + l]);
        for (std::int64_t c = 0; c < p.classes; ++c) {
            auto* at = p.probability + c * p.step + i;
            const Vector q = load_some(at, count) / total;
            store_some(at, q, count);
        }
    }
    for (std::int64_t c = 0; c < p.classes; ++c) {
        const auto k = static_cast<std::size_t>(c);
        Vector all{};
        for (std::int64_t i = 0; i < p.n; i += lanes)
            all += load_some(p.probability + c * p.step + i, std::min(lanes, p.n - i));
        sums.probability[k] = lane_sum(all);
    }
    for (std::int64_t i = 0; i < p.n; ++i) {
        const auto k = static_cast<std::size_t>(p.target[i]);
        sums.common[k] += static_cast<double>(p.probability[p.target[i] * p.step + i]);
        sums.truth[k] += 1;
    }
}

/// `in_class`, `outside`: how the Dice loss changes with the probability of a voxel of the class, and of another.
struct Slopes {
    std::vector<float> in_class, outside;
    float cross_entropy;
};

COHORT_AVX512 void gradient_of(const Part& p, const Slopes& slopes, float* gradient) {
    for (std::int64_t i = 0; i < p.n; i += lanes) {
        const auto count = std::min(lanes, p.n - i);
        using Integers = std::int32_t __attribute__((vector_size(sizeof(Vector))));
        Integers target{};
        for (std::int64_t l = 0; l < count; ++l) target[l] = static_cast<std::int32_t>(p.target[i + l]);
        const auto slope = [&](std::int64_t c) __attribute__((always_inline)) {
            const auto k = static_cast<std::size_t>(c);
            return target == static_cast<std::int32_t>(c) ? slopes.in_class[k] - Vector{}
                                                          : slopes.outside[k] - Vector{};
        };
        Vector mean{};
        for (std::int64_t c = 0; c < p.classes; ++c)
            mean += load_some(p.probability + c * p.step + i, count) * slope(c);
        for (std::int64_t c = 0; c < p.classes; ++c) {
            const auto q = load_some(p.probability + c * p.step + i, count);
            const Vector missing = target == static_cast<std::int32_t>(c) ? q - 1.0f : q;
            store_some(gradient + c * p.step + i, missing * slopes.cross_entropy + q * (slope(c) - mean), count);
        }
    }
}

/// Calls body(number, n, first voxel, length) for each part of each item.
template <class Body>
void each_part(const ClassLossShape& s, const ParallelRun& run, Body&& body) {
    const auto parts = (s.voxels + part_voxels - 1) / part_voxels;
    run(s.batch * parts, [&](std::int64_t number) {
        const auto begin = number % parts * part_voxels;
        body(number, number / parts, begin, std::min(part_voxels, s.voxels - begin));
    });
}

}  // namespace

ClassLoss class_loss(const ClassLossShape& s, const float* logits, const std::int64_t* target,
                     std::span<const std::int64_t> foreground, double epsilon, float* probability,
                     const ParallelRun& run) {
    const auto classes = static_cast<std::size_t>(s.classes);
    const std::vector<double> none(classes);
    std::vector<PartSums> parts(static_cast<std::size_t>(s.batch * ((s.voxels + part_voxels - 1) / part_voxels)),
                                {0, none, none, none});
    each_part(s, run, [&](std::int64_t number, std::int64_t n, std::int64_t begin, std::int64_t length) {
        const auto at = n * s.classes * s.voxels + begin;
        softmax({s.classes, length, s.voxels, logits + at, target + n * s.voxels + begin, probability + at},
                parts[static_cast<std::size_t>(number)]);
    });
    ClassLoss loss{0, 0, none, none};
    for (const auto& part : parts) {
        loss.cross_entropy += part.cross_entropy;
        for (std::size_t c = 0; c < classes; ++c) {
            loss.common[c] += part.common[c];
            loss.both[c] += part.probability[c] + part.truth[c];
        }
    }
    loss.cross_entropy /= static_cast<double>(s.batch * s.voxels);
    for (const auto c : foreground) {
        const auto k = static_cast<std::size_t>(c);
        loss.dice += 1 - (2 * loss.common[k] + epsilon) / (loss.both[k] + epsilon);
    }
    loss.dice /= static_cast<double>(foreground.size());
    return loss;
}

void class_loss_gradient(const ClassLossShape& s, const ClassLoss& loss, const float* probability,
                         const std::int64_t* target, std::span<const std::int64_t> foreground, double epsilon,
                         double factor, float* gradient, const ParallelRun& run) {
    Slopes slopes{std::vector<float>(static_cast<std::size_t>(s.classes)), {}, 0};
    slopes.outside = slopes.in_class;
    slopes.cross_entropy = static_cast<float>(factor / static_cast<double>(s.batch * s.voxels));
    for (const auto c : foreground) {
        const auto k = static_cast<std::size_t>(c);
        const auto share = factor / static_cast<double>(foreground.size()), below = loss.both[k] + epsilon;
        const auto outside = share * (2 * loss.common[k] + epsilon) / (below * below);
        slopes.outside[k] = static_cast<float>(outside);
        slopes.in_class[k] = static_cast<float>(outside - share * 2 / below);
    }
    each_part(s, run, [&](std::int64_t, std::int64_t n, std::int64_t begin, std::int64_t length) {
        const auto at = n * s.classes * s.voxels + begin;
        gradient_of(
            {s.classes, length, s.voxels, nullptr, target + n * s.voxels + begin, const_cast<float*>(probability + at)},
            slopes, gradient + at);
    });
}

}  // namespace cohort::learn
