// The step as a user runs it: files in, ingest, preprocess, and what the dataset then holds.
#include "apps/preprocess/preprocess_step.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "apps/curate/curate_step.h"
#include "grid/orient.h"
#include "grid/preparation.h"
#include "store/dataset.h"
#include "tests/formats/made_images.h"
#include "tests/formats/run_step.h"

using namespace cohort;
using test_data::MadeImage;
using test_data::run_export;
using test_data::run_ingest;
using test_data::write_nifti_file;

namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

/// Folders of one chain of steps.
struct Chain {
    TemporaryFolder folder;
    std::string at(const std::string& name) const { return (folder.path / name).string(); }

    void ingest(Words more = {}) const {
        Words words{"--input", at("in"), "--out", at("raw"), "--privacy", "anonymous"};
        words.insert(words.end(), more.begin(), more.end());
        REQUIRE(run_ingest(words) == 0);
    }
    int preprocess(const std::string& out, Words more, const std::string& from = "raw") const {
        Words words{"--dataset", at(from), "--out", at(out)};
        words.insert(words.end(), more.begin(), more.end());
        return test_data::run<preprocess::PreprocessStep>(words);
    }
    Json manifest(const std::string& name) const { return read_json(folder.path / name / "manifest.json"); }
    std::vector<store::Sample> samples(const std::string& name) const { return store::Dataset(at(name)).all_samples(); }
    std::vector<std::string> reasons(const std::string& name) const {
        std::vector<std::string> words;
        if (!fs::exists(folder.path / name / "quarantine.jsonl")) return words;
        std::string text = read_text(folder.path / name / "quarantine.jsonl");
        for (std::size_t begin = 0; begin < text.size();) {
            const auto end = text.find('\n', begin);
            words.push_back(
                text_member(parse_json(std::string_view(text).substr(begin, end - begin), "line"), "reason", "line"));
            begin = end + 1;
        }
        return words;
    }
};

std::string flags_of(const store::Sample& sample) {
    std::string text;
    for (const auto& flag : sample.flags) text += flag.check + " ";
    return text;
}

/// Two pairs of image and label, and an image whose spacing is 1 mm already.
void write_pairs(const Chain& chain) {
    for (const std::string id : {"a", "b"}) {
        const double spacing = id == "a" ? 2 : 1;
        write_nifti_file(chain.folder, "in/imagesTr/" + id + ".nii.gz", {.spacing = spacing});
        auto label = test_data::label();
        label.spacing = spacing;
        write_nifti_file(chain.folder, "in/labelsTr/" + id + ".nii.gz", label);
    }
    chain.folder.write("in/dataset.json",
                       R"({"modality": {"0": "T1"}, "labels": {"0": "background", "1": "a", "2": "b"}})");
}

}  // namespace

TEST_CASE("changed arrays carry their native grid, unchanged samples are taken over as they are") {
    const Chain chain;
    write_pairs(chain);
    chain.ingest();
    REQUIRE(chain.preprocess("prep", {"--spacing-mm", "1"}) == 0);
    const auto before = chain.samples("raw"), after = chain.samples("prep");
    REQUIRE(after.size() == 2);
    for (const auto* name : {"image", "label"}) {
        const auto &was = *before[0].array(name), &is = *after[0].array(name);
        CHECK(is.shape == Shape{12, 10, 8});
        REQUIRE(is.native.has_value());
        CHECK(*is.native == store::NativeGrid{was.shape, was.axes, was.geometry});
        CHECK(is.geometry.spacing_mm() == Vec3{1, 1, 1});
        CHECK(store::to_json(after[1]) == store::to_json(before[1]));
    }
    CHECK(after[0].array("image")->type == VoxelType::f32);
    CHECK(after[0].array("image")->geometry == after[0].array("label")->geometry);
    CHECK(after[0].array("label")->type == VoxelType::u8);
    CHECK(after[0].source == before[0].source);
    const auto content = chain.manifest("prep").at("content"), raw = chain.manifest("raw").at("content");
    for (const auto* kept : {"labels", "channels", "arrays", "labelled", "samples", "subjects"})
        CHECK(content.at(kept) == raw.at(kept));
    CHECK(content.at("preprocessing") == Json{{"crop", "none"},
                                              {"interpolation", "linear"},
                                              {"label_interpolation", "nearest"},
                                              {"normalisation", {{"method", "none"}}},
                                              {"orientation", "canonical"},
                                              {"spacing_mm", {1, 1, 1}}});
    CHECK(chain.manifest("prep").at("counts").at("sources") == 2);
    // Nothing to do for any sample: the very shard is linked.
    REQUIRE(chain.preprocess("same", {"--orientation", "canonical"}) == 0);
    CHECK(fs::equivalent(chain.folder.path / "raw/shards/00000.h5", chain.folder.path / "same/shards/00000.h5"));
}

TEST_CASE("the step and a preparation in memory give the same voxels") {
    const Chain chain;
    write_pairs(chain);
    chain.ingest();
    REQUIRE(chain.preprocess("prep", {"--spacing-mm", "1.3,0.7,0", "--normalise", "percentile", "--percentiles", "2,97",
                                      "--interpolation", "cubic"}) == 0);
    const auto how = grid::preparation_from_json(chain.manifest("prep").at("content").at("preprocessing"), "prep");
    CHECK(how.spacing_mm == Vec3{1.3, 0.7, 0});
    const store::Dataset raw(chain.at("raw")), prep(chain.at("prep"));
    const auto before = raw.all_samples(), after = prep.all_samples();
    for (std::size_t i = 0; i < before.size(); ++i) {
        const auto& info = *before[i].array("image");
        std::vector<grid::PreparedArray> arrays;
        arrays.push_back(
            {"image", grid::Treatment::image, scaled_f32(raw.read(before[i].id, "image", info), info.scale), {}});
        const auto result = grid::prepare(how, std::move(arrays), info.geometry, 2);
        const auto& memory = std::get<grid::PreparedSample>(result);
        const auto stored = prep.read(after[i].id, "image", *after[i].array("image"));
        CHECK(text_of(memory.arrays[0].voxels.bytes()) == text_of(stored.bytes()));
        CHECK(memory.geometry == after[i].array("image")->geometry);
    }
}

TEST_CASE("the digest does not depend on threads, nor on memory") {
    const Chain chain;
    write_pairs(chain);
    chain.ingest();
    const Words how{"--spacing-mm",          "0.6",    "--normalise", "zscore",  "--interpolation", "cubic",
                    "--label-interpolation", "linear", "--crop",      "non-zero"};
    const auto digest = [&](const std::string& out, Words more) {
        more.insert(more.begin(), how.begin(), how.end());
        REQUIRE(chain.preprocess(out, more) == 0);
        return chain.manifest(out).at("digest");
    };
    const auto one = digest("one", {"--threads", "1"});
    CHECK(digest("two", {"--threads", "2"}) == one);
    CHECK(digest("seven", {"--threads", "7", "--memory", "64M"}) == one);
    CHECK(read_text(chain.folder.path / "one/index.jsonl") == read_text(chain.folder.path / "seven/index.jsonl"));
}

TEST_CASE("a dataset is prepared once, and needs something to be asked for") {
    const Chain chain;
    write_pairs(chain);
    chain.ingest();
    CHECK(chain.preprocess("nothing", {"--orientation", "keep"}) == 2);
    CHECK(chain.preprocess("two", {"--spacing-mm", "1,1"}) == 2);
    CHECK(chain.preprocess("order", {"--normalise", "percentile", "--percentiles", "9,3"}) == 2);
    CHECK(chain.preprocess("none", {"--spacing-mm", "-1"}) == 2);
    REQUIRE(chain.preprocess("prep", {"--spacing-mm", "1"}) == 0);
    CHECK(chain.preprocess("again", {"--spacing-mm", "2"}, "prep") == 3);
    CHECK_FALSE(fs::exists(chain.folder.path / "again"));
    // Curate in between changes nothing of that; what it found is not passed on.
    REQUIRE(test_data::run<curate::CurateStep>({"--dataset", chain.at("prep"), "--out", chain.at("clean")}) == 0);
    CHECK(chain.preprocess("again", {"--spacing-mm", "2"}, "clean") == 3);
    REQUIRE(test_data::run<curate::CurateStep>({"--dataset", chain.at("raw"), "--out", chain.at("curated")}) == 0);
    REQUIRE(chain.preprocess("after", {"--spacing-mm", "2"}, "curated") == 0);
    CHECK_FALSE(chain.manifest("after").at("content").contains("fingerprint"));
    CHECK_FALSE(fs::exists(chain.folder.path / "after/fingerprint.json"));
}

TEST_CASE("a spacing that no memory holds ends the run before anything is allocated, or sets the sample aside") {
    const Chain chain;
    write_nifti_file(chain.folder, "in/a.nii.gz", {.shape = {10, 10, 10}});
    chain.ingest();
    CHECK(chain.preprocess("fine", {"--spacing-mm", "0.001"}) == 5);  // 10¹² voxels
    CHECK(chain.preprocess("finer", {"--spacing-mm", "0.000000001"}) == 8);
    CHECK(chain.reasons("finer") == Words{"too-large"});
}

TEST_CASE("a label on another grid than its image, and images that cannot be prepared, are set aside one by one") {
    const Chain chain;
    write_pairs(chain);
    auto moved = test_data::label();
    moved.spacing = 1.01;
    write_nifti_file(chain.folder, "in/imagesTr/c.nii.gz");
    write_nifti_file(chain.folder, "in/labelsTr/c.nii.gz", moved);
    write_nifti_file(chain.folder, "in/imagesTr/d.nii.gz",
                     {
                         .type = VoxelType::f32,
                         .value =
                             [](std::int64_t i) {
                                 return i == 7 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(i);
                             },
                     });
    write_nifti_file(chain.folder, "in/labelsTr/d.nii.gz", test_data::label());
    chain.ingest();
    CHECK(chain.preprocess("linear", {"--spacing-mm", "1.5"}) == 8);
    CHECK(chain.reasons("linear") == Words{"geometry-mismatch"});
    const auto linear = chain.samples("linear");
    REQUIRE(linear.size() == 3);
    CHECK(flags_of(linear[2]) == "image-non-finite ");
    CHECK(chain.preprocess("cubic", {"--spacing-mm", "1.5", "--interpolation", "cubic", "--accept-quarantined", "2"}) ==
          0);
    CHECK(chain.reasons("cubic") == Words{"geometry-mismatch", "image-non-finite"});
    CHECK(chain.manifest("cubic").at("counts") == Json{{"quarantined", 2}, {"skipped", 0}, {"sources", 4}});
}

TEST_CASE("a damaged array sets its sample aside, not the batch") {
    const Chain chain;
    for (const std::string id : {"a", "b"}) {
        MadeImage made{.shape = {40, 40, 40},
                       .value = [](std::int64_t i) { return static_cast<double>((i * 7919) % 30011); }};
        write_nifti_file(chain.folder, "in/" + id + ".nii.gz", made);
    }
    chain.ingest();
    const auto shard = chain.folder.path / "raw/shards/00000.h5";
    auto bytes = read_file(shard);
    bytes[bytes.size() / 4] ^= std::byte{0xFF};
    write_file_atomically(shard, bytes);
    CHECK(chain.preprocess("prep", {"--spacing-mm", "2"}) == 8);
    CHECK(chain.reasons("prep") == Words{"damaged"});
    CHECK(chain.samples("prep").size() == 1);
}

TEST_CASE("images of zeros stay whole under a crop, and constant ones are flagged when they are normalised") {
    const Chain chain;
    write_nifti_file(chain.folder, "in/flat.nii.gz", {.value = [](std::int64_t) { return 5.0; }});
    write_nifti_file(chain.folder, "in/point.nii.gz", {.value = [](std::int64_t i) { return i == 37 ? 1.0 : 0.0; }});
    write_nifti_file(chain.folder, "in/zero.nii.gz", {.value = [](std::int64_t) { return 0.0; }});
    write_nifti_file(chain.folder, "in/one.nii.gz", {.shape = {1, 1, 1}});
    write_nifti_file(chain.folder, "in/two.nii.gz", {.shape = {6, 5}});
    chain.ingest();
    REQUIRE(chain.preprocess("prep", {"--crop", "non-zero", "--normalise", "zscore", "--spacing-mm", "0.5"}) == 0);
    const auto samples = chain.samples("prep");
    REQUIRE(samples.size() == 5);
    const auto &flat = samples[0], &one = samples[1], &point = samples[2], &two = samples[3], &zero = samples[4];
    CHECK(flags_of(flat) == "image-constant ");
    CHECK(flat.array("image")->shape == Shape{12, 10, 8});
    CHECK(flags_of(one) == "image-empty ");
    CHECK(one.array("image")->shape == Shape{1, 1, 1});
    CHECK(point.array("image")->shape == Shape{1, 1, 1});
    REQUIRE(point.array("image")->native.has_value());
    CHECK(point.array("image")->native->shape == Shape{6, 5, 4});
    CHECK(two.array("image")->shape == Shape{12, 10});
    CHECK(flags_of(zero) == "image-empty image-constant ");
    CHECK(zero.array("image")->shape == Shape{12, 10, 8});
}

TEST_CASE("a prepared dataset leaves as NIfTI of the new grid, image and label alike") {
    const Chain chain;
    write_pairs(chain);
    chain.ingest();
    REQUIRE(chain.preprocess("prep", {"--spacing-mm", "0.8"}) == 0);
    REQUIRE(run_export({"--dataset", chain.at("prep"), "--out", chain.at("files")}) == 0);
    const store::Dataset prep(chain.at("prep"));
    for (const auto& sample : prep.all_samples())
        for (const auto& [name, folder] : {std::pair("image", "imagesTr"), std::pair("label", "labelsTr")}) {
            const auto file = chain.folder.path / "files" / folder / (sample.id + ".nii.gz");
            INFO(file);
            const auto read = test_data::read(file);
            REQUIRE(std::holds_alternative<Image>(read));
            const auto& image = std::get<Image>(read);
            const auto& info = *sample.array(name);
            CHECK(image.voxels.shape() == info.shape);
            CHECK(same_grid(image.geometry, image.voxels.shape(), info.geometry, info.shape));
            CHECK(text_of(image.voxels.bytes()) == text_of(prep.read(sample.id, name, info).bytes()));
        }
}
