// Convolution on the CPU for networks with few channels: direct, in registers, in float32 or bfloat16. No torch in this
// folder.
//
// oneDNN pads 8 channels to 16 and takes the weights' gradient by matrix multiplication, which is most of a narrow
// network's step. Here a padded image is one line of numbers, whole vectors of which meet eight channels held in
// registers; short rows cost nothing. Strides split the image into phases (even and odd voxels), so that the same lines
// serve strided and transposed convolutions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "learn/kernels/parallel_run.h"
#include "learn/plan/precision.h"

namespace cohort::learn {

/// How one axis is convolved: kernel 1 or 3 with stride 1, or kernel 2 or 3 with stride 2. Kernels of 3 are padded by
/// one voxel on each side, so that `to` voxels come out of stride · to.
struct ConvolvedAxis {
    std::int64_t to = 1;  ///< output voxels
    std::int64_t kernel = 3, stride = 1;
    std::int64_t from() const { return to * stride; }
    std::int64_t border() const { return kernel == 3 ? 1 : 0; }
};

/// What a sum runs over, which decides how bfloat16 lies: in pairs of channels, or voxel beside voxel. float32 lies the
/// same way for both.
enum class SumOver { channels, voxels };

struct ConvolutionShape {
    std::int64_t batch = 1, in = 1, out = 8;
    std::array<ConvolvedAxis, 3> axes;  ///< z, y, x
    Precision precision = Precision::float32;
    bool is_supported() const;  ///< one of the kinds above along every axis, and a machine with the vectors

    // One channel's lines: a zero between rows of x, borders of zeros along z and y.
    std::int64_t row() const { return axes[2].to + axes[2].border(); }
    std::int64_t slice() const { return (axes[1].to + 2 * axes[1].border()) * row(); }
    std::int64_t volume() const { return (axes[0].to + 2 * axes[0].border()) * slice(); }
    std::int64_t first() const { return axes[0].border() * slice() + axes[1].border() * row(); }  ///< of voxel 0, 0, 0
    std::int64_t phases() const { return axes[0].stride * axes[1].stride * axes[2].stride; }
    std::int64_t taps() const { return axes[0].kernel * axes[1].kernel * axes[2].kernel; }

    std::int64_t input_bytes(SumOver over) const;   ///< of arranged inputs
    std::int64_t output_bytes(SumOver over) const;  ///< of arranged outputs or their gradients
};

/// Channels [begin, begin + count) of the arranged input from tensor [batch, count, from z, y, x]; several tensors may
/// be laid side by side, `begin` even, the first at 0 first.
void arrange_input(const ConvolutionShape& shape, SumOver over, const float* tensor, std::int64_t begin,
                   std::int64_t count, std::byte* lines, const ParallelRun& run);
/// tensor [batch, out, to z, y, x] → lines; channels are filled up to whole blocks of eight with zeros.
void arrange_output(const ConvolutionShape& shape, SumOver over, const float* tensor, std::byte* lines,
                    const ParallelRun& run);

/// output [batch, out, to z, y, x] = arranged input (for sums over channels) ∗ weight [out, in, kernel z, y, x]
/// (cross-correlation), and bias [out] where there is one.
void convolve_forward(const ConvolutionShape& shape, const std::byte* input_lines, const float* weight,
                      const float* bias, float* output, const ParallelRun& run);

/// tensor [batch, count, from z, y, x]: channels [begin, begin + count) of the transposed convolution of arranged
/// outputs (for sums over channels), which is the gradient of the input, or an up-sampling of its own.
void convolve_transposed(const ConvolutionShape& shape, const std::byte* output_lines, const float* weight,
                         std::int64_t begin, std::int64_t count, float* tensor, const ParallelRun& run);

/// gradient [out, in, kernel z, y, x] from both arranged for sums over voxels. Each weight's sum is taken in one fixed
/// order.
void convolve_weight_gradient(const ConvolutionShape& shape, const std::byte* input_lines,
                              const std::byte* output_lines, float* gradient, const ParallelRun& run);

}  // namespace cohort::learn
