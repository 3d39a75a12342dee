#include "learn/model.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "core/error.h"
#include "core/machine.h"
#include "core/philox.h"
#include "learn/plan/choose_plan.h"

using namespace cohort;
using namespace cohort::learn;

namespace {

const ClassTable labels({{0, "background"}, {1, "a"}, {5, "b"}});

Plan small_plan(bool deep = false, Optimiser optimiser = Optimiser::adamw) {
    PlanWishes wishes;
    wishes.width = 4;
    wishes.patch = Extent3{16, 16, 8};
    wishes.deep_supervision = deep;
    wishes.optimiser = optimiser;
    return choose_plan({{{16, 16, 8}}, {{1, 1, 1.5}}, 2, 3, false}, wishes);
}

Batch batch_of(const Plan& plan) {
    Batch batch;
    RandomStream random(3, "batch", 0);
    const auto voxels = static_cast<std::size_t>(plan.patch[0] * plan.patch[1] * plan.patch[2]);
    for (std::int64_t n = 0; n < plan.batch; ++n) {
        std::vector<std::uint16_t> classes(voxels);
        for (std::size_t i = 0; i < voxels; ++i)
            classes[i] = static_cast<std::uint16_t>((i % 16 < 6 ? 1 : 0) + (i / 256 > 5 && i % 16 < 6 ? 1 : 0));
        for (int c = 0; c < 2; ++c)
            for (std::size_t i = 0; i < voxels; ++i)
                batch.image.push_back(static_cast<float>(classes[i] + 0.2 * random.normal()));
        batch.classes.insert(batch.classes.end(), classes.begin(), classes.end());
    }
    return batch;
}

}  // namespace

TEST_CASE("one batch is learnt by heart, by either optimiser, with and without deep supervision") {
    const auto deep = GENERATE(false, true);
    const auto optimiser = GENERATE(Optimiser::adamw, Optimiser::sgd);
    const auto plan = small_plan(deep, optimiser);
    Model model(plan, 2, labels, 1, "cpu");
    const auto batch = batch_of(plan);
    const auto first = model.train(batch, plan.learning_rate, 0);
    StepLoss last;
    for (std::uint64_t i = 1; i < 100; ++i) last = model.train(batch, plan.learning_rate, i);
    INFO("deep " << deep << ", from " << first.total << " to " << last.total);
    CHECK(last.total < first.total / 2);
}

TEST_CASE("gradients reach every weight") {
    const auto plan = small_plan(true);
    Model model(plan, 2, labels, 1, "cpu");
    const auto before = model.state();
    model.train(batch_of(plan), 1e-2, 0);
    for (const auto& [name, tensor] : model.state()) {
        INFO(name);
        CHECK(tensor.values != before.at(name).values);
    }
}

TEST_CASE("probabilities are between 0 and 1 and sum to 1") {
    const auto plan = small_plan();
    Model model(plan, 2, labels, 1, "cpu");
    const auto voxels = static_cast<std::size_t>(plan.patch[0] * plan.patch[1] * plan.patch[2]);
    std::vector<float> image(2 * voxels, 0.5f), probabilities(3 * voxels);
    model.predict(image, probabilities);
    for (std::size_t i = 0; i < voxels; ++i) {
        const auto sum = probabilities[i] + probabilities[voxels + i] + probabilities[2 * voxels + i];
        CHECK(sum == Approx(1).margin(1e-5));
    }
}

TEST_CASE("equal seeds give equal weights, other seeds others") {
    const auto plan = small_plan();
    CHECK(Model(plan, 2, labels, 1, "cpu").state() == Model(plan, 2, labels, 1, "cpu").state());
    CHECK_FALSE(Model(plan, 2, labels, 1, "cpu").state() == Model(plan, 2, labels, 2, "cpu").state());
}

TEST_CASE("a model that is saved, loaded and trained on equals one that was never interrupted, to the bit") {
    const auto optimiser = GENERATE(Optimiser::adamw, Optimiser::sgd);
    auto plan = small_plan(false, optimiser);
    plan.weight_averaging = GENERATE(0.0, 0.9);
    const auto batch = batch_of(plan);
    Model straight(plan, 2, labels, 1, "cpu"), first(plan, 2, labels, 1, "cpu"), second(plan, 2, labels, 9, "cpu");
    for (std::uint64_t i = 0; i < 6; ++i) straight.train(batch, 1e-3, i);
    for (std::uint64_t i = 0; i < 3; ++i) first.train(batch, 1e-3, i);
    second.load(first.state(), "checkpoint");
    for (std::uint64_t i = 3; i < 6; ++i) second.train(batch, 1e-3, i);
    CHECK(straight.state() == second.state());
}

TEST_CASE("the average of the weights is that of its definition, predicts, and leaves training alone") {
    auto plan = small_plan();
    plan.weight_averaging = 0;
    Model plain(plan, 2, labels, 1, "cpu");
    plan.weight_averaging = 0.2;
    Model averaging(plan, 2, labels, 1, "cpu");
    const auto batch = batch_of(plan);
    auto expected = plain.state();
    for (std::uint64_t i = 0; i < 4; ++i) {
        plain.train(batch, 1e-2, i);
        averaging.train(batch, 1e-2, i);
        const auto keep = std::min(0.2, static_cast<double>(i + 1) / static_cast<double>(i + 11));
        for (auto& [name, tensor] : plain.state())
            for (std::size_t k = 0; k < tensor.values.size(); ++k)
                expected[name].values[k] = static_cast<float>(keep * static_cast<double>(expected[name].values[k]) +
                                                              (1 - keep) * static_cast<double>(tensor.values[k]));
    }
    auto found = averaging.state(), trained = plain.state();
    std::size_t compared = 0;
    for (const auto& [name, tensor] : trained) {
        CHECK(found.at(name) == tensor);
        if (name.rfind("weights.", 0) != 0) continue;
        const auto& average = found.at("average." + name.substr(8));
        for (std::size_t k = 0; k < tensor.values.size(); ++k, ++compared)
            REQUIRE(average.values[k] == Approx(expected[name].values[k]).margin(1e-6));
    }
    CHECK(compared > 1000);
    const std::vector<float> window(batch.image.begin(), batch.image.begin() + batch.image.size() / 2);
    std::vector<float> by_last(window.size() / 2 * 3), by_average = by_last;
    plain.predict(window, by_last);
    averaging.predict(window, by_average);
    CHECK(by_last != by_average);
}

TEST_CASE("weights of another network are refused as another plan's") {
    const auto plan = small_plan();
    auto wider = plan;
    wider.stages[0].features = 6;
    Model model(plan, 2, labels, 1, "cpu");
    const auto refused = [&](const std::map<std::string, HostTensor>& tensors) {
        try {
            model.load(tensors, "checkpoint");
        } catch (const Error& error) {
            return error.code() == Exit::bad_input && error.sentence().find("another plan") != std::string::npos;
        }
        return false;
    };
    CHECK(refused(Model(wider, 2, labels, 1, "cpu").state()));
    auto extra = model.state();
    extra["weights.more"] = {{1}, {1}};
    CHECK(refused(extra));
}

TEST_CASE("a loss that is not finite leaves the weights as they were") {
    const auto plan = small_plan();
    Model model(plan, 2, labels, 1, "cpu");
    const auto before = model.state();
    auto batch = batch_of(plan);
    batch.image[5] = std::nanf("");
    CHECK_FALSE(std::isfinite(model.train(batch, 1e-3, 0).total));
    CHECK(model.state() == before);
}

TEST_CASE("more compute threads than CPUs, and a device that is not there, are refused for want of resources") {
    const auto code_of = [](const auto& work) {
        try {
            work();
        } catch (const Error& error) {
            return error.code();
        }
        return Exit::done;
    };
    CHECK(code_of([] { set_compute_threads(allowed_cpus() + 1); }) == Exit::resources);
    CHECK(code_of([] { Model(small_plan(), 2, labels, 1, "cuda:99"); }) == Exit::resources);
    CHECK(code_of([] { Model(small_plan(), 2, labels, 1, "abacus"); }) == Exit::usage);
}
