#include "learn/kernels/convolution.h"

#include <algorithm>
#include <bit>
#include <vector>

#include "learn/kernels/bfloat16.h"
#include "learn/kernels/has_vectors.h"
#include "learn/kernels/vector.h"

namespace cohort::learn {
namespace {

constexpr std::int64_t block = 8;                                  // output channels held in registers
constexpr std::int64_t group = 3;                                  // vectors held beside them
constexpr std::int64_t lead = lanes, slack = (group + 1) * lanes;  // words before and after all lines
constexpr std::int64_t word = sizeof(float);                       // a float, or a pair of bfloat16

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
    std::int64_t shift = 0;  // in voxels, from an output's place to its input's
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

/// How the channels of arranged numbers lie: bytes of a voxel, and channels that lie within it together.
struct Arrangement {
    std::int64_t voxel_bytes = word, together = 1;
    std::int64_t groups(std::int64_t channels) const { return (channels + together - 1) / together; }
};
Arrangement arrangement_of(Precision precision, SumOver over) {
    if (precision == Precision::float32) return {word, 1};
    return over == SumOver::channels ? Arrangement{word, 2} : Arrangement{word / 2, 1};
}

/// Writes `count` voxels, `step` floats apart, of one channel or of two that lie together (the second may be missing).
void put_row(const Arrangement& a, std::byte* to, const float* first, const float* second, std::int64_t count,
             std::int64_t step) {
    if (a.together == 2) {
        auto* pairs = reinterpret_cast<std::uint32_t*>(to);
        for (std::int64_t x = 0; x < count; ++x)
            pairs[x] = bfloat16_bits(first[x * step]) | (second ? bfloat16_bits(second[x * step]) << 16 : 0);
    } else if (a.voxel_bytes == word) {
        auto* singles = reinterpret_cast<float*>(to);
        for (std::int64_t x = 0; x < count; ++x) singles[x] = first[x * step];
    } else {
        auto* halves = reinterpret_cast<std::uint16_t*>(to);
        for (std::int64_t x = 0; x < count; ++x) halves[x] = static_cast<std::uint16_t>(bfloat16_bits(first[x * step]));
    }
}

/// Sums over channels (or pairs of them) and taps: `from` is read at channel · channel_step + offsets[tap], in words.
struct LineJob {
    std::int64_t channels = 1, channel_step = 0;
    const std::vector<std::int64_t>& offsets;
};

/// `vectors` vectors of a line, eight output channels. `weight` is [channel][tap][8].
template <Precision precision, int vectors>
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
            for (int o = 0; o < block; ++o) {
                const auto w = splat(weight[o]);
#pragma GCC unroll 4
                for (int v = 0; v < vectors; ++v) add_product<precision>(sum[o][v], w, x[v]);
            }
            weight += block;
        }
#pragma GCC unroll 8
    for (int o = 0; o < block; ++o)
#pragma GCC unroll 4
        for (int v = 0; v < vectors; ++v) store(to + o * to_step + v * lanes, sum[o][v]);
}

/// One line of one block of output channels. Up to two vectors beyond its end are read and written.
template <Precision precision>
COHORT_AVX512 void convolve_line(const LineJob& job, const float* from, const float* weight, const float* start,
                                 std::int64_t length, float* to, std::int64_t to_step) {
    std::int64_t p = 0;
    for (; p + 2 * lanes < length; p += group * lanes)
        convolve_vectors<precision, group>(job, from + p, weight, start, to + p, to_step);
    if (p + lanes < length)
        convolve_vectors<precision, 2>(job, from + p, weight, start, to + p, to_step);
    else if (p < length)
        convolve_vectors<precision, 1>(job, from + p, weight, start, to + p, to_step);
}
auto line_kernel(Precision precision) {
    return precision == Precision::float32 ? convolve_line<Precision::float32> : convolve_line<Precision::bfloat16>;
}

/// Sums of products of three taps with eight channels. (A plain array: templates would lose its alignment.)
struct alignas(sizeof(Vector)) TapSums {
    Vector of[3][block];
};

/// `gradient_step` in bytes.
template <Precision precision>
COHORT_AVX512 void gradient_line(const std::byte* const* from, const std::byte* gradient, std::int64_t gradient_step,
                                 std::int64_t vectors, TapSums& sums) {
    constexpr auto bytes = static_cast<std::int64_t>(sizeof(Vector));
    TapSums sum = sums;
    const std::byte *from0 = from[0], *from1 = from[1], *from2 = from[2];
    for (std::int64_t v = 0; v < vectors; ++v) {
        const Vector x0 = load(from0 + v * bytes), x1 = load(from1 + v * bytes), x2 = load(from2 + v * bytes);
#pragma GCC unroll 8
        for (int o = 0; o < block; ++o) {
            auto g = load(gradient + o * gradient_step + v * bytes);
            hold(g);
            add_product<precision>(sum.of[0][o], g, x0);
            add_product<precision>(sum.of[1][o], g, x1);
            add_product<precision>(sum.of[2][o], g, x2);
        }
    }
    sums = sum;
}

/// The weight gradient of one input channel and one block of output channels. An item is one line, from its first voxel
/// to its last: in between and behind, the arranged gradient is zero.
class ChannelGradient {
public:
    explicit ChannelGradient(const ConvolutionShape& shape)
        : s_(shape),
          voxel_bytes_(arrangement_of(shape.precision, SumOver::voxels).voxel_bytes),
          taps_(taps_of(shape)),
          triples_((taps_.size() + 2) / 3),
          sums_(triples_),
          totals_(3 * triples_) {}

    /// input: phases of the channel; gradient: eight channels a volume apart. Both begin at their item's first voxel.
    void add_item(const std::byte* input, const std::byte* gradient) {
        constexpr auto bytes = static_cast<std::int64_t>(sizeof(Vector));
        constexpr std::int64_t at_once = 48;  // vectors of eight channels that stay in the first cache
        std::fill(sums_.begin(), sums_.end(), TapSums{});
        const auto length = (s_.volume() - 2 * s_.first()) * voxel_bytes_, whole = length / bytes;
        const auto* g = gradient + s_.first() * voxel_bytes_;
        const auto step = s_.volume() * voxel_bytes_;
        for (std::int64_t v = 0; v < whole; v += at_once)
            add(input + v * bytes, g + v * bytes, step, std::min(at_once, whole - v));
        Vector last[block] = {};
        for (std::int64_t o = 0; o < block; ++o)
            std::memcpy(&last[o], g + o * step + whole * bytes, static_cast<std::size_t>(length - whole * bytes));
        add(input + whole * bytes, reinterpret_cast<const std::byte*>(last), bytes, 1);
        for (std::size_t t = 0; t < totals_.size(); ++t)
            for (std::size_t o = 0; o < block; ++o) totals_[t][o] += lane_sum(sums_[t / 3].of[t % 3][o]);
    }
    float total(std::size_t tap, std::size_t channel) const { return static_cast<float>(totals_[tap][channel]); }

private:
    void add(const std::byte* input, const std::byte* gradient, std::int64_t step, std::int64_t vectors) {
        const auto kernel =
            s_.precision == Precision::float32 ? gradient_line<Precision::float32> : gradient_line<Precision::bfloat16>;
        for (std::size_t k = 0; k < triples_; ++k) {
            const std::byte* from[3];
            for (std::size_t t = 0; t < 3; ++t) {
                const auto& tap = taps_[std::min(3 * k + t, taps_.size() - 1)];  // surplus sums are never asked for
                from[t] = input + (tap.phase * s_.volume() + s_.first() + tap.shift) * voxel_bytes_;
            }
            kernel(from, gradient, step, vectors, sums_[k]);
        }
    }

    const ConvolutionShape& s_;
    std::int64_t voxel_bytes_;
    std::vector<Tap> taps_;
    std::size_t triples_;
    std::vector<TapSums> sums_;
    std::vector<std::array<double, block>> totals_;
};

/// Weights as the line kernel takes them, [block of outputs][channels that are summed][tap][8], zeros where a block or
/// pair is not full.
std::vector<float> arranged_weights(Precision precision, std::int64_t outputs, std::int64_t summed,
                                    const std::vector<std::size_t>& taps,
                                    const std::function<float(std::int64_t, std::int64_t, std::size_t)>& weight) {
    const auto arrangement = arrangement_of(precision, SumOver::channels);
    const auto groups = arrangement.groups(summed);
    std::vector<float> arranged;
    arranged.reserve(static_cast<std::size_t>(blocks_of(outputs) * block * groups) * taps.size());
    for (std::int64_t b = 0; b < blocks_of(outputs); ++b)
        for (std::int64_t g = 0; g < groups; ++g)
            for (const auto t : taps)
                for (std::int64_t o = b * block; o < (b + 1) * block; ++o) {
                    const auto at = [&](std::int64_t i) { return o < outputs && i < summed ? weight(o, i, t) : 0.0f; };
                    arranged.push_back(
                        arrangement.together == 1
                            ? at(g)
                            : std::bit_cast<float>(bfloat16_bits(at(2 * g)) | bfloat16_bits(at(2 * g + 1)) << 16));
                }
    return arranged;
}

std::int64_t bytes_of(const ConvolutionShape& s, SumOver over, std::int64_t channels, std::int64_t phases) {
    const auto a = arrangement_of(s.precision, over);
    return (lead + slack) * word + s.batch * a.groups(channels) * phases * s.volume() * a.voxel_bytes;
}

}  // namespace

bool ConvolutionShape::is_supported() const {
    return (precision == Precision::float32 ? has_vectors() : has_bfloat16()) &&
           std::all_of(axes.begin(), axes.end(), [](const ConvolvedAxis& a) {
               return a.to >= 1 && (a.stride == 1 ? a.kernel == 1 || a.kernel == 3
                                                  : a.stride == 2 && (a.kernel == 2 || a.kernel == 3));
           });
}
std::int64_t ConvolutionShape::input_bytes(SumOver over) const { return bytes_of(*this, over, in, phases()); }
std::int64_t ConvolutionShape::output_bytes(SumOver over) const {
    return bytes_of(*this, over, blocks_of(out) * block, 1);
}

void arrange_input(const ConvolutionShape& s, SumOver over, const float* tensor, std::int64_t begin, std::int64_t count,
                   std::byte* lines, const ParallelRun& run) {
    const auto a = arrangement_of(s.precision, over);
    if (begin == 0) {
        std::fill_n(lines, lead * word, std::byte{0});
        std::fill_n(lines + s.input_bytes(over) - slack * word, slack * word, std::byte{0});
    }
    const auto [az, ay, ax] = s.axes;
    const auto voxels = az.from() * ay.from() * ax.from(), phase_bytes = s.volume() * a.voxel_bytes;
    run(s.batch * a.groups(count), [&, az = az, ay = ay, ax = ax](std::int64_t item) {
        const auto n = item / a.groups(count), c = item % a.groups(count) * a.together;
        const auto* from = tensor + (n * count + c) * voxels;
        const auto* second = c + 1 < count ? from + voxels : nullptr;
        auto* channel =
            lines + lead * word + (n * a.groups(s.in) + (begin + c) / a.together) * s.phases() * phase_bytes;
        std::fill_n(channel, s.phases() * phase_bytes, std::byte{0});
        for (std::int64_t z = 0; z < az.from(); ++z)
            for (std::int64_t y = 0; y < ay.from(); ++y) {
                const auto phase = (z % az.stride * ay.stride + y % ay.stride) * ax.stride;
                const auto at = s.first() + z / az.stride * s.slice() + y / ay.stride * s.row();
                for (std::int64_t odd = 0; odd < ax.stride; ++odd)
                    put_row(a, channel + (phase + odd) * phase_bytes + at * a.voxel_bytes, from + odd,
                            second ? second + odd : nullptr, ax.to, ax.stride);
                from += ax.from();
                if (second) second += ax.from();
            }
    });
}

void arrange_output(const ConvolutionShape& s, SumOver over, const float* tensor, std::byte* lines,
                    const ParallelRun& run) {
    const auto a = arrangement_of(s.precision, over);
    std::fill_n(lines, lead * word, std::byte{0});
    std::fill_n(lines + s.output_bytes(over) - slack * word, slack * word, std::byte{0});
    const auto groups = a.groups(blocks_of(s.out) * block);
    const auto nz = s.axes[0].to, ny = s.axes[1].to, nx = s.axes[2].to;
    run(s.batch * groups, [&](std::int64_t item) {
        const auto n = item / groups, c = item % groups * a.together;
        auto* channel = lines + lead * word + item * s.volume() * a.voxel_bytes;
        std::fill_n(channel, s.volume() * a.voxel_bytes, std::byte{0});
        if (c >= s.out) return;
        const auto* from = tensor + (n * s.out + c) * nz * ny * nx;
        const auto* second = c + 1 < s.out ? from + nz * ny * nx : nullptr;
        for (std::int64_t z = 0; z < nz; ++z)
            for (std::int64_t y = 0; y < ny; ++y) {
                const auto row = (z * ny + y) * nx;
                put_row(a, channel + (s.first() + z * s.slice() + y * s.row()) * a.voxel_bytes, from + row,
                        second ? second + row : nullptr, nx, 1);
            }
    });
}

void convolve_forward(const ConvolutionShape& s, const std::byte* input_lines, const float* weight, const float* bias,
                      float* output, const ParallelRun& run) {
    const auto convolve_line = line_kernel(s.precision);
    std::vector<std::int64_t> offsets;
    std::vector<std::size_t> all;
    for (const auto& tap : taps_of(s)) {
        all.push_back(offsets.size());
        offsets.push_back(tap.phase * s.volume() + tap.shift);
    }
    const LineJob job{arrangement_of(s.precision, SumOver::channels).groups(s.in), s.phases() * s.volume(), offsets};
    const auto weights =
        arranged_weights(s.precision, s.out, s.in, all, [&](std::int64_t o, std::int64_t i, std::size_t t) {
            return weight[(o * s.in + i) * s.taps() + static_cast<std::int64_t>(t)];
        });
    const auto nz = s.axes[0].to, ny = s.axes[1].to, nx = s.axes[2].to;
    const auto length = (ny - 1) * s.row() + nx, line = length + slack;
    run(s.batch * nz, [&](std::int64_t item) {
        const auto n = item / nz, z = item % nz;
        std::vector<float> lines(static_cast<std::size_t>(block * line));
        const auto* from = reinterpret_cast<const float*>(input_lines) + lead + n * job.channels * job.channel_step +
                           s.first() + z * s.slice();
        for (std::int64_t b = 0; b < blocks_of(s.out); ++b) {
            float start[block] = {};
            const auto here = std::min(block, s.out - b * block);
            if (bias) std::copy_n(bias + b * block, here, start);
            convolve_line(job, from, weights.data() + b * job.channels * s.taps() * block, start, length, lines.data(),
                          line);
            for (std::int64_t o = 0; o < here; ++o) {
                auto* to = output + ((n * s.out + b * block + o) * nz + z) * ny * nx;
                for (std::int64_t y = 0; y < ny; ++y)
                    std::memcpy(to + y * nx, lines.data() + o * line + y * s.row(),
                                static_cast<std::size_t>(nx) * sizeof(float));
            }
        }
    });
}

void convolve_transposed(const ConvolutionShape& s, const std::byte* output_lines, const float* weight,
                         std::int64_t begin, std::int64_t count, float* tensor, const ParallelRun& run) {
    const auto convolve_line = line_kernel(s.precision);
    const auto taps = taps_of(s);
    const auto [az, ay, ax] = s.axes;
    const auto length = (ay.to - 1) * s.row() + ax.to, line = length + slack;
    const auto arrangement = arrangement_of(s.precision, SumOver::channels);
    const auto item_step = arrangement.groups(blocks_of(s.out) * block) * s.volume();
    for (std::int64_t phase = 0; phase < s.phases(); ++phase) {
        std::vector<std::int64_t> offsets;
        std::vector<std::size_t> used;
        for (std::size_t t = 0; t < taps.size(); ++t)
            if (taps[t].phase == phase) used.push_back(t), offsets.push_back(-taps[t].shift);
        const LineJob job{arrangement.groups(s.out), s.volume(), offsets};
        const auto weights =
            arranged_weights(s.precision, count, s.out, used, [&](std::int64_t i, std::int64_t o, std::size_t t) {
                return weight[(o * s.in + begin + i) * s.taps() + static_cast<std::int64_t>(t)];
            });
        const auto block_weights = job.channels * static_cast<std::int64_t>(used.size()) * block;
        const auto phase_z = phase / (ay.stride * ax.stride), phase_y = phase / ax.stride % ay.stride,
                   phase_x = phase % ax.stride;
        run(s.batch * az.to, [&, az = az, ay = ay, ax = ax](std::int64_t item) {
            const auto n = item / az.to, z = item % az.to;
            std::vector<float> lines(static_cast<std::size_t>(block * line));
            const auto* from =
                reinterpret_cast<const float*>(output_lines) + lead + n * item_step + s.first() + z * s.slice();
            const float start[block] = {};
            for (std::int64_t b = 0; b < blocks_of(count); ++b) {
                convolve_line(job, from, weights.data() + b * block_weights, start, length, lines.data(), line);
                for (std::int64_t i = 0; i < std::min(block, count - b * block); ++i)
                    for (std::int64_t y = 0; y < ay.to; ++y) {
                        const auto* row = lines.data() + i * line + y * s.row();
                        const auto channel = n * count + b * block + i;
                        auto* to =
                            tensor + phase_x +
                            ((channel * az.from() + z * az.stride + phase_z) * ay.from() + y * ay.stride + phase_y) *
                                ax.from();
                        if (ax.stride == 1)
                            std::memcpy(to, row, static_cast<std::size_t>(ax.to) * sizeof(float));
                        else
                            for (std::int64_t x = 0; x < ax.to; ++x) to[2 * x] = row[x];
                    }
            }
        });
    }
}

void convolve_weight_gradient(const ConvolutionShape& s, const std::byte* input_lines, const std::byte* output_lines,
                              float* gradient, const ParallelRun& run) {
    const auto voxel_bytes = arrangement_of(s.precision, SumOver::voxels).voxel_bytes;
    run(blocks_of(s.out) * s.in, [&](std::int64_t task) {
        const auto i = task % s.in, b = task / s.in;
        ChannelGradient sums(s);
        for (std::int64_t n = 0; n < s.batch; ++n)
            sums.add_item(input_lines + lead * word + (n * s.in + i) * s.phases() * s.volume() * voxel_bytes,
                          output_lines + lead * word + (n * blocks_of(s.out) + b) * block * s.volume() * voxel_bytes);
        for (std::int64_t o = 0; o < std::min(block, s.out - b * block); ++o)
            for (std::int64_t t = 0; t < s.taps(); ++t)
                gradient[((b * block + o) * s.in + i) * s.taps() + t] =
                    sums.total(static_cast<std::size_t>(t), static_cast<std::size_t>(o));
    });
}

}  // namespace cohort::learn
