#include "learn/layers.h"

#include <torch/csrc/autograd/custom_function.h>

#include "learn/kernels/convolution.h"
#include "learn/kernels/instance_norm.h"
#include "learn/own_kernels.h"

namespace cohort::learn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

const ParallelRun run = run_on_compute_threads;

/// `fine` has the image's channels and the larger extents, `coarse` the output's: a transposed convolution goes back.
ConvolutionShape shape_of(at::IntArrayRef coarse, const at::Tensor& weight, at::IntArrayRef stride,
                          Precision precision) {
    ConvolutionShape shape{coarse[0], weight.size(1), weight.size(0), {}, precision};
    for (std::size_t a = 0; a < 3; ++a)
        shape.axes[a] = {coarse[a + 2], weight.size(static_cast<std::int64_t>(a) + 2), stride[a]};
    return shape;
}

std::vector<std::int64_t> fine_sizes(const ConvolutionShape& s, std::int64_t channels) {
    return {s.batch, channels, s.axes[0].from(), s.axes[1].from(), s.axes[2].from()};
}
std::vector<std::int64_t> coarse_sizes(const ConvolutionShape& s) {
    return {s.batch, s.out, s.axes[0].to, s.axes[1].to, s.axes[2].to};
}

at::Tensor bytes(std::int64_t count) { return at::empty({count}, at::kByte); }
std::byte* data_of(const at::Tensor& lines) { return reinterpret_cast<std::byte*>(lines.data_ptr<std::uint8_t>()); }

at::Tensor input_lines(const ConvolutionShape& s, SumOver over, const at::Tensor& x, const at::Tensor& joined) {
    auto lines = bytes(s.input_bytes(over));
    const auto first = x.contiguous();
    arrange_input(s, over, first.data_ptr<float>(), 0, x.size(1), data_of(lines), run);
    if (joined.defined()) {
        const auto second = joined.contiguous();
        arrange_input(s, over, second.data_ptr<float>(), x.size(1), joined.size(1), data_of(lines), run);
    }
    return lines;
}
at::Tensor output_lines(const ConvolutionShape& s, SumOver over, const at::Tensor& tensor) {
    auto lines = bytes(s.output_bytes(over));
    const auto values = tensor.contiguous();
    arrange_output(s, over, values.data_ptr<float>(), data_of(lines), run);
    return lines;
}
at::Tensor forward_of(const ConvolutionShape& s, const at::Tensor& lines, const at::Tensor& weight,
                      const at::Tensor& bias) {
    auto output = at::empty(coarse_sizes(s), weight.options());
    convolve_forward(s, data_of(lines), weight.data_ptr<float>(), bias.defined() ? bias.data_ptr<float>() : nullptr,
                     output.data_ptr<float>(), run);
    return output;
}
at::Tensor transposed_of(const ConvolutionShape& s, const at::Tensor& lines, const at::Tensor& weight,
                         std::int64_t begin, std::int64_t count) {
    auto output = at::empty(fine_sizes(s, count), weight.options());
    convolve_transposed(s, data_of(lines), weight.data_ptr<float>(), begin, count, output.data_ptr<float>(), run);
    return output;
}
at::Tensor weight_gradient_of(const ConvolutionShape& s, const at::Tensor& in, const at::Tensor& out,
                              const at::Tensor& weight) {
    auto gradient = at::empty_like(weight);
    convolve_weight_gradient(s, data_of(in), data_of(out), gradient.data_ptr<float>(), run);
    return gradient;
}

using MaybeTensor = c10::optional<at::Tensor>;  // what LibTorch's functions take for an absent one
at::Tensor tensor_of(const MaybeTensor& maybe) { return maybe ? *maybe : at::Tensor(); }
MaybeTensor maybe(const at::Tensor& tensor) { return tensor.defined() ? MaybeTensor(tensor) : c10::nullopt; }

/// Lines for sums over channels, and those for sums over voxels: the same in float32.
struct BothLines {
    at::Tensor over_channels, over_voxels;
};
template <class Arrange>
BothLines both_lines(const ConvolutionShape& s, bool wants_voxels, const Arrange& arrange) {
    BothLines lines{arrange(SumOver::channels), {}};
    if (s.precision == Precision::float32)
        lines.over_voxels = lines.over_channels;
    else if (wants_voxels)
        lines.over_voxels = arrange(SumOver::voxels);
    return lines;
}

struct Convolution : public torch::autograd::Function<Convolution> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const MaybeTensor& second,
                              const at::Tensor& weight, const MaybeTensor& constant, std::vector<std::int64_t> stride,
                              std::int64_t precision, bool goes_back) {
        const auto joined = tensor_of(second), bias = tensor_of(constant);
        const auto s =
            shape_of({x.size(0), weight.size(0), x.size(2) / stride[0], x.size(3) / stride[1], x.size(4) / stride[2]},
                     weight, stride, static_cast<Precision>(precision));
        const auto lines = both_lines(s, goes_back, [&](SumOver over) { return input_lines(s, over, x, joined); });
        auto output = forward_of(s, lines.over_channels, weight, bias);
        if (!goes_back) return output;
        context->save_for_backward({lines.over_voxels, weight});
        context->saved_data["stride"] = stride;
        context->saved_data["precision"] = precision;
        context->saved_data["channels"] = x.size(1);
        context->saved_data["wants_x"] = x.requires_grad();
        context->saved_data["joined"] = joined.defined();
        context->saved_data["bias"] = bias.defined();
        return output;
    }
    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto& weight = saved[1];
        const auto s = shape_of(gradients[0].sizes(), weight, context->saved_data["stride"].toIntVector(),
                                static_cast<Precision>(context->saved_data["precision"].toInt()));
        const auto lines = both_lines(s, true, [&](SumOver over) { return output_lines(s, over, gradients[0]); });
        const auto channels = context->saved_data["channels"].toInt();
        variable_list result(7);
        if (context->saved_data["wants_x"].toBool())
            result[0] = transposed_of(s, lines.over_channels, weight, 0, channels);
        if (context->saved_data["joined"].toBool())
            result[1] = transposed_of(s, lines.over_channels, weight, channels, s.in - channels);
        result[2] = weight_gradient_of(s, saved[0], lines.over_voxels, weight);
        if (context->saved_data["bias"].toBool()) result[3] = gradients[0].sum({0, 2, 3, 4});
        return result;
    }
};

struct Upsampling : public torch::autograd::Function<Upsampling> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                              std::int64_t precision, bool goes_back) {
        const auto s = shape_of(x.sizes(), weight, weight.sizes().slice(2), static_cast<Precision>(precision));
        const auto lines = both_lines(s, goes_back, [&](SumOver over) { return output_lines(s, over, x); });
        auto output = transposed_of(s, lines.over_channels, weight, 0, s.in);
        if (!goes_back) return output;
        context->save_for_backward({lines.over_voxels, weight});
        context->saved_data["precision"] = precision;
        return output;
    }
    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto& weight = saved[1];
        auto coarse = gradients[0].sizes().vec();
        for (std::size_t a = 2; a < 5; ++a) coarse[a] /= weight.size(static_cast<std::int64_t>(a));
        const auto s = shape_of(coarse, weight, weight.sizes().slice(2),
                                static_cast<Precision>(context->saved_data["precision"].toInt()));
        const auto lines = both_lines(s, true, [&](SumOver over) { return input_lines(s, over, gradients[0], {}); });
        return {forward_of(s, lines.over_channels, weight, {}),
                weight_gradient_of(s, lines.over_voxels, saved[0], weight),
                {},
                {}};
    }
};

NormShape norm_shape(const at::Tensor& x) {
    return {x.size(0), x.size(1), x.numel() / (x.size(0) * x.size(1)), norm_epsilon, leaky_slope};
}

struct Normalisation : public torch::autograd::Function<Normalisation> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                              const at::Tensor& bias) {
        const auto input = x.contiguous();
        const auto s = norm_shape(input);
        auto output = at::empty_like(input), mean = at::empty({s.batch, s.channels}, x.options());
        auto inverse_sd = at::empty_like(mean);
        normalise_forward(s, input.data_ptr<float>(), weight.data_ptr<float>(), bias.data_ptr<float>(),
                          output.data_ptr<float>(), mean.data_ptr<float>(), inverse_sd.data_ptr<float>(), run);
        context->save_for_backward({input, weight, bias, mean, inverse_sd});
        return output;
    }
    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto gradient = gradients[0].contiguous();
        auto of_input = at::empty_like(gradient), of_weight = at::empty_like(saved[1]),
             of_bias = at::empty_like(saved[2]);
        normalise_backward(norm_shape(saved[0]), saved[0].data_ptr<float>(), saved[1].data_ptr<float>(),
                           saved[2].data_ptr<float>(), saved[3].data_ptr<float>(), saved[4].data_ptr<float>(),
                           gradient.data_ptr<float>(), of_input.data_ptr<float>(), of_weight.data_ptr<float>(),
                           of_bias.data_ptr<float>(), run);
        return {of_input, of_weight, of_bias};
    }
};

bool own_convolution_serves(const at::Tensor& x, const at::Tensor& weight, at::IntArrayRef stride,
                            Precision precision) {
    if (!serves_own_kernels(x)) return false;
    for (std::int64_t a = 0; a < 3; ++a)
        if (x.size(a + 2) % stride[static_cast<std::size_t>(a)] != 0) return false;
    return shape_of(x.sizes(), weight, stride, precision).is_supported();
}

std::vector<std::int64_t> torch_order(const Extent3& e) { return {e[2], e[1], e[0]}; }

/// What LibTorch is to multiply, and what it gives back.
at::Tensor lowered(const at::Tensor& tensor, Precision precision) {
    return precision == Precision::bfloat16 ? tensor.to(at::kBFloat16) : tensor;
}
at::Tensor raised(const at::Tensor& tensor, const at::Tensor& like) { return tensor.to(like.scalar_type()); }

}  // namespace

at::Tensor convolve(const at::Tensor& x, const at::Tensor& joined, const at::Tensor& weight, const at::Tensor& bias,
                    const Extent3& strides, Precision precision) {
    if (joined.defined() && x.size(1) % 2 != 0)  // pairs of channels would not meet
        return convolve(at::cat({x, joined}, 1), {}, weight, bias, strides, precision);
    const auto stride = torch_order(strides);
    if (own_convolution_serves(x, weight, stride, precision))
        return Convolution::apply(x, maybe(joined), weight, maybe(bias), stride, static_cast<std::int64_t>(precision),
                                  at::GradMode::is_enabled());
    const std::vector<std::int64_t> padding{weight.size(2) / 2, weight.size(3) / 2, weight.size(4) / 2};
    const auto all = joined.defined() ? at::cat({x, joined}, 1) : x;
    const auto constant = bias.defined() ? lowered(bias, precision) : at::Tensor();
    return raised(at::conv3d(lowered(all, precision), lowered(weight, precision), constant, stride, padding), x);
}

at::Tensor upsample(const at::Tensor& x, const at::Tensor& weight, const Extent3& strides, Precision precision) {
    const auto stride = torch_order(strides);
    if (serves_own_kernels(x) && shape_of(x.sizes(), weight, stride, precision).is_supported())
        return Upsampling::apply(x, weight, static_cast<std::int64_t>(precision), at::GradMode::is_enabled());
    return raised(at::conv_transpose3d(lowered(x, precision), lowered(weight, precision), {}, stride), x);
}

at::Tensor normalise_and_activate(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
    if (serves_own_kernels(x)) return Normalisation::apply(x, weight, bias);
    auto y = at::instance_norm(x, weight, bias, {}, {}, true, 0, norm_epsilon, false);
    return at::leaky_relu_(y, leaky_slope);
}

}  // namespace cohort::learn
