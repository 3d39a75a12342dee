// Known answers on real data, through ingest and preprocess.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <iostream>

#include "apps/preprocess/preprocess_step.h"
#include "grid/orient.h"
#include "store/dataset.h"
#include "tests/formats/run_step.h"
#include "tests/formats/test_data.h"

using namespace cohort;

namespace {

std::string text(const std::filesystem::path& path) { return path.string(); }

int run_preprocess(const std::filesystem::path& from, const std::filesystem::path& to, std::vector<std::string> more) {
    std::vector<std::string> words{"--dataset", text(from), "--out", text(to)};
    words.insert(words.end(), more.begin(), more.end());
    return test_data::run<preprocess::PreprocessStep>(words);
}

double millilitres(const store::Dataset& dataset, const store::Sample& sample) {
    const auto& info = *sample.array("label");
    const auto volume = dataset.read(sample.id, "label", info);
    std::size_t count = 0;
    for (const auto byte : volume.bytes()) count += byte != std::byte{0};
    const auto mm = info.geometry.spacing_mm();
    return static_cast<double>(count) * mm[0] * mm[1] * mm[2] / 1000;
}

/// scipy.ndimage.affine_transform(native > 0, inv(A_native)·A_prepared, order=0) against what the dataset holds, by
/// h5py and nibabel: prints the number of voxels that differ.
const char* const oracle = R"(
import json, sys, h5py, nibabel, numpy as np, scipy.ndimage as nd
native, prepared = sys.argv[1:]
different = 0
for line in open(prepared + '/samples.jsonl'):
    sample = json.loads(line)
    info = sample['arrays']['label']
    image = nibabel.as_closest_canonical(nibabel.load(native + '/' + sample['id'] + '.nii.gz'))
    target = np.vstack([info['geometry']['affine'], [0, 0, 0, 1]])
    expected = nd.affine_transform((np.asarray(image.dataobj) > 0).astype(np.uint8), np.linalg.inv(image.affine) @ target,
                                   order=0, output_shape=tuple(info['shape']))
    with h5py.File(prepared + '/shards/00000.h5') as shard:
        ours = shard['samples/' + sample['id'] + '/label'][()].T > 0
    different += int((ours != (expected > 0)).sum())
print(different)
)";

}  // namespace

TEST_CASE("lesion labels alone, brought to 1 mm: scipy's nearest neighbour voxel for voxel, and the volumes stay",
          "[data]") {
    const auto data = test_data::folder("nifti/open_ms");
    if (!data) return;
    const TemporaryFolder folder;
    REQUIRE(test_data::run_ingest({"--labels", text(*data / "native"), "--out", text(folder.path / "raw"), "--privacy",
                                   "anonymous"}) == 0);
    REQUIRE(run_preprocess(folder.path / "raw", folder.path / "prep", {"--spacing-mm", "1"}) == 0);
    const store::Dataset raw(folder.path / "raw"), prep(folder.path / "prep");
    const auto before = raw.all_samples(), after = prep.all_samples();
    REQUIRE(after.size() == 11);
    for (std::size_t i = 0; i < after.size(); ++i) {
        const double native_ml = millilitres(raw, before[i]), ml = millilitres(prep, after[i]);
        INFO(after[i].id << ": " << native_ml << " ml, then " << ml);
        CHECK(after[i].array("label")->shape == Shape{154, 240, 240});
        CHECK(std::abs(ml / native_ml - 1) < (native_ml > 20 ? 0.015 : 0.04));
    }
    folder.write("oracle.py", oracle);
    const auto command = "/usr/bin/python3 " + text(folder.path / "oracle.py") + " " + text(*data / "native") + " " +
                         text(folder.path / "prep") + " > " + text(folder.path / "different") + " 2>/dev/null";
    if (std::system(command.c_str()) != 0) {
        std::cout << "skipped: python3 with h5py, nibabel and scipy not present (nearest neighbour oracle)\n";
        return;
    }
    CHECK(read_text(folder.path / "different") == "0\n");
}

TEST_CASE("one brain in 24 orientations is prepared to one array on one grid", "[data]") {
    const auto data = test_data::folder("nifti/orientations/axis_codes");
    if (!data) return;
    const TemporaryFolder folder;
    REQUIRE(test_data::run_ingest(
                {"--input", text(*data), "--out", text(folder.path / "raw"), "--privacy", "anonymous"}) == 0);
    for (const std::vector<std::string>& how :
         {std::vector<std::string>{"--normalise", "zscore"},
          {"--crop", "non-zero", "--normalise", "minmax", "--spacing-mm", "2", "--interpolation", "cubic"}}) {
        const auto out = folder.path / how[0].substr(2);
        REQUIRE(run_preprocess(folder.path / "raw", out, how) == 0);
        const store::Dataset prep(out);
        const auto samples = prep.all_samples();
        REQUIRE(samples.size() == 24);
        const auto& first = *samples[0].array("image");
        const auto expected = prep.read(samples[0].id, "image", first);
        for (const auto& sample : samples) {
            INFO(sample.id);
            const auto& info = *sample.array("image");
            CHECK(grid::axis_codes(*info.geometry.affine) == "RAS");
            REQUIRE(info.shape == first.shape);
            CHECK(corner_distance_mm(info.geometry, first.geometry, info.shape) < 1e-4);
            const auto volume = prep.read(sample.id, "image", info);
            double worst = 0;
            for (std::size_t i = 0; i < static_cast<std::size_t>(volume.size()); ++i)
                worst = std::max(
                    worst, static_cast<double>(std::abs(volume.values<float>()[i] - expected.values<float>()[i])));
            CHECK(worst < (how.size() > 2 ? 2e-5 : 1e-12));
        }
    }
}
