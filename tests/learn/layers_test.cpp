#include "learn/layers.h"

#include <ATen/Parallel.h>

#include <bit>
#include <catch2/catch.hpp>
#include <cmath>

#include "core/philox.h"
#include "learn/kernels/bfloat16.h"
#include "learn/kernels/has_vectors.h"
#include "learn/loss.h"
#include "learn/own_kernels.h"

using namespace cohort;
using namespace cohort::learn;

namespace {

at::Tensor drawn(const std::vector<std::int64_t>& shape, std::uint64_t item) {
    RandomStream random(5, "tensor", item);
    auto tensor = at::empty(shape, at::kFloat);
    for (std::int64_t i = 0; i < tensor.numel(); ++i) tensor.data_ptr<float>()[i] = static_cast<float>(random.normal());
    return tensor.to(at::kBFloat16).to(at::kFloat);  // bfloat16 holds these exactly, so both precisions must agree
}

bool without_vectors() {
    if (has_vectors()) return false;
    WARN("skipped: this CPU has no AVX-512, our own kernels are not used");
    return true;
}

std::vector<Precision> precisions() {
    if (has_bfloat16()) return {Precision::float32, Precision::bfloat16};
    WARN("skipped in bfloat16: this CPU has no AVX512-BF16");
    return {Precision::float32};
}

/// |a − b| at most `share` of the largest |b|.
bool close(const at::Tensor& a, const at::Tensor& b, double share = 2e-5) {
    const auto scale = b.abs().max().item<double>();
    const auto away = (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
    return a.sizes() == b.sizes() && away <= share * scale + 1e-30;
}

/// Output and gradients of f at some leaves, pulled by a drawn direction.
template <class F>
std::vector<at::Tensor> with_gradients(F&& f, std::vector<at::Tensor> leaves) {
    for (auto& leaf : leaves) leaf.set_requires_grad(true);
    const auto y = f(leaves);
    (y * drawn(y.sizes().vec(), 99).to(y.scalar_type())).sum().backward();
    std::vector<at::Tensor> result{y.detach()};
    for (const auto& leaf : leaves) result.push_back(leaf.grad());
    return result;
}

/// Ours in float32 against LibTorch's in double.
template <class F>
void check_against_torch(F&& f, const std::vector<at::Tensor>& leaves) {
    std::vector<at::Tensor> singles, doubles;
    for (const auto& leaf : leaves) singles.push_back(leaf.clone()), doubles.push_back(leaf.to(at::kDouble));
    const auto ours = with_gradients(f, singles), exact = with_gradients(f, doubles);
    for (std::size_t i = 0; i < ours.size(); ++i) {
        INFO("tensor " << i);
        CHECK(close(ours[i], exact[i]));
    }
}

/// Doubles are the reference: LibTorch's, as exact as it gets.
Precision in_kind(const at::Tensor& tensor, Precision precision) {
    return tensor.scalar_type() == at::kDouble ? Precision::float32 : precision;
}

struct Layer {
    std::int64_t batch, in, out;
    Extent3 size, kernel, stride;  // x, y, z
};

std::vector<std::int64_t> image_shape(const Layer& l, std::int64_t channels) {
    return {l.batch, channels, l.size[2], l.size[1], l.size[0]};
}

}  // namespace

TEST_CASE("our convolution and its gradients equal LibTorch's in double") {
    if (without_vectors()) return;
    const auto l =
        GENERATE(Layer{2, 8, 8, {40, 7, 5}, {3, 3, 3}, {1, 1, 1}}, Layer{1, 16, 8, {49, 4, 3}, {3, 3, 3}, {1, 1, 1}},
                 Layer{3, 8, 24, {16, 9, 1}, {3, 3, 1}, {1, 1, 1}}, Layer{2, 1, 16, {12, 3, 4}, {3, 3, 1}, {1, 1, 1}},
                 Layer{1, 5, 3, {13, 2, 2}, {1, 1, 1}, {1, 1, 1}}, Layer{2, 3, 9, {1, 1, 1}, {3, 3, 3}, {1, 1, 1}},
                 Layer{2, 8, 16, {10, 6, 8}, {3, 3, 3}, {2, 2, 2}}, Layer{1, 4, 8, {22, 14, 3}, {3, 3, 1}, {2, 2, 1}},
                 Layer{1, 2, 8, {2, 2, 2}, {3, 3, 3}, {2, 2, 2}}, Layer{2, 8, 8, {100, 5, 6}, {1, 3, 3}, {1, 1, 2}});
    for (const auto precision : precisions())
        check_against_torch(
            [&](const std::vector<at::Tensor>& leaves) {
                return convolve(leaves[0], {}, leaves[1], leaves[2], l.stride, in_kind(leaves[0], precision));
            },
            {drawn(image_shape(l, l.in), 1), drawn({l.out, l.in, l.kernel[2], l.kernel[1], l.kernel[0]}, 2),
             drawn({l.out}, 3)});
}

TEST_CASE("channels joined in the convolution equal channels joined before it") {
    if (without_vectors()) return;
    const auto channels = GENERATE(8, 5);  // pairs of bfloat16 meet only where the first has an even number
    for (const auto precision : precisions())
        check_against_torch(
            [&](const std::vector<at::Tensor>& leaves) {
                return convolve(leaves[0], leaves[1], leaves[2], {}, {1, 1, 1}, in_kind(leaves[0], precision));
            },
            {drawn({2, channels, 4, 5, 20}, 1), drawn({2, 3, 4, 5, 20}, 2), drawn({8, channels + 3, 3, 3, 3}, 3)});
}

TEST_CASE("our up-sampling and its gradients equal LibTorch's in double") {
    if (without_vectors()) return;
    const auto stride = GENERATE(Extent3{2, 2, 2}, Extent3{2, 2, 1}, Extent3{1, 2, 2});
    for (const auto precision : precisions())
        check_against_torch(
            [&](const std::vector<at::Tensor>& leaves) {
                return upsample(leaves[0], leaves[1], stride, in_kind(leaves[0], precision));
            },
            {drawn({2, 16, 3, 7, 5}, 1), drawn({16, 8, stride[2], stride[1], stride[0]}, 2)});
}

TEST_CASE("our instance norm with its leaky ReLU and their gradients equal LibTorch's in double") {
    if (without_vectors()) return;
    // Where y is 0 within rounding, the ReLU's two slopes make the gradients differ: the larger the mean, the more
    // often.
    const auto [shape, mean] = GENERATE(std::pair{std::vector<std::int64_t>{2, 3, 5, 7, 11}, 100.0},
                                        std::pair{std::vector<std::int64_t>{1, 8, 20, 28, 40}, 0.5},
                                        std::pair{std::vector<std::int64_t>{2, 4, 1, 1, 3}, 1.0});
    check_against_torch(
        [](const std::vector<at::Tensor>& leaves) { return normalise_and_activate(leaves[0], leaves[1], leaves[2]); },
        {drawn(shape, 1) * 3 + mean, drawn({shape[1]}, 2), drawn({shape[1]}, 3)});
}

TEST_CASE("our loss and its gradient equal LibTorch's in double, for large logits too") {
    if (without_vectors()) return;
    const auto size = GENERATE(3, 40);
    const auto strength = GENERATE(1.0, 60.0);
    const auto target = at::remainder(at::arange(2 * 5 * 7 * size), 4).reshape({2, 5, 7, size}).to(at::kLong);
    const auto foreground = at::tensor({1, 3}, at::kLong);
    check_against_torch(
        [&](const std::vector<at::Tensor>& leaves) {
            return dice_and_cross_entropy(leaves[0], target, foreground).total.reshape({1});
        },
        {drawn({2, 4, 5, 7, size}, 1) * strength});
}

TEST_CASE("the same layers twice give the same bits, whatever the threads") {
    if (without_vectors()) return;
    std::vector<std::vector<at::Tensor>> runs;
    for (const auto threads : {1, 2}) {
        at::set_num_threads(threads);
        runs.push_back(with_gradients(
            [](const std::vector<at::Tensor>& leaves) {
                return normalise_and_activate(convolve(leaves[0], {}, leaves[1], {}, {2, 2, 2}, precisions().back()),
                                              leaves[2], leaves[3]);
            },
            {drawn({2, 8, 20, 28, 40}, 1), drawn({16, 8, 3, 3, 3}, 2), drawn({16}, 3), drawn({16}, 4)}));
    }
    for (std::size_t i = 0; i < runs[0].size(); ++i) CHECK(at::equal(runs[0][i], runs[1][i]));
}

TEST_CASE("numbers are rounded to bfloat16 as LibTorch rounds them, NaN and infinity included") {
    const auto values =
        at::cat({drawn({1000}, 1) / 3, drawn({1000}, 2) * 1e-30, at::tensor({INFINITY, -INFINITY, -0.0f, 3.4e38f})});
    const auto expected = values.to(at::kBFloat16).to(at::kFloat);
    for (std::int64_t i = 0; i < values.numel(); ++i)
        REQUIRE(std::bit_cast<float>(bfloat16_bits(values[i].item<float>()) << 16) == expected[i].item<float>());
    CHECK(std::isnan(std::bit_cast<float>(bfloat16_bits(std::bit_cast<float>(0x7fffffffu)) << 16)));
}

TEST_CASE("kernels of other sizes and odd extents under a stride are LibTorch's") {
    const auto x = drawn({1, 8, 7, 7, 16}, 1), weight = drawn({16, 8, 5, 5, 5}, 2), three = drawn({16, 8, 3, 3, 3}, 3);
    CHECK(at::equal(convolve(x, {}, weight, {}, {1, 1, 1}, Precision::float32), at::conv3d(x, weight, {}, 1, 2)));
    CHECK(at::equal(convolve(x, {}, three, {}, {2, 2, 2}, Precision::float32), at::conv3d(x, three, {}, 2, 1)));
}
