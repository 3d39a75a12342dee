#include "apps/@name@/@name@_step.h"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <filesystem>

#include "core/error.h"
#include "step/run_program.h"
#include "store/dataset.h"
#include "store/dataset_writer.h"

using namespace cohort;

namespace {

/// A folder of its own that is removed at the end.
class TemporaryFolder {
public:
    TemporaryFolder() : path_(std::filesystem::temp_directory_path() / ("cohort-@name@-" + std::to_string(::getpid()))) {
        std::filesystem::create_directories(path_);
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

/// A published dataset of small images whose voxels are their sample's number.
void publish_dataset(const std::filesystem::path& place, int samples) {
    store::OutputFolder folder(place, "made");
    store::DatasetWriter writer(folder.path(), store::Codec::fast);
    for (int number = 0; number < samples; ++number) {
        store::Sample sample;
        sample.id = "case-" + std::to_string(100 + number);
        sample.subject = sample.id;
        sample.source = {sample.id + ".nii.gz"};
        store::NewArray image;
        image.voxels.emplace(VoxelType::i16, Shape{4, 3, 2}, axes_named("xyz"));
        visit(*image.voxels, [&]<class T>(std::span<T> voxels) {
            if constexpr (std::is_arithmetic_v<T>)
                for (auto& voxel : voxels) voxel = static_cast<T>(number);
        });
        image.info.type = VoxelType::i16;
        image.info.shape = {4, 3, 2};
        image.info.axes = axes_named("xyz");
        image.info.geometry.affine = Affine{};
        std::map<std::string, store::NewArray> arrays;
        arrays.emplace("image", std::move(image));
        writer.add(writer.pack(std::move(sample), std::move(arrays)));
    }
    const auto totals = writer.finish();
    store::Manifest manifest;
    manifest.kind = "dataset";
    manifest.content = {{"samples", totals.samples}, {"subjects", totals.subjects}};
    manifest.made_by.step = "test";
    manifest.made_by.version = "0";
    folder.publish(manifest, Json::object(), store::Overwrite::replace, 1);
}

/// Runs the program in this process; its exit code.
int run(std::vector<std::string> words) {
    words.insert(words.begin(), "cohort-@name@");
    words.emplace_back("--quiet");
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    @name@::@Name@Step step;
    return step::run_program(step, static_cast<int>(argv.size()), argv.data());
}

}  // namespace

TEST_CASE("@name@ keeps the first samples with their voxels and counts the others as skipped") {
    const TemporaryFolder folder;
    const auto from = (folder.path() / "from").string(), to = (folder.path() / "to").string();
    publish_dataset(from, 5);
    REQUIRE(run({"--dataset", from, "--count", "2", "--out", to}) == 0);
    const store::Dataset before(from), after(to);
    const auto samples = after.all_samples();
    REQUIRE(samples.size() == 2);
    for (std::size_t i = 0; i < samples.size(); ++i) {
        CHECK(samples[i].id == before.all_samples()[i].id);
        const auto& info = samples[i].arrays.at("image");
        CHECK(info.digest == before.all_samples()[i].arrays.at("image").digest);
        CHECK_NOTHROW(after.verify(samples[i].id, "image", info, 1));
    }
    CHECK(after.manifest().content["samples"] == 2);
    CHECK(after.manifest().counts.sources == 5);
    CHECK(after.manifest().counts.skipped == 3);
}

TEST_CASE("@name@ with more samples wanted than there are keeps all, whatever the number of threads") {
    const TemporaryFolder folder;
    const auto from = (folder.path() / "from").string();
    const auto one = (folder.path() / "one").string(), four = (folder.path() / "four").string();
    publish_dataset(from, 3);
    REQUIRE(run({"--dataset", from, "--out", one, "--threads", "1"}) == 0);
    REQUIRE(run({"--dataset", from, "--out", four, "--threads", "4"}) == 0);
    CHECK(store::read_manifest(one).content["samples"] == 3);
    CHECK(store::read_manifest(one).digest == store::read_manifest(four).digest);
}

TEST_CASE("@name@ refuses what its schema refuses") {
    const TemporaryFolder folder;
    CHECK(run({"--dataset", folder.path().string(), "--count", "0", "--out", (folder.path() / "out").string()}) == 2);
    CHECK(run({"--dataset", (folder.path() / "nowhere").string(), "--out", (folder.path() / "out").string()}) == 3);
}
