#include <catch2/catch.hpp>

#include "apps/export/target.h"
#include "store/dataset_writer.h"
#include "tests/formats/made_images.h"
#include "tests/formats/run_step.h"

using namespace cohort;
using test_data::label;
using test_data::run_export;
using test_data::run_ingest;
using test_data::write_nifti_file;

namespace {

std::string text(const std::filesystem::path& path) { return path.string(); }

/// What a NIfTI file holds, unpacked.
std::string plain(const std::filesystem::path& file) {
    const auto bytes = read_file(file);
    if (!file.string().ends_with(".gz")) return std::string(text_of(bytes));
    const auto unpacked = gunzip_all(bytes, std::size_t{1} << 30);
    REQUIRE(unpacked.has_value());
    return std::string(text_of(*unpacked));
}

std::vector<std::string> files_below(const std::filesystem::path& folder) {
    std::vector<std::string> names;
    for (const auto& entry : list_tree(folder))
        if (!entry.path.starts_with(".cohort/")) names.push_back(entry.path);
    return names;
}

using Names = std::vector<std::string>;

/// A dataset of one predicted label whose grid was changed from `native`.
void write_prediction(const std::filesystem::path& place, const Volume& voxels, const Geometry& geometry,
                      const store::NativeGrid& native, const std::string& source) {
    std::filesystem::create_directories(place);
    store::DatasetWriter writer(place, store::Codec::fast);
    store::Sample sample{"case", "case", "", {}, Json::object(), {source}, {}};
    store::NewArray array;
    array.info.role = store::Role::label;
    array.info.type = voxels.type();
    array.info.shape = voxels.shape();
    array.info.axes = voxels.axes();
    array.info.geometry = geometry;
    array.info.native = native;
    array.voxels = voxels.clone();
    std::map<std::string, store::NewArray> arrays;
    arrays.emplace("label", std::move(array));
    writer.add(writer.pack(std::move(sample), std::move(arrays)));
    writer.finish();
    store::Manifest manifest;
    manifest.kind = "dataset";
    manifest.privacy = store::Privacy::anonymous;
    manifest.content = {{"samples", 1}, {"subjects", 1}};
    manifest.made_by.step = "predict";
    manifest.made_by.version = "0";
    manifest.members = store::hashed_members(place, 1);
    manifest.digest = store::content_digest(manifest, store::hashed_members(place, 1));
    write_file_atomically(place / "manifest.json", canonical_json(to_json(manifest)));
}

}  // namespace

TEST_CASE("every readable file goes in and out again with identical header and voxels, under its name", "[data]") {
    const auto data = test_data::folder("nifti");
    if (!data) return;
    for (const std::string part : {"odd", "orientations/odd", "spinal_cord"}) {
        const TemporaryFolder folder;
        CHECK(run_ingest({"--input", text(*data / part), "--out", text(folder.path / "raw"), "--privacy", "anonymous",
                          "--accept-quarantined", "all"}) == 0);
        CHECK(run_export({"--dataset", text(folder.path / "raw"), "--out", text(folder.path / "files")}) == 0);
        std::size_t compared = 0;
        for (const auto& name : files_below(folder.path / "files")) {
            INFO(part << "/" << name);
            const auto ours = plain(folder.path / "files" / name);
            const auto original = read_file(*data / part / name);
            const auto theirs = name.ends_with(".gz") ? gunzip_prefix(original, ours.size()) : original;
            CHECK(text_of(theirs).substr(0, ours.size()) == ours);
            ++compared;
        }
        CHECK(compared > 20);
    }
}

TEST_CASE("an identified dataset is refused with exit 7 unless that is allowed, and the permission is recorded") {
    const TemporaryFolder folder;
    write_nifti_file(folder, "in/a.nii");
    CHECK(run_ingest({"--input", text(folder.path / "in"), "--out", text(folder.path / "raw")}) == 0);
    CHECK(run_export({"--dataset", text(folder.path / "raw"), "--out", text(folder.path / "files")}) == 7);
    CHECK_FALSE(std::filesystem::exists(folder.path / "files"));
    CHECK(run_export({"--dataset", text(folder.path / "raw"), "--out", text(folder.path / "files"),
                      "--allow-identified"}) == 0);
    CHECK(read_json(folder.path / "files/.cohort/manifest.json")["content"]["allow_identified"] == true);
    CHECK(read_json(folder.path / "files/.cohort/manifest.json")["privacy"] == "identified");
}

TEST_CASE("nnU-Net's raw layout: channels numbered, 4D split, unlabelled in imagesTs, and it reads back the same") {
    const TemporaryFolder folder;
    write_nifti_file(folder, "in/imagesTr/a.nii.gz", {.shape = {4, 3, 2, 2}});
    write_nifti_file(
        folder, "in/labelsTr/a.nii.gz",
        {.shape = {4, 3, 2}, .type = VoxelType::u8, .value = [](std::int64_t i) { return double(i % 3); }});
    write_nifti_file(folder, "in/imagesTs/t.nii.gz", {.shape = {4, 3, 2, 2}});
    folder.write("in/dataset.json",
                 R"({"modality": {"0": "T1", "1": "T2"}, "labels": {"0": "background", "1": "a", "2": "b"}})");
    CHECK(run_ingest({"--input", text(folder.path / "in"), "--out", text(folder.path / "raw"), "--privacy",
                      "anonymous"}) == 0);
    CHECK(run_export({"--dataset", text(folder.path / "raw"), "--format", "nnunet", "--dataset-id", "7",
                      "--dataset-name", "Two", "--out", text(folder.path / "nnu")}) == 0);
    CHECK(files_below(folder.path / "nnu") ==
          Names{"Dataset007_Two/dataset.json", "Dataset007_Two/imagesTr/a_0000.nii.gz",
                "Dataset007_Two/imagesTr/a_0001.nii.gz", "Dataset007_Two/imagesTs/t_0000.nii.gz",
                "Dataset007_Two/imagesTs/t_0001.nii.gz", "Dataset007_Two/labelsTr/a.nii.gz"});
    CHECK(read_json(folder.path / "nnu/Dataset007_Two/dataset.json") ==
          Json{{"channel_names", {{"0", "T1"}, {"1", "T2"}}},
               {"labels", {{"background", 0}, {"a", 1}, {"b", 2}}},
               {"numTraining", 1},
               {"file_ending", ".nii.gz"}});
    CHECK(run_ingest({"--input", text(folder.path / "nnu/Dataset007_Two"), "--out", text(folder.path / "again"),
                      "--privacy", "anonymous"}) == 0);
    const store::Dataset before(folder.path / "raw"), after(folder.path / "again");
    const auto was = before.all_samples().at(0), is = after.all_samples().at(0);
    CHECK(is.array("label")->digest == was.array("label")->digest);
    const auto both = before.read("a", "image", *was.array("image"));
    std::string joined;
    for (const auto* name : {"image_0000", "image_0001"})
        joined += text_of(after.read("a", name, *is.array(name)).bytes());
    CHECK(joined == text_of(both.bytes()));
}

TEST_CASE("a predicted label comes back on the native grid under its source's name, with the source's affine") {
    const TemporaryFolder folder;
    Geometry oblique, fine;
    oblique.affine = Affine{{{{0, -1.5, 0.25, 10}, {1.25, 0.25, 0, -7}, {0, 0.25, 3, 4}}}};
    store::NativeGrid native{{8, 7, 5}, axes_named("xyz"), oblique};
    // On a grid half a native voxel apart in the world's axes, the label is: right of the middle plane.
    fine.affine = Affine{{{{0.5, 0, 0, -12}, {0, 0.5, 0, -20}, {0, 0, 0.5, -10}}}};
    Volume voxels(VoxelType::u8, {60, 60, 80}, axes_named("xyz"));
    const double middle = oblique.affine->apply({4, 3, 2})[0];
    for (std::int64_t z = 0; z < 80; ++z)
        for (std::int64_t y = 0; y < 60; ++y)
            for (std::int64_t x = 0; x < 60; ++x)
                voxels.values<std::uint8_t>()[static_cast<std::size_t>((z * 60 + y) * 60 + x)] =
                    fine.affine->apply({double(x), double(y), double(z)})[0] > middle ? 2 : 1;
    write_prediction(folder.path / "p", voxels, fine, native, "imagesTr/case_0000.nii.gz");
    CHECK(run_export({"--dataset", text(folder.path / "p"), "--out", text(folder.path / "files")}) == 0);
    REQUIRE(files_below(folder.path / "files") == Names{"case.nii.gz"});
    const auto image = std::get<Image>(test_data::read(folder.path / "files/case.nii.gz"));
    CHECK(image.voxels.shape() == native.shape);
    for (std::size_t row = 0; row < 3; ++row)
        for (std::size_t i = 0; i < 4; ++i)
            CHECK(image.geometry.affine->m[row][i] == Approx(oblique.affine->m[row][i]).margin(1e-5));
    std::size_t wrong = 0;
    for (std::int64_t z = 0; z < 5; ++z)
        for (std::int64_t y = 0; y < 7; ++y)
            for (std::int64_t x = 0; x < 8; ++x) {
                const double right = oblique.affine->apply({double(x), double(y), double(z)})[0] - middle;
                const auto value = image.voxels.values<std::uint8_t>()[static_cast<std::size_t>((z * 7 + y) * 8 + x)];
                if (std::abs(right) > 0.25) wrong += value != (right > 0 ? 2 : 1);
            }
    CHECK(wrong == 0);
}

TEST_CASE("unknown arrays are named with exit 2, and --arrays exports only those asked for") {
    const TemporaryFolder folder;
    write_nifti_file(folder, "in/imagesTr/a.nii.gz");
    write_nifti_file(folder, "in/labelsTr/a.nii.gz", label());
    CHECK(run_ingest({"--input", text(folder.path / "in"), "--out", text(folder.path / "raw"), "--privacy",
                      "anonymous"}) == 0);
    CHECK(run_export(
              {"--dataset", text(folder.path / "raw"), "--arrays", "lable", "--out", text(folder.path / "no")}) == 2);
    CHECK(run_export({"--dataset", text(folder.path / "raw"), "--arrays", "label", "--out",
                      text(folder.path / "files")}) == 0);
    CHECK(files_below(folder.path / "files") == Names{"labelsTr/a.nii.gz"});
    const auto list = read_text(folder.path / "files/.cohort/files.jsonl");
    const Json line = parse_json(list.substr(0, list.find('\n')), "line");
    CHECK(line["path"] == "labelsTr/a.nii.gz");
    CHECK("sha256:" + line["sha256"].get<std::string>() ==
          sha256_file(folder.path / "files/labelsTr/a.nii.gz").digest.text());
}

TEST_CASE("labels named alike keep apart in dataset.json, and 0 is background") {
    const Json content{{"channels", {{{"name", "CT"}, {"array", "image"}, {"index", 0}}}},
                       {"labels",
                        {{{"array", "label"}, {"value", 0}, {"name", "air"}},
                         {{"array", "label"}, {"value", 1}, {"name", "x"}},
                         {{"array", "label"}, {"value", 2}, {"name", "x"}}}}};
    CHECK(exporting::nnunet_dataset_json(content, 3) == Json{{"channel_names", {{"0", "CT"}}},
                                                             {"labels", {{"background", 0}, {"x", 1}, {"x_2", 2}}},
                                                             {"numTraining", 3},
                                                             {"file_ending", ".nii.gz"}});
}
