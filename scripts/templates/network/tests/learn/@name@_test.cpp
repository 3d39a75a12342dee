#include "learn/networks/@name@.h"  // before Catch: torch brings a CHECK of its own, and the last one counts

#include <catch2/catch.hpp>

#include "core/philox.h"
#include "learn/model.h"
#include "learn/plan/choose_plan.h"

using namespace cohort;
using namespace cohort::learn;

namespace {

const ClassTable labels({{0, "background"}, {1, "a"}});

Plan small_plan() {
    PlanWishes wishes;
    wishes.width = 4;
    wishes.patch = Extent3{16, 16, 8};
    auto plan = choose_plan({{{16, 16, 8}}, {{1, 1, 1}}, 1, 2, false}, wishes);
    plan.network = "@name@";
    return plan;
}

/// A bright bar under noise.
Batch batch_of(const Plan& plan) {
    Batch batch;
    RandomStream random(3, "batch", 0);
    const auto voxels = static_cast<std::size_t>(plan.batch * plan.patch[0] * plan.patch[1] * plan.patch[2]);
    for (std::size_t i = 0; i < voxels; ++i) {
        const bool bar = i % 16 < 6;
        batch.classes.push_back(bar ? 1 : 0);
        batch.image.push_back(static_cast<float>((bar ? 1 : 0) + 0.2 * random.normal()));
    }
    return batch;
}

}  // namespace

TEST_CASE("@name@ gives a logit per class and voxel, for any number of channels") {
    const auto plan = small_plan();
    const auto& network = architecture_named("@name@");
    for (const std::int64_t channels : {1, 3}) {
        std::vector<at::Tensor> weights;
        for (const auto& wanted : network.wanted(plan, channels, 5)) weights.push_back(at::ones(wanted.shape));
        const auto logits = network.forward(plan, weights, at::rand({2, channels, 8, 16, 16}));
        REQUIRE(logits.size() == 1);
        CHECK(logits[0].sizes() == at::IntArrayRef({2, 5, 8, 16, 16}));
    }
}

TEST_CASE("gradients reach every weight of @name@") {
    Model model(small_plan(), 1, labels, 1, "cpu");
    const auto before = model.state();
    model.train(batch_of(model.plan()), 1e-2, 0);
    for (const auto& [name, tensor] : model.state()) {
        INFO(name);
        CHECK(tensor.values != before.at(name).values);
    }
}

TEST_CASE("@name@ learns one batch by heart") {
    Model model(small_plan(), 1, labels, 1, "cpu");
    const auto batch = batch_of(model.plan());
    const auto first = model.train(batch, model.plan().learning_rate, 0);
    StepLoss last;
    for (std::uint64_t i = 1; i < 60; ++i) last = model.train(batch, model.plan().learning_rate, i);
    INFO("from " << first.total << " to " << last.total);
    CHECK(last.total < first.total / 2);
}

TEST_CASE("a plan that names @name@ is read back as it was written") {
    const auto plan = small_plan();
    CHECK(plan_from_json(to_json(plan), "plan").network == "@name@");
}
