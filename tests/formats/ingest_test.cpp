#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <map>

#include "apps/ingest/label_values.h"
#include "store/dataset.h"
#include "tests/formats/made_images.h"
#include "tests/formats/run_step.h"

using namespace cohort;
using test_data::label;
using test_data::run_ingest;
using test_data::write_nifti_file;

namespace {

std::string text(const std::filesystem::path& path) { return path.string(); }

/// source → reason of quarantine.jsonl.
std::map<std::string, std::string> quarantine_of(const std::filesystem::path& dataset) {
    std::map<std::string, std::string> lines;
    const auto all = read_text(dataset / "quarantine.jsonl");
    for (std::size_t begin = 0; begin < all.size();) {
        const auto end = all.find('\n', begin);
        const Json line = parse_json(all.substr(begin, end - begin), "line");
        lines[line["source"].get<std::string>()] = line["reason"].get<std::string>();
        begin = end + 1;
    }
    return lines;
}

void check_numbers_add_up(const store::Dataset& dataset) {
    std::uint64_t sources = 0;
    for (const auto& sample : dataset.all_samples()) sources += sample.source.size();
    const auto& counts = dataset.manifest().counts;
    CHECK(counts.sources == sources + counts.quarantined + counts.skipped);
}

std::string bytes_of_tree(const std::filesystem::path& folder) {
    std::string all;
    for (const auto& entry : list_tree(folder))
        if (entry.path != "run.json") all += entry.path + "\n" + read_text(folder / entry.path) + "\n";
    return all;
}

}  // namespace

TEST_CASE("hippocampus becomes 208 samples with exit 8, and with three accepted exit 0", "[data]") {
    const auto data = test_data::folder("hippocampus");
    if (!data) return;
    const TemporaryFolder folder;
    CHECK(run_ingest({"--input", text(*data), "--out", text(folder.path / "raw"), "--threads", "2"}) == 8);
    const store::Dataset dataset(folder.path / "raw");
    const auto& content = dataset.manifest().content;
    CHECK(content["samples"] == 208);
    CHECK(content["subjects"] == 208);
    CHECK(content["labelled"] == 208);
    CHECK(content["channels"] == Json::array({{{"name", "MRI"}, {"array", "image"}, {"index", 0}}}));
    CHECK(content["labels"][2] == Json{{"array", "label"}, {"value", 2}, {"name", "Posterior"}});
    CHECK(dataset.manifest().privacy == store::Privacy::identified);
    CHECK(dataset.manifest().counts.quarantined == 3);
    CHECK(dataset.manifest().counts.sources == 420);
    check_numbers_add_up(dataset);
    const auto set_aside = quarantine_of(folder.path / "raw");
    CHECK(set_aside.at("imagesTr/hippocampus_118.nii.gz") == "label-missing");
    CHECK(set_aside.at("labelsTr/hippocampus_010.nii.gz") == "image-missing");
    CHECK(set_aside.at("labelsTr/hippocampus_281.nii.gz") == "image-missing");
    CHECK(run_ingest({"--input", text(*data), "--out", text(folder.path / "raw"), "--accept-quarantined", "3"}) == 0);

    for (const auto& sample : dataset.all_samples()) {
        if (sample.id != "hippocampus_001" && sample.id != "hippocampus_394") continue;
        const auto original = std::get<Image>(test_data::read(*data / sample.source[0]));
        const auto* info = sample.array("image");
        REQUIRE(info);
        CHECK(text_of(dataset.read(sample.id, "image", *info).bytes()) == text_of(original.voxels.bytes()));
        CHECK(info->geometry == original.geometry);
        CHECK(info->scale == original.scale);
    }
}

TEST_CASE("equal inputs give equal bytes for any number of threads and any folder they lie in") {
    const TemporaryFolder folder;
    for (const std::string place : {"a", "b"})
        for (int i = 0; i < 12; ++i)
            write_nifti_file(folder, place + "/s" + std::to_string(i) + (i % 2 ? ".nii.gz" : ".nii"),
                             {.shape = {9 + i, 8, 7}});
    folder.write("a/broken.nii", "nonsense");
    folder.write("b/broken.nii", "nonsense");
    CHECK(run_ingest({"--input", text(folder.path / "a"), "--out", text(folder.path / "one"), "--threads", "1"}) == 8);
    CHECK(run_ingest({"--input", text(folder.path / "b"), "--out", text(folder.path / "four"), "--threads", "4"}) == 8);
    CHECK(bytes_of_tree(folder.path / "one") == bytes_of_tree(folder.path / "four"));
}

TEST_CASE("a bad file is set aside with its partner named, and the rest goes on") {
    const TemporaryFolder folder;
    write_nifti_file(folder, "imagesTr/good.nii.gz");
    write_nifti_file(folder, "labelsTr/good.nii.gz", label());
    write_nifti_file(folder, "imagesTr/half.nii.gz");
    write_nifti_file(folder, "labelsTr/half.nii.gz",
                     {.type = VoxelType::f32, .value = [](std::int64_t i) { return static_cast<double>(i) / 2; }});
    write_nifti_file(folder, "imagesTr/cut.nii.gz");
    write_nifti_file(folder, "labelsTr/cut.nii.gz", label());
    const auto cut = folder.path / "imagesTr/cut.nii.gz";
    std::filesystem::resize_file(cut, std::filesystem::file_size(cut) / 2);
    CHECK(run_ingest({"--input", text(folder.path), "--out",
                      text(folder.path / ".." / (folder.path.filename().string() + "-out"))}) == 8);
    const auto out = folder.path.string() + "-out";
    const store::Dataset dataset(out);
    CHECK(dataset.manifest().content["samples"] == 1);
    const auto set_aside = quarantine_of(out);
    CHECK(set_aside.size() == 2);
    CHECK(set_aside.at("labelsTr/half.nii.gz") == "label-not-integer");
    CHECK(set_aside.at("imagesTr/cut.nii.gz") == "truncated");
    CHECK(dataset.manifest().counts.skipped == 2);
    check_numbers_add_up(dataset);
    std::filesystem::remove_all(out);
}

TEST_CASE("channels on unequal grids are set aside; equal ones become arrays in order") {
    const TemporaryFolder folder;
    for (const std::string id : {"a", "b"}) {
        write_nifti_file(folder, "in/imagesTr/" + id + "_0000.nii.gz");
        write_nifti_file(folder, "in/imagesTr/" + id + "_0001.nii.gz",
                         {.type = VoxelType::f32, .spacing = id == "b" ? 1.5 : 1.0});
        write_nifti_file(folder, "in/labelsTr/" + id + ".nii.gz", label());
    }
    CHECK(run_ingest({"--input", text(folder.path / "in"), "--out", text(folder.path / "raw")}) == 8);
    const store::Dataset dataset(folder.path / "raw");
    const auto samples = dataset.all_samples();
    REQUIRE(samples.size() == 1);
    CHECK(samples[0].arrays.size() == 3);
    CHECK(samples[0].array("image_0000")->type == VoxelType::i16);
    CHECK(samples[0].array("image_0001")->type == VoxelType::f32);
    CHECK(samples[0].source.size() == 3);
    CHECK(quarantine_of(folder.path / "raw").begin()->second == "geometry-mismatch");
    CHECK(dataset.manifest().content["channels"].size() == 2);
    check_numbers_add_up(dataset);
}

TEST_CASE("four modalities in dim 4 become channels where dataset.json names four") {
    const TemporaryFolder folder;
    write_nifti_file(folder, "in/imagesTr/a.nii.gz", {.shape = {4, 3, 2, 4}});
    write_nifti_file(
        folder, "in/labelsTr/a.nii.gz",
        {.shape = {4, 3, 2}, .type = VoxelType::u8, .value = [](std::int64_t i) { return double(i % 2); }});
    folder.write(
        "in/dataset.json",
        R"({"modality": {"0": "FLAIR", "1": "T1w", "2": "t1gd", "3": "T2w"}, "labels": {"0": "background", "1": "edema"}})");
    CHECK(run_ingest({"--input", text(folder.path / "in"), "--out", text(folder.path / "raw")}) == 0);
    const store::Dataset dataset(folder.path / "raw");
    const auto sample = dataset.all_samples().at(0);
    CHECK(sample.array("image")->axes[3].name == "c");
    CHECK(sample.array("image")->channels == std::vector<std::string>{"FLAIR", "T1w", "t1gd", "T2w"});
    CHECK(dataset.manifest().content["channels"][3] == Json{{"name", "T2w"}, {"array", "image"}, {"index", 3}});
}

TEST_CASE("variables join by the table, and a table's subject and session win") {
    const TemporaryFolder folder;
    write_nifti_file(folder, "in/x.nii");
    write_nifti_file(folder, "in/y.nii");
    folder.write("t.csv", "id,subject,session,age,sex\nx,P1,v1,61,F\nz,P2,v1,62,M\n");
    CHECK(run_ingest({"--input", text(folder.path / "in"), "--table", text(folder.path / "t.csv"), "--out",
                      text(folder.path / "raw")}) == 0);
    const auto samples = store::Dataset(folder.path / "raw").all_samples();
    CHECK(samples[0].subject == "P1");
    CHECK(samples[0].session == "v1");
    CHECK(samples[0].values == Json{{"age", 61}, {"sex", "F"}});
    CHECK(samples[1].subject == "y");
    CHECK(samples[1].values == Json::object());
    folder.write("t.csv", "id,age\nx,61\nx,62\n");
    CHECK(run_ingest({"--input", text(folder.path / "in"), "--table", text(folder.path / "t.csv"), "--out",
                      text(folder.path / "no")}) == 3);
    folder.write("t.csv", "name,age\nx,61\n");
    CHECK(run_ingest({"--input", text(folder.path / "in"), "--table", text(folder.path / "t.csv"), "--out",
                      text(folder.path / "no")}) == 2);
    CHECK_FALSE(std::filesystem::exists(folder.path / "no"));
}

TEST_CASE("labels alone are label-only samples, and palettes of labels are indices") {
    const TemporaryFolder folder;
    write_nifti_file(folder, "in/a.nii.gz", label());
    CHECK(run_ingest({"--labels", text(folder.path / "in"), "--label-names", "0=nothing,1=left", "--label-names",
                      "2=right", "--out", text(folder.path / "raw"), "--privacy", "pseudonymised"}) == 0);
    const store::Dataset dataset(folder.path / "raw");
    const auto sample = dataset.all_samples().at(0);
    CHECK(sample.arrays.size() == 1);
    CHECK(sample.array("label")->role == store::Role::label);
    CHECK(dataset.manifest().content["labels"][2] == Json{{"array", "label"}, {"value", 2}, {"name", "right"}});
    CHECK(dataset.manifest().privacy == store::Privacy::pseudonymised);
    CHECK(dataset.manifest().content["privacy_stated"] == "pseudonymised");
}

TEST_CASE("nothing to read is bad input, nothing asked for wrong usage, and neither leaves anything behind") {
    const TemporaryFolder folder;
    folder.write("in/readme.txt", "no image");
    CHECK(run_ingest({"--input", text(folder.path / "in"), "--out", text(folder.path / "raw")}) == 3);
    CHECK(run_ingest({"--input", text(folder.path / "none"), "--out", text(folder.path / "raw")}) == 3);
    CHECK(run_ingest({"--out", text(folder.path / "raw")}) == 2);
    CHECK(run_ingest({"--input", text(folder.path / "in"), "--pattern", "{nme}.nii", "--out",
                      text(folder.path / "raw")}) == 2);
    CHECK(run_ingest({"--input", text(folder.path / "in"), "--label-names", "one=1", "--out",
                      text(folder.path / "raw")}) == 2);
    CHECK_FALSE(std::filesystem::exists(folder.path / "raw"));
}

TEST_CASE("a volume beyond --memory stops the run with exit 5 and leaves nothing") {
    const TemporaryFolder folder;
    write_nifti_file(folder, "in/large.nii", {.shape = {200, 200, 60}});
    CHECK(run_ingest({"--input", text(folder.path / "in"), "--memory", "1M", "--out", text(folder.path / "raw")}) == 5);
    CHECK_FALSE(std::filesystem::exists(folder.path / "raw"));
    CHECK(run_ingest({"--input", text(folder.path / "in"), "--memory", "40M", "--threads", "4", "--out",
                      text(folder.path / "raw")}) == 0);
}

TEST_CASE("many volumes through little memory take turns, and the result is the same") {
    const TemporaryFolder folder;
    for (int i = 0; i < 24; ++i)
        write_nifti_file(folder, "in/s" + std::to_string(i) + (i % 3 ? ".nii" : ".nii.gz"),
                         {.shape = {60, 60, 20 + i}});
    CHECK(run_ingest({"--input", text(folder.path / "in"), "--memory", "60M", "--threads", "4", "--out",
                      text(folder.path / "tight")}) == 0);
    CHECK(run_ingest({"--input", text(folder.path / "in"), "--threads", "1", "--out", text(folder.path / "wide")}) ==
          0);
    CHECK(bytes_of_tree(folder.path / "tight") == bytes_of_tree(folder.path / "wide"));
}

TEST_CASE("a label's values are found for every type; scale counts; what is no integer is named") {
    const auto image_of = []<class T>(std::vector<T> values, Scale scale = {}) {
        Image image;
        image.voxels = Volume(VoxelTypeOf<T>::value, {static_cast<std::int64_t>(values.size())}, axes_named("x"));
        std::copy(values.begin(), values.end(), image.voxels.values<T>().begin());
        image.scale = std::move(scale);
        return image;
    };
    const auto values = [&](const Image& image) {
        return std::get<std::vector<std::int64_t>>(ingest::label_values(image, "l"));
    };
    const auto refused = [&](const Image& image) {
        return std::holds_alternative<Quarantined>(ingest::label_values(image, "l"));
    };
    using Values = std::vector<std::int64_t>;
    CHECK(values(image_of(std::vector<std::uint8_t>{3, 3, 0, 255, 0})) == Values{0, 3, 255});
    CHECK(values(image_of(std::vector<std::int8_t>{-1, 5, -128})) == Values{-128, -1, 5});
    CHECK(values(image_of(std::vector<std::int16_t>{-300, 300})) == Values{-300, 300});
    CHECK(values(image_of(std::vector<std::uint64_t>{1, 7, 7})) == Values{1, 7});
    CHECK(values(image_of(std::vector<std::int64_t>{std::numeric_limits<std::int64_t>::min()})) ==
          Values{std::numeric_limits<std::int64_t>::min()});
    CHECK(values(image_of(std::vector<float>{1.F, 2.F, -0.F})) == Values{0, 1, 2});
    CHECK(values(image_of(std::vector<std::uint8_t>{2, 4}, {{0.5}, {1.0}, {}})) == Values{2, 3});
    CHECK(refused(image_of(std::vector<std::uint8_t>{1, 2}, {{0.5}, {0.0}, {}})));
    CHECK(refused(image_of(std::vector<float>{1.F, 1.5F})));
    CHECK(refused(image_of(std::vector<double>{std::nan("")})));
    CHECK(refused(image_of(std::vector<double>{INFINITY})));
    CHECK(refused(image_of(std::vector<std::uint64_t>{std::numeric_limits<std::uint64_t>::max()})));
    CHECK(refused(image_of(std::vector<std::complex<float>>{{1, 0}})));
}
