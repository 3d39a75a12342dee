#include "learn/kernels/convolution.h"

#include <algorithm>

#include "learn/kernels/has_vectors.h"
#include "learn/kernels/vector.h"

namespace cohort::learn {
namespace {

constexpr std::int64_t block = 8;                                  // output channels held in registers
constexpr std::int64_t group = 3;                                  // vectors held beside them
constexpr std::int64_t lead = lanes, slack = (group + 1) * lanes;  // floats before and after all lines

/// Keeps a value in its register: GCC would read it from memory once more for every multiply–add.
COHORT_INLINE void hold(Vector& value) { asm("" : "+v"(value)); }

std::int64_t blocks_of(std::int64_t channels) { return (channels + block - 1) / block; }

/// Where a tap reads: which phase of the image, and how many voxels away.
struct AxisTap {
    std::int64_t phase = 0, shift = 0;
};
AxisTap axis_tap(const ConvolvedAxis& axis, std::int64_t d) {
    if (axis.kernel == 2) return {d, 0};
    if (axis.kernel == 1) return {0, 0};
    if (axis.stride == 1) return {0, d - 1};
    return {d == 1 ? 0 : 1, d == 0 ? -1 : 0};
}

struct Tap {
    std::int64_t phase = 0;  // of the input
    std::int64_t shift = 0;  // in floats, from an output's place to its input's
};
std::vector<Tap> taps_of(const ConvolutionShape& s) {
    std::vector<Tap> taps;
    for (std::int64_t z = 0; z < s.axes[0].kernel; ++z)
        for (std::int64_t y = 0; y < s.axes[1].kernel; ++y)
            for (std::int64_t x = 0; x < s.axes[2].kernel; ++x) {
                const auto a = axis_tap(s.axes[0], z), b = axis_tap(s.axes[1], y), c = axis_tap(s.axes[2], x);
                taps.push_back({(a.phase * s.axes[1].stride + b.phase) * s.axes[2].stride + c.phase,
                                a.shift * s.slice() + b.shift * s.row() + c.shift});
            }
    return taps;
}

/// Sums over input channels and taps: `from` is read at channel · channel_step + offsets[tap].
struct LineJob {
    std::int64_t channels = 1, channel_step = 0;
    const std::vector<std::int64_t>& offsets;
};

/// `vectors` vectors of a line, eight output channels. `weight` is [channel][tap][8].
template <int vectors>
COHORT_INLINE void convolve_vectors(const LineJob& job, const float* from, const float* weight, const float* start,
                                    float* to, std::int64_t to_step) {
    Vector sum[block][vectors];
#pragma GCC unroll 8
    for (int o = 0; o < block; ++o)
#pragma GCC unroll 4
        for (int v = 0; v < vectors; ++v) sum[o][v] = start[o] - Vector{};
    for (std::int64_t i = 0; i < job.channels; ++i, from += job.channel_step)
        for (const auto offset : job.offsets) {
            Vector x[vectors];
#pragma GCC unroll 4
            for (int v = 0; v < vectors; ++v) x[v] = load(from + offset + v * lanes);
#pragma GCC unroll 8
            for (int o = 0; o < block; ++o)
#pragma GCC unroll 4
                for (int v = 0; v < vectors; ++v) sum[o][v] += weight[o] * x[v];
            weight += block;
        }
#pragma GCC unroll 8
    for (int o = 0; o < block; ++o)
#pragma GCC unroll 4
        for (int v = 0; v < vectors; ++v) store(to + o * to_step + v * lanes, sum[o][v]);
}

/// One line of one block of output channels. Up to two vectors beyond its end are read and written.
COHORT_AVX512 void convolve_line(const LineJob& job, const float* from, const float* weight, const float* start,
                                 std::int64_t length, float* to, std::int64_t to_step) {
    std::int64_t p = 0;
    for (; p + 2 * lanes < length; p += group * lanes)
        convolve_vectors<group>(job, from + p, weight, start, to + p, to_step);
    if (p + lanes < length)
        convolve_vectors<2>(job, from + p, weight, start, to + p, to_step);
    else if (p < length)
        convolve_vectors<1>(job, from + p, weight, start, to + p, to_step);
}
/// Sums of products of three taps with eight channels. (A plain array: templates would lose its alignment.)
struct alignas(sizeof(Vector)) TapSums {
    Vector of[3][block];
};

COHORT_AVX512 void gradient_line(const float* const* from, const float* gradient, std::int64_t gradient_step,
                                 std::int64_t vectors, TapSums& sums) {
    TapSums sum = sums;
    const float *from0 = from[0], *from1 = from[1], *from2 = from[2];
    for (std::int64_t v = 0; v < vectors; ++v) {
        const Vector x0 = load(from0 + v * lanes), x1 = load(from1 + v * lanes), x2 = load(from2 + v * lanes);
#pragma GCC unroll 8
        for (int o = 0; o < block; ++o) {
            auto g = load(gradient + o * gradient_step + v * lanes);
            hold(g);
            sum.of[0][o] += g * x0;
            sum.of[1][o] += g * x1;
            sum.of[2][o] += g * x2;
        }
    }
    sums = sum;
}
/// The weight gradient of one input channel and one block of output channels. An item is one line, from its first voxel
/// to its last: in between and behind, the arranged gradient is zero.
class ChannelGradient {
public:
    explicit ChannelGradient(const ConvolutionShape& shape)
        : s_(shape), taps_(taps_of(shape)), triples_((taps_.size() + 2) / 3), sums_(triples_), totals_(3 * triples_) {}

    /// input: phases of the channel; gradient: eight channels a volume apart. Both begin at their item's first float.
    void add_item(const float* input, const float* gradient) {
        constexpr std::int64_t at_once = 48;  // vectors of eight channels that stay in the first cache
        std::fill(sums_.begin(), sums_.end(), TapSums{});
        const auto length = s_.volume() - 2 * s_.first(), whole = length / lanes;
        const auto* g = gradient + s_.first();
        for (std::int64_t v = 0; v < whole; v += at_once)
            add(input, v * lanes, g + v * lanes, s_.volume(), std::min(at_once, whole - v));
        Vector last[block] = {};
        for (std::int64_t o = 0; o < block; ++o)
            std::memcpy(&last[o], g + o * s_.volume() + whole * lanes,
                        static_cast<std::size_t>(length - whole * lanes) * sizeof(float));
        add(input, whole * lanes, reinterpret_cast<const float*>(last), lanes, 1);
        for (std::size_t t = 0; t < totals_.size(); ++t)
            for (std::size_t o = 0; o < block; ++o)
                for (std::int64_t l = 0; l < lanes; ++l)
                    totals_[t][o] += static_cast<double>(sums_[t / 3].of[t % 3][o][l]);
    }
    float total(std::size_t tap, std::size_t channel) const { return static_cast<float>(totals_[tap][channel]); }

private:
    void add(const float* input, std::int64_t at, const float* gradient, std::int64_t step, std::int64_t vectors) {
        for (std::size_t k = 0; k < triples_; ++k) {
            const float* from[3];
            for (std::size_t t = 0; t < 3; ++t) {
                const auto& tap = taps_[std::min(3 * k + t, taps_.size() - 1)];  // surplus sums are never asked for
                from[t] = input + tap.phase * s_.volume() + s_.first() + tap.shift + at;
            }
            gradient_line(from, gradient, step, vectors, sums_[k]);
        }
    }

    const ConvolutionShape& s_;
    std::vector<Tap> taps_;
    std::size_t triples_;
    std::vector<TapSums> sums_;
    std::vector<std::array<double, block>> totals_;
};

/// Weights as the line kernel takes them, [block of outputs][input][tap][8], zeros where a block is not full.
std::vector<float> arranged_weights(std::int64_t outputs, std::int64_t inputs, const std::vector<std::size_t>& taps,
                                    const std::function<float(std::int64_t, std::int64_t, std::size_t)>& weight) {
    std::vector<float> arranged;
    arranged.reserve(static_cast<std::size_t>(blocks_of(outputs) * block * inputs) * taps.size());
    for (std::int64_t b = 0; b < blocks_of(outputs); ++b)
        for (std::int64_t i = 0; i < inputs; ++i)
            for (const auto t : taps)
                for (std::int64_t o = b * block; o < (b + 1) * block; ++o)
                    arranged.push_back(o < outputs ? weight(o, i, t) : 0.0f);
    return arranged;
}

}  // namespace

bool ConvolutionShape::is_supported() const {
    return has_vectors() && std::all_of(axes.begin(), axes.end(), [](const ConvolvedAxis& a) {
               return a.to >= 1 && (a.stride == 1 ? a.kernel == 1 || a.kernel == 3
                                                  : a.stride == 2 && (a.kernel == 2 || a.kernel == 3));
           });
}
std::int64_t ConvolutionShape::input_lines() const { return lead + batch * in * phases() * volume() + slack; }
std::int64_t ConvolutionShape::output_lines() const { return lead + batch * blocks_of(out) * block * volume() + slack; }

void arrange_input(const ConvolutionShape& s, const float* tensor, std::int64_t begin, std::int64_t count, float* lines,
                   const ParallelRun& run) {
    if (begin == 0) {
        std::fill_n(lines, lead, 0.0f);
        std::fill_n(lines + s.input_lines() - slack, slack, 0.0f);
    }
    const auto [az, ay, ax] = s.axes;
    run(s.batch * count, [&, az = az, ay = ay, ax = ax](std::int64_t item) {
        const auto n = item / count, c = item % count;
        const auto* from = tensor + item * az.from() * ay.from() * ax.from();
        auto* channel = lines + lead + (n * s.in + begin + c) * s.phases() * s.volume();
        std::fill_n(channel, s.phases() * s.volume(), 0.0f);
        for (std::int64_t z = 0; z < az.from(); ++z)
            for (std::int64_t y = 0; y < ay.from(); ++y, from += ax.from()) {
                const auto phase = (z % az.stride * ay.stride + y % ay.stride) * ax.stride;
                auto* to =
                    channel + phase * s.volume() + s.first() + z / az.stride * s.slice() + y / ay.stride * s.row();
                if (ax.stride == 1) {
                    std::memcpy(to, from, static_cast<std::size_t>(ax.to) * sizeof(float));
                } else {
                    auto* odd = to + s.volume();
                    for (std::int64_t x = 0; x < ax.to; ++x) to[x] = from[2 * x], odd[x] = from[2 * x + 1];
                }
            }
    });
}

void arrange_output(const ConvolutionShape& s, const float* tensor, float* lines, const ParallelRun& run) {
    std::fill_n(lines, lead, 0.0f);
    std::fill_n(lines + s.output_lines() - slack, slack, 0.0f);
    const auto channels = blocks_of(s.out) * block;
    run(s.batch * channels, [&](std::int64_t item) {
        const auto n = item / channels, c = item % channels;
        auto* channel = lines + lead + item * s.volume();
        std::fill_n(channel, s.volume(), 0.0f);
        if (c >= s.out) return;
        const auto* from = tensor + (n * s.out + c) * s.axes[0].to * s.axes[1].to * s.axes[2].to;
        for (std::int64_t z = 0; z < s.axes[0].to; ++z)
            for (std::int64_t y = 0; y < s.axes[1].to; ++y, from += s.axes[2].to)
                std::memcpy(channel + s.first() + z * s.slice() + y * s.row(), from,
                            static_cast<std::size_t>(s.axes[2].to) * sizeof(float));
    });
}

void convolve_forward(const ConvolutionShape& s, const float* input_lines, const float* weight, const float* bias,
                      float* output, const ParallelRun& run) {
    std::vector<std::int64_t> offsets;
    std::vector<std::size_t> all;
    for (const auto& tap : taps_of(s)) {
        all.push_back(offsets.size());
        offsets.push_back(tap.phase * s.volume() + tap.shift);
    }
    const LineJob job{s.in, s.phases() * s.volume(), offsets};
    const auto weights = arranged_weights(s.out, s.in, all, [&](std::int64_t o, std::int64_t i, std::size_t t) {
        return weight[(o * s.in + i) * s.taps() + static_cast<std::int64_t>(t)];
    });
    const auto nz = s.axes[0].to, ny = s.axes[1].to, nx = s.axes[2].to;
    const auto length = (ny - 1) * s.row() + nx, line = length + slack;
    run(s.batch * nz, [&](std::int64_t item) {
        const auto n = item / nz, z = item % nz;
        std::vector<float> lines(static_cast<std::size_t>(block * line));
        const auto* from = input_lines + lead + n * s.in * job.channel_step + s.first() + z * s.slice();
        for (std::int64_t b = 0; b < blocks_of(s.out); ++b) {
            float start[block] = {};
            const auto here = std::min(block, s.out - b * block);
            if (bias) std::copy_n(bias + b * block, here, start);
            convolve_line(job, from, weights.data() + b * s.in * s.taps() * block, start, length, lines.data(), line);
            for (std::int64_t o = 0; o < here; ++o) {
                auto* to = output + ((n * s.out + b * block + o) * nz + z) * ny * nx;
                for (std::int64_t y = 0; y < ny; ++y)
                    std::memcpy(to + y * nx, lines.data() + o * line + y * s.row(),
                                static_cast<std::size_t>(nx) * sizeof(float));
            }
        }
    });
}

void convolve_transposed(const ConvolutionShape& s, const float* output_lines, const float* weight, std::int64_t begin,
                         std::int64_t count, float* tensor, const ParallelRun& run) {
    const auto taps = taps_of(s);
    const auto [az, ay, ax] = s.axes;
    const auto length = (ay.to - 1) * s.row() + ax.to, line = length + slack;
    const auto channels = blocks_of(s.out) * block;  // of the lines
    for (std::int64_t phase = 0; phase < s.phases(); ++phase) {
        std::vector<std::int64_t> offsets;
        std::vector<std::size_t> used;
        for (std::size_t t = 0; t < taps.size(); ++t)
            if (taps[t].phase == phase) used.push_back(t), offsets.push_back(-taps[t].shift);
        const LineJob job{s.out, s.volume(), offsets};
        const auto weights = arranged_weights(count, s.out, used, [&](std::int64_t i, std::int64_t o, std::size_t t) {
            return weight[(o * s.in + begin + i) * s.taps() + static_cast<std::int64_t>(t)];
        });
        const auto phase_z = phase / (ay.stride * ax.stride), phase_y = phase / ax.stride % ay.stride,
                   phase_x = phase % ax.stride;
        run(s.batch * az.to, [&, az = az, ay = ay, ax = ax](std::int64_t item) {
            const auto n = item / az.to, z = item % az.to;
            std::vector<float> lines(static_cast<std::size_t>(block * line));
            const auto* from = output_lines + lead + n * channels * s.volume() + s.first() + z * s.slice();
            const float start[block] = {};
            for (std::int64_t b = 0; b < blocks_of(count); ++b) {
                convolve_line(job, from, weights.data() + b * s.out * static_cast<std::int64_t>(used.size()) * block,
                              start, length, lines.data(), line);
                for (std::int64_t i = 0; i < std::min(block, count - b * block); ++i)
                    for (std::int64_t y = 0; y < ay.to; ++y) {
                        const auto* row = lines.data() + i * line + y * s.row();
                        auto* to = tensor +
                                   (((n * count + b * block + i) * az.from() + z * az.stride + phase_z) * ay.from() +
                                    y * ay.stride + phase_y) *
                                       ax.from() +
                                   phase_x;
                        if (ax.stride == 1)
                            std::memcpy(to, row, static_cast<std::size_t>(ax.to) * sizeof(float));
                        else
                            for (std::int64_t x = 0; x < ax.to; ++x) to[2 * x] = row[x];
                    }
            }
        });
    }
}

void convolve_weight_gradient(const ConvolutionShape& s, const float* input_lines, const float* output_lines,
                              float* gradient, const ParallelRun& run) {
    run(blocks_of(s.out) * s.in, [&](std::int64_t task) {
        const auto i = task % s.in, b = task / s.in;
        ChannelGradient sums(s);
        for (std::int64_t n = 0; n < s.batch; ++n)
            sums.add_item(input_lines + lead + (n * s.in + i) * s.phases() * s.volume(),
                          output_lines + lead + (n * blocks_of(s.out) + b) * block * s.volume());
        for (std::int64_t o = 0; o < std::min(block, s.out - b * block); ++o)
            for (std::int64_t t = 0; t < s.taps(); ++t)
                gradient[((b * block + o) * s.in + i) * s.taps() + t] =
                    sums.total(static_cast<std::size_t>(t), static_cast<std::size_t>(o));
    });
}

}  // namespace cohort::learn
