#include "learn/window_sweep.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "learn/plan/choose_plan.h"
#include "tests/learn/made_cases.h"

using namespace cohort;
using namespace cohort::learn;

TEST_CASE("windows cover every voxel, start and end at the image's ends, half a window apart or less") {
    for (std::int64_t size = 1; size < 90; ++size)
        for (const std::int64_t window : {1, 8, 13, 32}) {
            const auto positions = window_positions(size, window);
            INFO("size " << size << ", window " << window);
            if (size <= window) {
                CHECK(positions.size() == 1);
                CHECK(positions[0] <= 0);
                CHECK(positions[0] + window >= size);
                continue;
            }
            CHECK(positions.front() == 0);
            CHECK(positions.back() == size - window);
            for (std::size_t i = 1; i < positions.size(); ++i) {
                CHECK(positions[i] > positions[i - 1]);
                CHECK(positions[i] - positions[i - 1] <= std::max<std::int64_t>(window / 2, 1));
            }
        }
}

TEST_CASE("window weights are highest in the middle, symmetric and never 0") {
    const auto weights = window_weights({8, 6, 1});
    REQUIRE(weights.size() == 48);
    for (std::size_t i = 0; i < 48; ++i) {
        CHECK(weights[i] == Approx(weights[47 - i]));
        CHECK(weights[i] >= 1e-3f);
        CHECK(weights[i] <= weights[2 * 8 + 3]);
    }
}

namespace {

/// The whole image at once, by the definition: sum of weighted windows over sum of weights.
std::vector<float> by_definition(Model& model, const CaseReader& reader, const Case& which) {
    const auto window = model.plan().patch;
    const auto weights = window_weights(window);
    const auto voxels = static_cast<std::size_t>(which.shape[0] * which.shape[1] * which.shape[2]);
    std::vector<double> sums(voxels * 2), total(voxels);
    std::vector<float> image(weights.size()), result(weights.size() * 2);
    for (const auto z0 : window_positions(which.shape[2], window[2]))
        for (const auto y0 : window_positions(which.shape[1], window[1]))
            for (const auto x0 : window_positions(which.shape[0], window[0])) {
                reader.read_channel(which, 0, {x0, y0, z0}, window, image);
                model.predict(image, result);
                for (std::size_t i = 0; i < weights.size(); ++i) {
                    const auto n = static_cast<std::int64_t>(i);
                    const auto x = x0 + n % window[0], y = y0 + n / window[0] % window[1],
                               z = z0 + n / (window[0] * window[1]);
                    if (x < 0 || y < 0 || z < 0 || x >= which.shape[0] || y >= which.shape[1] || z >= which.shape[2])
                        continue;
                    const auto at = static_cast<std::size_t>((z * which.shape[1] + y) * which.shape[0] + x);
                    total[at] += weights[i];
                    for (std::size_t c = 0; c < 2; ++c)
                        sums[c * voxels + at] += static_cast<double>(weights[i]) * result[c * weights.size() + i];
                }
            }
    std::vector<float> probabilities(voxels * 2);
    for (std::size_t i = 0; i < probabilities.size(); ++i)
        probabilities[i] = static_cast<float>(sums[i] / total[i % voxels]);
    return probabilities;
}

}  // namespace

TEST_CASE("slices of a sweep equal the whole image's weighted mean, for images larger and smaller than the window") {
    const auto shape = GENERATE(std::vector<std::int64_t>{37, 20, 29}, std::vector<std::int64_t>{9, 16, 5},
                                std::vector<std::int64_t>{16, 40, 8}, std::vector<std::int64_t>{16, 16, 40});
    const TestFolder folder;
    write_dataset(folder / "data", {ball_sample(1, shape, 1)}, {0, 1});
    const store::Dataset dataset(folder / "data");
    const auto labels = class_table(dataset.manifest().content, "label", "dataset");
    const CaseReader reader(dataset, channels_of(dataset.manifest().content, dataset.all_samples()), labels, "label");
    const auto which = std::get<Case>(reader.survey(dataset.all_samples()[0], WithLabel::no));
    PlanWishes wishes;
    wishes.width = 2;
    wishes.patch = Extent3{16, 16, 8};
    const auto plan = choose_plan({{{16, 16, 8}}, {{1, 1, 1}}, 1, 2, false}, wishes);
    std::vector<Model> models;
    models.emplace_back(plan, 1, labels, 3, "cpu");
    const auto expected = by_definition(models[0], reader, which);
    const auto plane = static_cast<std::size_t>(shape[0] * shape[1]),
               voxels = plane * static_cast<std::size_t>(shape[2]);
    WindowSweep sweep(models[0], reader, which, [] { return false; });
    for (std::int64_t z = 0; z < shape[2]; ++z) {
        const auto slice = sweep.slice(z);
        for (std::size_t c = 0; c < 2; ++c)
            for (std::size_t i = 0; i < plane; ++i)
                REQUIRE(slice[c * plane + i] ==
                        Approx(expected[c * voxels + static_cast<std::size_t>(z) * plane + i]).margin(1e-5));
    }

    // Two copies of one model vote as the one does.
    const auto alone = predict_classes(models, reader, which, [] { return false; });
    models.emplace_back(plan, 1, labels, 3, "cpu");
    CHECK(predict_classes(models, reader, which, [] { return false; }) == alone);
    CHECK(predict_classes(models, reader, which, [] { return true; }).empty());
}

namespace {

/// A dataset of one ball, opened, and a plan of small windows.
struct OneBall {
    explicit OneBall(std::vector<std::int64_t> shape) {
        write_dataset(folder / "data", {ball_sample(1, std::move(shape), 1)}, {0, 1});
        dataset.emplace(folder / "data");
        labels = class_table(dataset->manifest().content, "label", "dataset");
        channels = channels_of(dataset->manifest().content, dataset->all_samples());
        PlanWishes wishes;
        wishes.width = 2;
        wishes.patch = Extent3{16, 16, 8};
        plan = choose_plan({{{16, 16, 8}}, {{1, 1, 1}}, 1, 2, false}, wishes);
    }
    store::Sample sample() const { return dataset->all_samples()[0]; }

    TestFolder folder;
    std::optional<store::Dataset> dataset;
    ClassTable labels;
    std::vector<Channel> channels;
    Plan plan;
};

std::vector<float> all_slices(EnsembleSweep& sweep, std::int64_t slices) {
    std::vector<float> all;
    for (std::int64_t z = 0; z < slices; ++z) {
        const auto slice = sweep.slice(z);
        all.insert(all.end(), slice.begin(), slice.end());
    }
    return all;
}

const auto go_on = [] { return false; };

}  // namespace

TEST_CASE("mirroring shows every combination of flips once, and an axis that is not named stays") {
    CHECK(flips_of({}) == std::vector<MirrorAxes>{MirrorAxes{}});
    CHECK(flips_of({true, false, true}) ==
          std::vector<MirrorAxes>{{}, {true, false, false}, {false, false, true}, {true, false, true}});
    CHECK(flips_of({true, true, true}).size() == 8);
}

TEST_CASE("mirrored probabilities are the mean over windows turned round, turned back") {
    const OneBall ball({16, 16, 8});
    const CaseReader reader(*ball.dataset, ball.channels, ball.labels, "label");
    const auto which = std::get<Case>(reader.survey(ball.sample(), WithLabel::no));
    std::vector<Model> models;
    models.emplace_back(ball.plan, 1, ball.labels, 3, "cpu");
    const std::size_t voxels = 16 * 16 * 8;
    std::vector<float> image(voxels), turned(voxels), result(2 * voxels), expected(2 * voxels);
    reader.read_channel(which, 0, {0, 0, 0}, {16, 16, 8}, image);
    const auto place = [](std::size_t i, bool x, bool z) {
        const auto at_x = i % 16, rest = i / 16 % 16, at_z = i / 256;
        return (x ? 15 - at_x : at_x) + 16 * rest + 256 * (z ? 7 - at_z : at_z);
    };
    for (const auto& [x, z] : {std::pair(false, false), {true, false}, {false, true}, {true, true}}) {
        for (std::size_t i = 0; i < voxels; ++i) turned[i] = image[place(i, x, z)];
        models[0].predict(turned, result);
        for (std::size_t c = 0; c < 2; ++c)
            for (std::size_t i = 0; i < voxels; ++i)
                expected[c * voxels + place(i, x, z)] += result[c * voxels + i] / 4;
    }
    EnsembleSweep sweep(models, reader, which, go_on, {true, false, true});
    const auto found = all_slices(sweep, 8);
    double worst = 0;
    for (std::size_t z = 0; z < 8; ++z)
        for (std::size_t c = 0; c < 2; ++c)
            for (std::size_t i = 0; i < 256; ++i)
                worst = std::max(
                    worst, std::abs(double(found[(z * 2 + c) * 256 + i]) - double(expected[c * voxels + z * 256 + i])));
    CHECK(worst < 1e-6);
}

TEST_CASE("an ensemble gives the mean of its models' probabilities") {
    const OneBall ball({20, 14, 11});
    const CaseReader reader(*ball.dataset, ball.channels, ball.labels, "label");
    const auto which = std::get<Case>(reader.survey(ball.sample(), WithLabel::no));
    std::vector<Model> models;
    for (const std::uint64_t seed : {3, 4, 5}) models.emplace_back(ball.plan, 1, ball.labels, seed, "cpu");
    std::vector<double> mean(20 * 14 * 11 * 2);
    for (std::size_t m = 0; m < 3; ++m) {
        EnsembleSweep one({models.data() + m, 1}, reader, which, go_on);
        const auto slices = all_slices(one, 11);
        for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += double(slices[i]) / 3;
    }
    EnsembleSweep all(models, reader, which, go_on);
    const auto found = all_slices(all, 11);
    double worst = 0;
    for (std::size_t i = 0; i < mean.size(); ++i) worst = std::max(worst, std::abs(double(found[i]) - mean[i]));
    CHECK(worst < 1e-6);
}

TEST_CASE("an image held in memory gives the same bits as one read from the shards") {
    const OneBall ball({37, 20, 29});
    const CaseReader reader(*ball.dataset, ball.channels, ball.labels, "label");
    const auto stored = std::get<Case>(reader.survey(ball.sample(), WithLabel::no));
    std::map<std::string, Volume> voxels;
    voxels.emplace("image", ball.dataset->read(ball.sample().id, "image", ball.sample().arrays.at("image")));
    const auto held = std::get<Case>(reader.survey(ball.sample(), WithLabel::no, std::move(voxels)));
    CHECK(held.mean == stored.mean);
    CHECK(held.inverse_sd == stored.inverse_sd);
    for (const Extent3& origin : {Extent3{0, 0, 0}, {-3, 5, 20}, {30, -7, -2}, {40, 0, 0}}) {
        std::vector<float> a(16 * 16 * 8, 9), b(16 * 16 * 8, 7);
        reader.read_channel(stored, 0, origin, {16, 16, 8}, a);
        reader.read_channel(held, 0, origin, {16, 16, 8}, b);
        CHECK(a == b);
    }
}

TEST_CASE("intensities that a preparation normalised are taken as they are") {
    const OneBall ball({9, 8, 7});
    const auto image = ball.dataset->read(ball.sample().id, "image", ball.sample().arrays.at("image"));
    const auto values_under = [&](const Json& preprocessing) {
        const CaseReader reader(*ball.dataset, ball.channels, ball.labels, "label", preprocessing);
        const auto which = std::get<Case>(reader.survey(ball.sample(), WithLabel::no));
        std::vector<float> values(9 * 8 * 7);
        reader.read_channel(which, 0, {0, 0, 0}, {9, 8, 7}, values);
        return values;
    };
    const auto voxels = image.values<float>();
    CHECK(values_under({{"normalisation", {{"method", "minmax"}}}}) ==
          std::vector<float>(voxels.begin(), voxels.end()));
    const auto z_scored = values_under(Json());
    CHECK(z_scored == values_under({{"normalisation", {{"method", "none"}}}}));
    double sum = 0;
    for (const float v : z_scored) sum += double(v);
    CHECK(sum / 504 == Approx(0).margin(1e-4));
}
