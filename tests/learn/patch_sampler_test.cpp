#include "learn/patch_sampler.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "core/error.h"
#include "learn/plan/choose_plan.h"
#include "tests/learn/made_cases.h"

using namespace cohort;
using namespace cohort::learn;

namespace {

/// A dataset opened, surveyed, ready to be sampled.
struct Opened {
    TestFolder folder;
    std::unique_ptr<store::Dataset> dataset;
    std::unique_ptr<CaseReader> reader;
    std::vector<Case> cases;

    Opened(const std::vector<MadeSample>& samples, const std::vector<int>& labels) {
        write_dataset(folder / "data", samples, labels);
        dataset = std::make_unique<store::Dataset>(folder / "data");
        const auto& content = dataset->manifest().content;
        reader = std::make_unique<CaseReader>(*dataset, channels_of(content, dataset->all_samples()),
                                              class_table(content, "label", "dataset"), "label");
        for (auto& sample : dataset->all_samples())
            cases.push_back(std::get<Case>(reader->survey(std::move(sample), WithLabel::yes)));
    }
};

Plan plan_for(const Extent3& patch, const std::string& augmentation) {
    PlanWishes wishes;
    wishes.patch = patch;
    wishes.augmentation = augmentation;
    return choose_plan({{patch}, {{1, 1, 1}}, 1, 2, false}, wishes);
}

}  // namespace

TEST_CASE("a case's mean, SD and foreground voxels equal their definitions") {
    const Opened data({ball_sample(1, {20, 17, 13}, 5)}, {0, 5});
    const auto& which = data.cases.at(0);
    const auto made = ball_sample(1, {20, 17, 13}, 5);
    double sum = 0, squares = 0;
    std::size_t inside = 0;
    for (int z = 0; z < 13; ++z)
        for (int y = 0; y < 17; ++y)
            for (int x = 0; x < 20; ++x) {
                const double value = made.image(x, y, z);
                sum += value;
                squares += value * value;
                inside += made.label(x, y, z) == 5;
            }
    const double n = 20 * 17 * 13, mean = sum / n;
    CHECK(which.mean[0] == Approx(mean));
    CHECK(1 / which.inverse_sd[0] == Approx(std::sqrt(squares / n - mean * mean)));
    REQUIRE(which.foreground.size() == 1);
    CHECK(which.foreground[0].class_number == 1);
    CHECK(which.foreground[0].places.size() <= 256);
    CHECK(which.foreground[0].places.size() > std::min<std::size_t>(inside, 256) / 2);
    for (const auto place : which.foreground[0].places)
        CHECK(made.label(static_cast<std::int64_t>(place % 20), static_cast<std::int64_t>(place / 20 % 17),
                         static_cast<std::int64_t>(place / 340)) == 5);
}

TEST_CASE("a patch is the image's z-scored voxels at its place, 0 and background outside") {
    const Opened data({ball_sample(1, {20, 17, 13}, 5)}, {0, 5});
    const auto made = ball_sample(1, {20, 17, 13}, 5);
    const auto& which = data.cases.at(0);
    const Extent3 origin{-3, 5, 9}, extent{16, 8, 8};
    std::vector<float> image(16 * 8 * 8);
    std::vector<std::uint16_t> classes(image.size());
    data.reader->read_channel(which, 0, origin, extent, image);
    data.reader->read_classes(which, origin, extent, classes);
    std::size_t i = 0;
    for (auto z = origin[2]; z < origin[2] + extent[2]; ++z)
        for (auto y = origin[1]; y < origin[1] + extent[1]; ++y)
            for (auto x = origin[0]; x < origin[0] + extent[0]; ++x, ++i) {
                const bool in = x >= 0 && y >= 0 && z >= 0 && x < 20 && y < 17 && z < 13;
                const auto expected = in ? (made.image(x, y, z) - which.mean[0]) * which.inverse_sd[0] : 0.0;
                REQUIRE(image[i] == Approx(expected).margin(1e-4));
                REQUIRE(classes[i] == (in && made.label(x, y, z) == 5 ? 1 : 0));
            }
}

TEST_CASE("an item is a function of seed and number: any order, any buffers") {
    const Opened data({ball_sample(1, {30, 24, 20}, 1), ball_sample(2, {30, 24, 20}, 1)}, {0, 1});
    const auto plan = plan_for({16, 16, 16}, "light");
    const PatchSampler sampler(*data.reader, data.cases, plan, 5), other(*data.reader, data.cases, plan, 6);
    Batch a, b, c;
    sampler.fill(7, a);
    sampler.fill(3, b);
    sampler.fill(7, b);
    other.fill(7, c);
    CHECK(a.image == b.image);
    CHECK(a.classes == b.classes);
    CHECK_FALSE(a.image == c.image);
}

TEST_CASE("a plan's transforms change its recipe") {
    const Opened data({ball_sample(1, {16, 16, 16}, 1)}, {0, 1});
    const auto light = plan_for({16, 16, 16}, "light");
    auto still = plan_for({16, 16, 16}, "none");
    auto changed = light;
    changed.transforms = {"shift-voxels=0", "noise-sd=0"};
    Batch a, b, c;
    PatchSampler(*data.reader, data.cases, still, 5).fill(7, a);
    PatchSampler(*data.reader, data.cases, changed, 5).fill(7, b);
    PatchSampler(*data.reader, data.cases, light, 5).fill(7, c);
    CHECK(a.image == b.image);
    CHECK_FALSE(a.image == c.image);
    still.transforms = {"mirrored=1"};
    CHECK_THROWS_AS(PatchSampler(*data.reader, data.cases, still, 5), Error);
}

TEST_CASE("the places of a batch that must hold foreground do") {
    // A small bright dot in a large image: by chance a patch would nearly always miss it.
    MadeSample dot{"dot",
                   {96, 96, 24},
                   [](auto, auto, auto) { return 1.f; },
                   [](auto x, auto y, auto z) { return x > 80 && x < 84 && y > 4 && y < 8 && z == 12 ? 1 : 0; },
                   {}};
    dot.image = [label = dot.label](auto x, auto y, auto z) { return static_cast<float>(label(x, y, z)); };
    const Opened data({dot}, {0, 1});
    auto plan = plan_for({16, 16, 8}, "none");
    plan.foreground_share = 0.5;
    const PatchSampler sampler(*data.reader, data.cases, plan, 1);
    Batch batch;
    int free = 0;
    for (std::uint64_t i = 0; i < 20; ++i) {
        sampler.fill(i, batch);
        const auto half = batch.classes.begin() + static_cast<std::ptrdiff_t>(sampler.voxels());
        free += std::count(batch.classes.begin(), half, 1) > 0;
        CHECK(std::count(half, batch.classes.end(), 1) > 0);
    }
    CHECK(free < 10);
}

TEST_CASE("images smaller than the patch, 2D images and one-class cases are sampled") {
    const Opened data(
        {ball_sample(1, {9, 7, 5}, 1),
         {"flat", {40, 3, 2}, [](auto x, auto, auto) { return float(x); }, [](auto, auto, auto) { return 0; }, {}}},
        {0, 1});
    const auto plan = plan_for({16, 16, 8}, "light");
    const PatchSampler sampler(*data.reader, data.cases, plan, 1);
    Batch batch;
    for (std::uint64_t i = 0; i < 10; ++i) sampler.fill(i, batch);
    CHECK(batch.image.size() == 2 * 16 * 16 * 8);

    const Opened flat({ball_sample(1, {40, 30}, 1)}, {0, 1});
    const auto plan_2d = plan_for({32, 32, 1}, "light");
    const PatchSampler sampler_2d(*flat.reader, flat.cases, plan_2d, 1);
    sampler_2d.fill(0, batch);
    CHECK(batch.image.size() == 2 * 32 * 32);
}

TEST_CASE("NaN voxels set a case aside, a label value beyond the table ends the run, both by name") {
    TestFolder folder;
    auto nan = ball_sample(1, {8, 8, 8}, 1), wild = ball_sample(2, {8, 8, 8}, 77);
    nan.image = [](auto x, auto, auto) { return x == 3 ? std::nanf("") : 1.f; };
    write_dataset(folder / "data", {nan, wild}, {0, 1});
    const store::Dataset dataset(folder / "data");
    const CaseReader reader(dataset, channels_of(dataset.manifest().content, dataset.all_samples()),
                            class_table(dataset.manifest().content, "label", "dataset"), "label");
    const auto samples = dataset.all_samples();
    const auto first = reader.survey(samples[0], WithLabel::yes);
    REQUIRE(std::holds_alternative<Quarantined>(first));
    CHECK(std::get<Quarantined>(first).reason == "image-non-finite");
    try {
        reader.survey(samples[1], WithLabel::yes);
        FAIL("accepted");
    } catch (const Error& error) {
        CHECK(error.code() == Exit::bad_input);
        CHECK(error.sentence().find("ball_002") != std::string::npos);
        CHECK(error.sentence().find("77") != std::string::npos);
    }
}
