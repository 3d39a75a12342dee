#include "apps/augment/augment_step.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "core/files.h"
#include "core/philox.h"
#include "tests/curate/made_dataset.h"

using namespace cohort;

namespace {

using curate::MadeSample;

const Shape shape{20, 18, 16};

/// A bright ball (label 1) beside a dim one (label 2) on noise.
MadeSample balls(const std::string& id, const std::string& subject) {
    auto sample = curate::good_sample(id, subject);
    sample.values = {{"age", 40}, {"site", "a"}};
    const auto inside = [](std::int64_t i, double cx) {
        const auto x = static_cast<double>(i % 20), y = static_cast<double>(i / 20 % 18),
                   z = static_cast<double>(i / 360 % 16);
        return std::hypot(x - cx, y - 9, z - 8) < 4.2;
    };
    const auto noise = [id](std::int64_t i) { return RandomStream(3, id, static_cast<std::uint64_t>(i)).normal(); };
    auto& image = sample.arrays["image"];
    image.shape = shape;
    image.value = [=](std::int64_t i) {
        return std::round(200 + 10 * noise(i) + (inside(i, 6) ? 400 : inside(i, 14) ? 200 : 0));
    };
    auto& label = sample.arrays["label"];
    label.shape = shape;
    label.value = [=](std::int64_t i) { return inside(i, 6) ? 1.0 : inside(i, 14) ? 2.0 : 0.0; };
    return sample;
}

struct Ran {
    store::Manifest manifest;
    std::vector<store::Sample> samples;
    std::uint64_t sources = 0;
    std::vector<std::string> warnings;
};

Json parameters_of(const step::Input& dataset) {
    return {{"dataset", dataset.path.string()}, {"recipe", "nnunet"},       {"transform", Json::array()}, {"copies", 2},
            {"drop_originals", false},          {"allow_identified", false}};
}

Ran run_augment(const std::filesystem::path& place, const step::Input& dataset, const Json& parameters,
                unsigned threads = 1, std::uint64_t seed = 7) {
    store::OutputFolder folder(place, "augmented");
    step::Inputs inputs;
    inputs.by_name["dataset"] = {dataset};
    store::QuarantineWriter quarantine(folder.path() / "quarantine.jsonl", "augment");
    Progress progress;
    Log log;
    const MemoryBudget memory(std::uint64_t{1} << 30);
    step::Result result;
    const std::string device = "cpu";
    const auto& out = folder.path();
    step::Context context{parameters, inputs,  out,  false,  quarantine, progress, log,
                          memory,     threads, seed, device, {},         result};
    augmentation::AugmentStep step;
    if (const auto findings = step.validate(parameters, inputs); !findings.empty())
        throw Error(findings.front().code, findings.front().sentence);
    const auto outcome = step.run(context);  // outside of CHECK, which would keep what it throws
    CHECK(outcome == step::Outcome::done);
    quarantine.close();
    Ran ran{{}, {}, result.sources, log.warnings()};
    if (parameters.contains("preview")) {
        folder.discard();
        return ran;
    }
    store::Manifest manifest;
    manifest.kind = "dataset";
    manifest.content = result.content;
    manifest.made_by.step = "augment";
    manifest.made_by.version = "0";
    ran.manifest = folder.publish(manifest, Json::object(), store::Overwrite::replace, 1);
    ran.samples = store::Dataset(place).all_samples();
    return ran;
}

const store::Sample& sample_named(const Ran& ran, const std::string& id) {
    const auto found = std::find_if(ran.samples.begin(), ran.samples.end(), [&](const auto& s) { return s.id == id; });
    REQUIRE(found != ran.samples.end());
    return *found;
}

}  // namespace

TEST_CASE(
    "copies stand beside the originals, of the same subject, with the same values, flags, grid and types of labels") {
    const TemporaryFolder folder;
    const auto input =
        curate::publish_dataset(folder.path / "raw", {balls("a", "s1"), balls("a.x", "s1"), balls("b", "s2")});
    const auto ran = run_augment(folder.path / "out", input, parameters_of(input));
    REQUIRE(ran.samples.size() == 9);
    CHECK(ran.sources == 3);
    CHECK(ran.manifest.content["samples"] == 9);
    CHECK(ran.manifest.content["subjects"] == 2);
    CHECK(ran.manifest.content["augmentation"]["recipe"] == "nnunet");
    CHECK(ran.manifest.content["augmentation"]["transforms"]["scale"]["high"] == 1.4);
    const auto originals = store::Dataset(input.path).all_samples();
    for (const auto& original : originals) {
        const auto& kept = sample_named(ran, original.id);
        CHECK(store::to_json(kept) == store::to_json(original));
        for (const auto* number : {"1", "2"}) {
            const auto& copy = sample_named(ran, original.id + "_aug-" + number);
            CHECK(copy.subject == original.subject);
            CHECK(copy.flags == original.flags);
            CHECK(copy.source == original.source);
            CHECK(copy.values["age"] == 40);
            CHECK(copy.values["copy_of"] == original.id);
            for (const auto& [name, info] : original.arrays) {
                CHECK(copy.arrays.at(name).geometry == info.geometry);
                CHECK(copy.arrays.at(name).shape == info.shape);
                CHECK(copy.arrays.at(name).native == info.native);
                CHECK(copy.arrays.at(name).type == (name == "label" ? info.type : VoxelType::f32));
                CHECK(copy.arrays.at(name).digest.text() != info.digest.text());
            }
        }
    }
    CHECK_NOTHROW([&] {
        const store::Dataset dataset(folder.path / "out");
        for (const auto& sample : ran.samples)
            for (const auto& [name, info] : sample.arrays) dataset.verify(sample.id, name, info, 1);
    }());
}

TEST_CASE("equal inputs and seed give equal digests for any number of threads; another seed gives others") {
    const TemporaryFolder folder;
    const auto input =
        curate::publish_dataset(folder.path / "raw", {balls("a", "s1"), balls("b", "s2"), balls("c", "s3")});
    auto parameters = parameters_of(input);
    parameters["recipe"] = "nnunet-elastic";
    parameters["transform"] = {"elastic-voxels=1:1:2", "noise-sd=1:.05:.1"};
    const auto one = run_augment(folder.path / "one", input, parameters, 1);
    const auto two = run_augment(folder.path / "two", input, parameters, 2);
    const auto many = run_augment(folder.path / "many", input, parameters, 5);
    const auto other = run_augment(folder.path / "other", input, parameters, 1, 8);
    CHECK(one.manifest.digest == two.manifest.digest);
    CHECK(one.manifest.digest == many.manifest.digest);
    CHECK(one.manifest.digest != other.manifest.digest);
}

TEST_CASE("the recipe none copies voxels to their values, and originals can be left out") {
    const TemporaryFolder folder;
    const auto input = curate::publish_dataset(folder.path / "raw", {balls("a", "s1")});
    auto parameters = parameters_of(input);
    parameters["recipe"] = "none";
    parameters["drop_originals"] = true;
    const auto ran = run_augment(folder.path / "out", input, parameters);
    REQUIRE(ran.samples.size() == 2);
    const store::Dataset before(input.path), after(folder.path / "out");
    const auto original = before.all_samples().front();
    for (const auto& copy : ran.samples) {
        const auto image = scaled_f32(before.read("a", "image", original.arrays.at("image")), {});
        const auto same = after.read(copy.id, "image", copy.arrays.at("image"));
        const auto expected = image.values<float>(), got = same.values<float>();
        double worst = 0;
        for (std::size_t i = 0; i < got.size(); ++i)
            worst = std::max(worst, std::abs(static_cast<double>(got[i] - expected[i])));
        CHECK(worst < 1e-3);
        CHECK(copy.arrays.at("label").digest == original.arrays.at("label").digest);
    }
}

TEST_CASE("image and label of a copy stay aligned: the brightness inside each label is that of the original") {
    const TemporaryFolder folder;
    const auto input = curate::publish_dataset(folder.path / "raw", {balls("a", "s1")});
    auto parameters = parameters_of(input);
    parameters["recipe"] = "none";
    parameters["copies"] = 6;
    parameters["transform"] = {"rotation-degrees=1:-30:30", "scale=1:.8:1.2", "mirror=.5", "elastic-voxels=1:1:1.5"};
    const auto ran = run_augment(folder.path / "out", input, parameters);
    const store::Dataset dataset(folder.path / "out");
    for (const auto& sample : ran.samples) {
        const auto image = scaled_f32(dataset.read(sample.id, "image", sample.arrays.at("image")), {});
        const auto label = dataset.read(sample.id, "label", sample.arrays.at("label"));
        std::array<double, 3> sum{}, count{};
        for (std::size_t i = 0; i < image.values<float>().size(); ++i) {
            const auto value = label.values<std::uint8_t>()[i];
            REQUIRE(value <= 2);
            sum[value] += static_cast<double>(image.values<float>()[i]);
            ++count[value];
        }
        INFO(sample.id);
        CHECK(sum[1] / count[1] > 520);
        CHECK(std::abs(sum[2] / count[2] - 400) < 40);
        CHECK(count[1] > 50);
    }
}

TEST_CASE("two dimensions, channels, scaled labels and labels without a background are copied") {
    const TemporaryFolder folder;
    auto flat = balls("flat", "s1");
    flat.arrays["image"].shape = {24, 20};
    flat.arrays["image"].value = [](std::int64_t i) { return static_cast<double>(i % 37); };
    flat.arrays["image_0001"] = flat.arrays["image"];
    flat.arrays["image_0001"].type = VoxelType::f64;
    flat.arrays["label"].shape = {24, 20};
    flat.arrays["label"].type = VoxelType::i16;
    flat.arrays["label"].scale = {{-2.0}, {4.0}, {}};  // stored 2, 1, 0 are labels 0, 2, 4
    flat.arrays["label"].value = [](std::int64_t i) { return static_cast<double>(i / 24 % 3); };
    auto channels = balls("many", "s2");
    channels.arrays["image"].shape = {20, 18, 16, 3};
    const auto input = curate::publish_dataset(folder.path / "raw", {flat, channels});
    auto parameters = parameters_of(input);
    parameters["transform"] = {"rotation-degrees=1:-90:90", "in-plane-degrees=1:-90:90", "gamma=1:.7:1.5",
                               "noise-sd=1:.1:.2"};
    const auto ran = run_augment(folder.path / "out", input, parameters, 2);
    CHECK(ran.samples.size() == 6);
    const store::Dataset dataset(folder.path / "out");
    const auto& copy = sample_named(ran, "flat_aug-1");
    CHECK(copy.arrays.at("label").scale == flat.arrays["label"].scale);
    const auto label = dataset.read(copy.id, "label", copy.arrays.at("label"));
    for (const auto stored : label.values<std::int16_t>()) REQUIRE((stored >= 0 && stored <= 2));
    const auto& many = sample_named(ran, "many_aug-2");
    CHECK(many.arrays.at("image").shape == Shape{20, 18, 16, 3});
    const auto voxels = dataset.read(many.id, "image", many.arrays.at("image"));
    CHECK(std::all_of(voxels.values<float>().begin(), voxels.values<float>().end(),
                      [](float v) { return std::isfinite(v); }));
}

TEST_CASE("a sample whose arrays lie on different grids is set aside whole, and the rest goes on") {
    const TemporaryFolder folder;
    auto bad = balls("bad", "s1");
    bad.arrays["label"].shape = {20, 18, 15};
    const auto input = curate::publish_dataset(folder.path / "raw", {bad, balls("good", "s2")});
    const auto ran = run_augment(folder.path / "out", input, parameters_of(input), 2);
    CHECK(ran.samples.size() == 3);
    CHECK(ran.sources == 2);
    REQUIRE(ran.warnings.size() == 1);
    CHECK(ran.warnings[0].find("bad: label has 20×18×15 voxels") != std::string::npos);
}

TEST_CASE("a copy's name that is taken, an unknown transform and a preview of identified data are refused") {
    const TemporaryFolder folder;
    const auto input = curate::publish_dataset(folder.path / "raw", {balls("a", "s1"), balls("a_aug-1", "s1")});
    const auto code_of = [&](const Json& parameters) {
        try {
            run_augment(folder.path / "out", input, parameters);
        } catch (const Error& error) {
            CHECK(error.sentence().ends_with("."));
            return error.code();
        }
        return Exit::done;
    };
    auto parameters = parameters_of(input);
    CHECK(code_of(parameters) == Exit::bad_input);
    parameters["transform"] = {"nosie-sd=1"};
    CHECK(code_of(parameters) == Exit::usage);
    parameters["transform"] = Json::array();
    parameters["preview"] = (folder.path / "sheet.png").string();
    CHECK(code_of(parameters) == Exit::privacy);
    CHECK_FALSE(std::filesystem::exists(folder.path / "sheet.png"));
    parameters["allow_identified"] = true;
    CHECK(code_of(parameters) == Exit::done);
    CHECK(read_text(folder.path / "sheet.png").substr(1, 3) == "PNG");
    CHECK_FALSE(std::filesystem::exists(folder.path / "out"));
}
