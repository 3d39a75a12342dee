#include "learn/loss.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "core/philox.h"

using namespace cohort;
using namespace cohort::learn;

namespace {

struct Example {
    std::vector<double> logits;        ///< [2, 3, 2, 2, 2]
    std::vector<std::int64_t> target;  ///< [2, 2, 2, 2]
};

Example example() {
    Example e;
    RandomStream random(1, "loss", 0);
    for (int i = 0; i < 2 * 3 * 8; ++i) e.logits.push_back(2 * random.normal());
    for (int i = 0; i < 2 * 8; ++i) e.target.push_back(static_cast<std::int64_t>(random.below(3)));
    return e;
}

/// By the definition, voxel by voxel, in double.
double by_definition(const Example& e) {
    double cross_entropy = 0;
    std::array<double, 3> common{}, both{};
    for (std::size_t n = 0; n < 2; ++n)
        for (std::size_t v = 0; v < 8; ++v) {
            std::array<double, 3> p{};
            double sum = 0;
            for (std::size_t c = 0; c < 3; ++c) sum += p[c] = std::exp(e.logits[(n * 3 + c) * 8 + v]);
            const auto truth = static_cast<std::size_t>(e.target[n * 8 + v]);
            for (auto& value : p) value /= sum;
            cross_entropy -= std::log(p[truth]) / 16;
            common[truth] += p[truth];
            for (std::size_t c = 0; c < 3; ++c) both[c] += p[c] + (c == truth ? 1 : 0);
        }
    double dice = 0;
    for (std::size_t c = 1; c < 3; ++c) dice += (2 * common[c] + 1e-5) / (both[c] + 1e-5) / 2;
    return cross_entropy + 1 - dice;
}

at::Tensor tensor_of(const std::vector<double>& values) {
    return at::tensor(values, at::kDouble).view({2, 3, 2, 2, 2}).clone();
}
at::Tensor target_of(const Example& e) { return at::tensor(e.target, at::kLong).view({2, 2, 2, 2}); }
at::Tensor foreground() { return at::tensor(std::vector<std::int64_t>{1, 2}, at::kLong); }

}  // namespace

TEST_CASE("Dice and cross-entropy equal their definition") {
    const auto e = example();
    const auto loss = dice_and_cross_entropy(tensor_of(e.logits), target_of(e), foreground());
    CHECK(loss.total.item<double>() == Approx(by_definition(e)).epsilon(1e-12));
    CHECK(loss.total.item<double>() == Approx(loss.cross_entropy.item<double>() + loss.dice.item<double>()));
}

TEST_CASE("the loss's gradient equals finite differences") {
    const auto e = example();
    auto logits = tensor_of(e.logits);
    logits.set_requires_grad(true);
    dice_and_cross_entropy(logits, target_of(e), foreground()).total.backward();
    const auto gradient = logits.grad().contiguous();
    for (std::size_t i = 0; i < e.logits.size(); ++i) {
        auto up = e, down = e;
        up.logits[i] += 1e-5;
        down.logits[i] -= 1e-5;
        CHECK(gradient.data_ptr<double>()[i] == Approx((by_definition(up) - by_definition(down)) / 2e-5).margin(1e-8));
    }
}

TEST_CASE("a right and certain answer costs nothing, a wrong one much") {
    const auto target = at::zeros({1, 4, 4, 4}, at::kLong).fill_(1);
    auto right = at::zeros({1, 3, 4, 4, 4}, at::kDouble), wrong = right.clone();
    right.select(1, 1).fill_(50);
    wrong.select(1, 2).fill_(50);
    const auto only = at::tensor(std::vector<std::int64_t>{1}, at::kLong);
    CHECK(dice_and_cross_entropy(right, target, only).total.item<double>() < 1e-6);
    CHECK(dice_and_cross_entropy(wrong, target, only).total.item<double>() > 10);
}

TEST_CASE("deep supervision weighs resolutions 1, 1/2, 1/4 and takes targets from the middle of each block") {
    RandomStream random(2, "deep", 0);
    auto target = at::empty({1, 4, 4, 4}, at::kLong);
    for (int i = 0; i < 64; ++i) target.data_ptr<std::int64_t>()[i] = static_cast<std::int64_t>(random.below(3));
    std::vector<at::Tensor> logits;
    for (const std::int64_t n : {4, 2, 1}) {
        auto level = at::empty({1, 3, n, n, n}, at::kDouble);
        for (std::int64_t i = 0; i < level.numel(); ++i) level.data_ptr<double>()[i] = random.normal();
        logits.push_back(level);
    }
    const auto part = [&](std::size_t level, const at::Tensor& t) {
        return dice_and_cross_entropy(logits[level], t, foreground()).total.item<double>();
    };
    auto half = at::empty({1, 2, 2, 2}, at::kLong), quarter = at::empty({1, 1, 1, 1}, at::kLong);
    for (int z = 0; z < 2; ++z)
        for (int y = 0; y < 2; ++y)
            for (int x = 0; x < 2; ++x) half[0][z][y][x] = target[0][2 * z + 1][2 * y + 1][2 * x + 1];
    quarter[0][0][0][0] = target[0][2][2][2];
    const auto expected = (part(0, target) + part(1, half) / 2 + part(2, quarter) / 4) / 1.75;
    CHECK(supervised_loss(logits, target, foreground()).total.item<double>() == Approx(expected));
}
