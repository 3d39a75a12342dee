// One step of training on a cached batch: training_step WIDTH X Y Z BATCH THREADS STEPS [PRECISION] → JSON on stdout.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/philox.h"
#include "learn/environment.h"
#include "learn/model.h"
#include "learn/plan/choose_plan.h"

using namespace cohort;
using namespace cohort::learn;

int main(int argc, char** argv) {
    settle_environment(argv);
    if (argc < 8) return 2;
    const auto number = [&](int i) { return std::atoll(argv[i]); };
    PlanInputs inputs;
    inputs.shapes = {{number(2), number(3), number(4)}};
    inputs.spacings_mm = {{1, 1, 1}};
    PlanWishes wishes;
    wishes.width = number(1);
    wishes.patch = inputs.shapes.front();
    wishes.batch = number(5);
    wishes.stages = 4;
    if (argc > 8 && std::string(argv[8]) == "bfloat16") wishes.precision = Precision::bfloat16;
    const auto plan = choose_plan(inputs, wishes);
    set_compute_threads(static_cast<unsigned>(number(6)));
    const ClassTable labels({{0, "background"}, {1, "anterior"}, {2, "posterior"}});
    Model model(plan, 1, labels, 1, "cpu");

    RandomStream random(1, "bench", 0);
    Batch batch;
    const auto voxels = static_cast<std::size_t>(plan.batch * plan.patch[0] * plan.patch[1] * plan.patch[2]);
    for (std::size_t i = 0; i < voxels; ++i) {
        batch.classes.push_back(static_cast<std::uint16_t>((i / 5) % 3));
        batch.image.push_back(static_cast<float>(batch.classes.back() + random.normal()));
    }
    for (std::uint64_t i = 0; i < 3; ++i) model.train(batch, 3e-3, i);
    double best = 1e9, sum = 0;
    StepLoss loss;
    for (std::int64_t i = 0; i < number(7); ++i) {
        const auto began = std::chrono::steady_clock::now();
        loss = model.train(batch, 3e-3, static_cast<std::uint64_t>(3 + i));
        const auto s = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
        best = std::min(best, s);
        sum += s;
    }
    std::printf("{\"s\": %.6f, \"mean_s\": %.6f, \"loss\": %.6f}\n", best, sum / static_cast<double>(number(7)),
                loss.total);
}
