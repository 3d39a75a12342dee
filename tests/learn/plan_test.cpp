#include <catch2/catch.hpp>

#include "core/error.h"
#include "learn/plan/choose_plan.h"

using namespace cohort;
using namespace cohort::learn;

namespace {

PlanInputs inputs_of(const Extent3& shape, const std::array<double, 3>& spacing_mm, bool accelerator = false) {
    return {{shape}, {spacing_mm}, 1, 3, accelerator};
}

std::vector<Extent3> strides_of(const Plan& plan) {
    std::vector<Extent3> strides;
    for (const auto& stage : plan.stages) strides.push_back(stage.stride);
    return strides;
}

}  // namespace

TEST_CASE("hippocampus' median shape gives nnU-Net's patch and strides") {
    const auto plan = choose_plan(inputs_of({35, 50, 36}, {1, 1, 1}), {});
    CHECK(plan.patch == Extent3{40, 56, 40});
    CHECK(strides_of(plan) == std::vector<Extent3>{{1, 1, 1}, {2, 2, 2}, {2, 2, 2}, {2, 2, 2}});
    for (const auto& stage : plan.stages) CHECK(stage.kernel == Extent3{3, 3, 3});
    CHECK(plan.batch == 2);
}

TEST_CASE("a coarse axis is halved and convolved along only once the others are as coarse") {
    // The worked example of thick slices: 20 × 256 × 224 at 5 × 1.5625 × 1.5625 mm, here x, y, z.
    PlanWishes wishes;
    wishes.patch = Extent3{224, 256, 20};
    wishes.stages = 8;
    const auto plan = choose_plan(inputs_of({208, 237, 18}, {1.5625, 1.5625, 5.0}), wishes);
    CHECK(strides_of(plan) == std::vector<Extent3>{{1, 1, 1}, {2, 2, 1}, {2, 2, 2}, {2, 2, 2}, {2, 2, 1}, {2, 2, 1}});
    CHECK(plan.stages[0].kernel == Extent3{3, 3, 1});
    CHECK(plan.stages[1].kernel == Extent3{3, 3, 3});
    CHECK(plan.patch == Extent3{224, 256, 20});
}

TEST_CASE("2D images get a patch of one slice and kernels of one voxel across") {
    const auto plan = choose_plan(inputs_of({256, 256, 1}, {1, 1, 1}), {});
    CHECK(plan.patch[2] == 1);
    for (const auto& stage : plan.stages) {
        CHECK(stage.kernel[2] == 1);
        CHECK(stage.stride[2] == 1);
    }
}

TEST_CASE("large images get a patch within the budget that the strides divide") {
    const auto shape = GENERATE(Extent3{512, 512, 600}, Extent3{200, 40, 30}, Extent3{3, 3, 3}, Extent3{1000, 7, 1});
    const auto plan = choose_plan(inputs_of(shape, {0.8, 0.8, 1.5}), {});
    CHECK(plan.patch[0] * plan.patch[1] * plan.patch[2] <= 128 * 1024);
    const auto unit = plan.total_stride();
    for (std::size_t axis = 0; axis < 3; ++axis) CHECK(plan.patch[axis] % unit[axis] == 0);
    CHECK(plan.stages.size() >= 2);
}

TEST_CASE("a plan reads back equal, reasons included") {
    PlanWishes wishes;
    wishes.width = 12;
    wishes.deep_supervision = true;
    wishes.optimiser = Optimiser::sgd;
    wishes.transforms = {"mirror=.5", "elastic-voxels=.2:.5:2"};
    const auto plan = choose_plan(inputs_of({35, 50, 36}, {1, 1, 1}), wishes);
    const auto back = plan_from_json(to_json(plan), "plan.json");
    CHECK(canonical_json(to_json(back)) == canonical_json(to_json(plan)));
    CHECK(plan_digest(back) == plan_digest(plan));
    CHECK(back.learning_rate == 1e-2);
    CHECK(back.transforms == wishes.transforms);
    CHECK(back.reasons.at("features") != "");
    CHECK(to_json(plan).at("choices").at("patch_size").at("reason").get<std::string>().find("35×50×36") !=
          std::string::npos);
}

TEST_CASE("hostile plans are refused with a sentence") {
    const auto good = to_json(choose_plan(inputs_of({35, 50, 36}, {1, 1, 1}), {}));
    const auto refused = [&](const char* choice, const Json& value) {
        auto bad = good;
        bad["choices"][choice]["value"] = value;
        try {
            plan_from_json(bad, "plan.json");
        } catch (const Error& error) {
            return error.code() == Exit::bad_input;
        }
        return false;
    };
    CHECK(refused("patch_size", {40, 56, 41}));
    CHECK(refused("patch_size", {1 << 30, 1 << 30, 1 << 30}));
    CHECK(refused("patch_size", {40, 56}));
    CHECK(refused("features", {8}));
    CHECK(refused("features", {8, 16, 32, -1}));
    CHECK(refused("kernels", {{2, 3, 3}, {3, 3, 3}, {3, 3, 3}, {3, 3, 3}}));
    CHECK(refused("strides", {{2, 2, 2}, {2, 2, 2}, {2, 2, 2}, {2, 2, 2}}));
    CHECK(refused("batch_size", 0));
    CHECK(refused("learning_rate", "fast"));
    CHECK(refused("transforms", "mirror=.5"));
    CHECK(refused("transforms", {1}));
    CHECK(refused("learning_rate", -1));
    CHECK(refused("optimiser", "lion"));
    CHECK_THROWS_AS(plan_from_json(Json::array(), "plan.json"), Error);
    CHECK_THROWS_AS(plan_from_json({{"format", 2}}, "plan.json"), Error);
}

TEST_CASE("more memory is needed for larger batches and wider networks") {
    const auto plan = choose_plan(inputs_of({35, 50, 36}, {1, 1, 1}), {});
    auto larger = plan;
    larger.batch = 8;
    PlanWishes wide;
    wide.width = 32;
    CHECK(training_bytes(larger, 1, 3) > training_bytes(plan, 1, 3));
    CHECK(training_bytes(with_wishes(plan, wide), 1, 3) > training_bytes(plan, 1, 3));
    CHECK(prediction_bytes(plan, 1, 3) < training_bytes(plan, 1, 3));
}
