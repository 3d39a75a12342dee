#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <set>

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "apps/curate/checks/check.h"
#include "apps/curate/curate_parameters.h"
#include "core/error.h"
#include "core/files.h"
#include "tests/curate/made_dataset.h"
#include "tests/store/failing.h"

using namespace cohort;
using namespace cohort::curate;
using Words = std::vector<std::string>;

namespace {

Affine shifted(double mm) {
    Affine affine;
    affine.m[0][3] = mm;
    return affine;
}

Words ids_of(const Ran& ran) {
    Words ids;
    for (const auto& sample : ran.samples) ids.push_back(sample.id);
    return ids;
}

std::string reason_of(const Ran& ran, const std::string& id) {
    for (const auto& line : ran.quarantine)
        if (line["details"].value("id", "") == id) return line["reason"];
    return {};
}

ino_t inode_of(const std::filesystem::path& file) {
    struct stat status {};
    REQUIRE(::stat(file.c_str(), &status) == 0);
    return status.st_ino;
}

/// One sample for each check that looks at one sample, named after it.
std::vector<MadeSample> one_of_each() {
    std::vector<MadeSample> samples;
    auto add = [&](const std::string& id) -> MadeSample& { return samples.emplace_back(good_sample(id)); };
    add("a-good");
    add("b-shifted").arrays["label"].affine = shifted(0.011);
    add("c-shape").arrays["label"].shape = {6, 5, 5};
    add("d-unknown").arrays["label"].value = [](std::int64_t i) { return i == 5 ? 7.0 : 0.0; };
    auto& nan = add("e-nan").arrays["image"];
    nan.type = VoxelType::f32;
    nan.value = [](std::int64_t i) { return i == 3 ? std::nan("") : i == 4 ? std::numeric_limits<double>::infinity() : static_cast<double>(i); };
    add("f-constant").arrays["image"].value = [](std::int64_t) { return 4.0; };
    add("g-empty").arrays["label"].value = [](std::int64_t) { return 0.0; };
    add("h-no-image").arrays.erase("image");
    add("i-no-label").arrays.erase("label");
    auto& mask = add("j-mask").arrays["mask"];
    mask = {store::Role::mask, VoxelType::u8, {6, 5, 4}, shifted(3), {}, [](std::int64_t) { return 1.0; }};
    auto& twin = add("k-twin-channels");
    twin.arrays["image_0001"] = twin.arrays["image"];
    return samples;
}

}  // namespace

TEST_CASE("each check finds its bad sample, and only what cannot be used is set aside") {
    const TemporaryFolder folder;
    const auto input = publish_dataset(folder.path / "raw", one_of_each());
    const auto ran = run_curate(folder.path / "clean", input);
    CHECK(reason_of(ran, "b-shifted") == "geometry-mismatch");
    CHECK(reason_of(ran, "c-shape") == "geometry-mismatch");
    CHECK(reason_of(ran, "d-unknown") == "label-unknown");
    CHECK(ran.quarantine.size() == 3);
    CHECK(ran.sources == 11);
    CHECK(ran.samples.size() == 8);
    CHECK(flags_of(ran, "a-good") == Words{"from-elsewhere"});
    CHECK(flags_of(ran, "e-nan") == Words{"from-elsewhere", "image-non-finite"});
    CHECK(flags_of(ran, "f-constant") == Words{"from-elsewhere", "image-constant"});
    CHECK(flags_of(ran, "g-empty") == Words{"from-elsewhere", "empty-label"});
    CHECK(flags_of(ran, "h-no-image") == Words{"from-elsewhere", "image-missing"});
    CHECK(flags_of(ran, "i-no-label") == Words{"from-elsewhere", "label-missing"});
    CHECK(flags_of(ran, "j-mask") == Words{"from-elsewhere", "grid-mismatch"});
    CHECK(flags_of(ran, "k-twin-channels") == Words{"from-elsewhere", "identical-channels"});
    CHECK(ran.manifest.content["flagged"] == 8);  // whoever flagged them
    CHECK(ran.manifest.content["samples"] == 8);
    CHECK(ran.manifest.content["checks"]["geometry-mismatch"]["quarantined"] == 2);
    CHECK(ran.manifest.content["labels"] == input.manifest.content["labels"]);
    CHECK(ran.manifest.content["labelled"] == 7);
    CHECK(ran.manifest.content["arrays"]["mask"] == Json{{"role", "mask"}, {"samples", 1}});
    CHECK(ran.fingerprint["samples"] == 8);
    for (const auto& line : ran.quarantine) CHECK(line["source"] == line["details"]["id"].get<std::string>() + ".nii.gz");
}

TEST_CASE("every check is known by one name, says what it is about, and has a bad sample in these tests") {
    std::set<std::string_view> names;
    for (const auto& check : all_checks()) {
        CHECK(names.insert(check.name).second);
        CHECK(check.about.ends_with('.'));
        CHECK(is_reason(check.reason));
        CHECK((check.look == nullptr) != (check.compare == nullptr));
    }
    const std::set<std::string_view> tested{
        "damaged",       "geometry-mismatch", "label-unknown", "grid-mismatch",      "image-non-finite",         "image-constant",
        "empty-label",   "image-missing",     "label-missing", "identical-channels", "duplicate-within-subject", "duplicate-across-subjects"};
    CHECK(names == tested);
}

TEST_CASE("a corner within .01 of the smallest spacing is one grid") {
    const TemporaryFolder folder;
    auto sample = good_sample("near");
    sample.arrays["label"].affine = shifted(0.0099);
    const auto ran = run_curate(folder.path / "clean", publish_dataset(folder.path / "raw", {sample}));
    CHECK(ran.samples.size() == 1);
}

TEST_CASE("a class takes the place of a label") {
    const TemporaryFolder folder;
    auto sample = good_sample("classed");
    sample.arrays.erase("label");
    sample.values["class"] = "benign";
    const auto ran = run_curate(folder.path / "clean", publish_dataset(folder.path / "raw", {sample}));
    CHECK(flags_of(ran, "classed") == Words{"from-elsewhere"});
}

TEST_CASE("--check changes what is done: quarantine, flag, off; and fail ends the run with 4, naming the samples") {
    const TemporaryFolder folder;
    const auto input = publish_dataset(folder.path / "raw", one_of_each());
    const auto ran = run_curate(folder.path / "clean", input,
                                {"geometry-mismatch=flag", "image-constant=quarantine", "empty-label=off", "label-unknown=off"});
    CHECK(reason_of(ran, "f-constant") == "image-constant");
    CHECK(ran.quarantine.size() == 1);
    CHECK(flags_of(ran, "b-shifted") == Words{"from-elsewhere", "geometry-mismatch"});
    CHECK(flags_of(ran, "g-empty") == Words{"from-elsewhere"});
    CHECK(flags_of(ran, "d-unknown") == Words{"from-elsewhere"});
    const auto failed = refusal_of([&] { run_curate(folder.path / "failed", input, {"image-non-finite=fail"}); });
    CHECK(failed.code == Exit::check_failed);
    CHECK(failed.sentence.find("e-nan") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(folder.path / "failed"));
}

TEST_CASE("faults in --check are exit 2 with a suggestion") {
    const auto faults = [](const std::string& entry) {
        std::vector<std::string> out;
        curate_parameters({{"check", {entry}}}, &out);
        return out;
    };
    CHECK(faults("image-constnt=flag").front().find("did you mean 'image-constant'") != std::string::npos);
    CHECK(faults("image-constant=drop").size() == 1);
    CHECK(faults("image-constant").size() == 1);
    CHECK(faults("damaged=off").size() == 1);
    CHECK(faults("damaged=fail").empty());
    std::vector<std::string> out;
    curate_parameters({{"check", {"empty-label=off", "empty-label=flag"}}}, &out);
    CHECK(out.size() == 1);
}

TEST_CASE("copies are found whatever their type, header and scale, within and across subjects") {
    const TemporaryFolder folder;
    std::vector<MadeSample> samples{good_sample("a", "s1"), good_sample("b", "s2"), good_sample("c", "s1"), good_sample("d", "s3")};
    const auto value = samples[0].arrays["image"].value;
    auto& across = samples[1].arrays["image"];
    across.type = VoxelType::f32;
    across.value = value;
    auto& within = samples[2].arrays["image"];
    within.value = [value](std::int64_t i) { return (value(i) - 10) / 1; };
    within.scale = {{1}, {10}, ""};
    within.affine = samples[2].arrays["label"].affine = shifted(50);
    const auto input = publish_dataset(folder.path / "raw", samples);
    const auto ran = run_curate(folder.path / "clean", input);
    CHECK(flags_of(ran, "a") == Words{"from-elsewhere", "duplicate-within-subject", "duplicate-across-subjects"});
    CHECK(flags_of(ran, "b") == Words{"from-elsewhere", "duplicate-across-subjects"});
    CHECK(flags_of(ran, "c") == Words{"from-elsewhere", "duplicate-within-subject", "duplicate-across-subjects"});
    CHECK(flags_of(ran, "d") == Words{"from-elsewhere"});
    const auto purged = run_curate(folder.path / "purged", input,
                                   {"duplicate-within-subject=quarantine", "duplicate-across-subjects=quarantine"});
    CHECK(ids_of(purged) == Words{"a", "d"});
    CHECK(reason_of(purged, "b") == "duplicate-content");
}

TEST_CASE("a sample set aside for another reason does not make its copy a duplicate") {
    const TemporaryFolder folder;
    std::vector<MadeSample> samples{good_sample("a"), good_sample("b")};
    samples[1].arrays["image"].value = samples[0].arrays["image"].value;
    samples[0].arrays["label"].affine = shifted(1);
    const auto ran = run_curate(folder.path / "clean", publish_dataset(folder.path / "raw", samples));
    CHECK(ids_of(ran) == Words{"b"});
    CHECK(flags_of(ran, "b") == Words{"from-elsewhere"});
}

TEST_CASE("a damaged array sets its sample aside, the rest goes on") {
    const TemporaryFolder folder;
    std::vector<MadeSample> samples;
    for (const auto* id : {"a", "b", "c"}) {
        auto& image = samples.emplace_back(good_sample(id)).arrays["image"];
        image.shape = samples.back().arrays["label"].shape = {40, 40, 40};  // large enough for chunks of its own
        const auto seed = static_cast<std::int64_t>(id[0]);
        image.value = [seed](std::int64_t i) { return static_cast<double>((i * 2654435761 + seed * 40503) % 30011); };
    }
    const auto input = publish_dataset(folder.path / "raw", samples);
    const auto shard = folder.path / "raw" / "shards" / "00000.h5";
    const auto bytes = std::filesystem::file_size(shard);
    {
        std::fstream file(shard, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>(bytes / 2));
        file.write("hostile!", 8);
    }
    const auto ran = run_curate(folder.path / "clean", input);
    REQUIRE(ran.quarantine.size() == 1);
    CHECK(ran.quarantine[0]["reason"] == "damaged");
    CHECK(ran.samples.size() == 2);
    CHECK(refusal_of([&] { run_curate(folder.path / "failed", input, {"damaged=fail"}); }).code == Exit::check_failed);
}

TEST_CASE("shards in which nothing was set aside are linked, and headers go along") {
    const TemporaryFolder folder;
    const auto input = publish_dataset(folder.path / "raw", {good_sample("a"), good_sample("b")});
    const auto ran = run_curate(folder.path / "clean", input);
    CHECK(inode_of(folder.path / "raw" / "shards" / "00000.h5") == inode_of(folder.path / "clean" / "shards" / "00000.h5"));
    const store::Dataset clean(ran.folder);
    CHECK(clean.header("a", "image").value() == Json{{"format", "made"}});
    for (const auto& sample : ran.samples)
        for (const auto& [name, info] : sample.arrays) CHECK_NOTHROW(clean.verify(sample.id, name, info, 1));
}

TEST_CASE("the result does not depend on threads, and curating twice changes nothing") {
    const TemporaryFolder folder;
    const auto input = publish_dataset(folder.path / "raw", one_of_each());
    const auto once = run_curate(folder.path / "one", input, {}, 1);
    const auto many = run_curate(folder.path / "many", input, {}, 7);
    CHECK(once.manifest.digest == many.manifest.digest);
    CHECK(read_text(once.folder / "quarantine.jsonl") == read_text(many.folder / "quarantine.jsonl"));
    const auto again = run_curate(folder.path / "again", {once.folder, once.manifest}, {}, 2);
    CHECK(again.manifest.members.at("samples.jsonl") == once.manifest.members.at("samples.jsonl"));
    CHECK(again.manifest.members.at("fingerprint.json") == once.manifest.members.at("fingerprint.json"));
}

TEST_CASE("the fingerprint's figures are those of the samples") {
    const TemporaryFolder folder;
    std::vector<MadeSample> samples;
    for (int n = 0; n < 3; ++n) {
        auto sample = good_sample("s" + std::to_string(n));
        Affine affine;
        affine.m[0][0] = affine.m[1][1] = 2;
        affine.m[2][2] = 1.0 + n;
        for (auto& [name, array] : sample.arrays) {
            array.affine = affine;
            array.shape = {10, 8, 4 + n};
        }
        // Image: 0 outside x ≥ 5, then 100·(n + 1) everywhere; label 1 on one plane of y.
        sample.arrays["image"].value = [n](std::int64_t i) { return i % 10 >= 5 ? 100.0 * (n + 1) : 0.0; };
        sample.arrays["label"].value = [](std::int64_t i) { return (i / 10) % 8 == 3 ? 1.0 : 0.0; };
        samples.push_back(std::move(sample));
    }
    const auto f = run_curate(folder.path / "clean", publish_dataset(folder.path / "raw", samples)).fingerprint;
    CHECK(f["shape"]["median"] == Json({10, 8, 5}));
    CHECK(f["spacing_mm"]["maximum"] == Json({2, 2, 3}));
    CHECK(f["non_zero_shape"]["minimum"] == Json({5, 8, 4}));
    CHECK(f["non_zero_share"]["median"] == 0.5);
    CHECK(f["types"] == Json{{"i16", 3}});
    const auto& channel = f["channels"][0];
    CHECK(channel["name"] == "MRI");
    CHECK(channel["whole"]["mean"]["median"] == 100.0);
    CHECK(channel["whole"]["sd"]["median"] == 100.0);
    CHECK(channel["foreground"]["mean"]["maximum"] == 150.0);
    CHECK(channel["whole"]["pooled"]["count"] == 80 * (4 + 5 + 6));
    CHECK(channel["whole"]["pooled"]["mean"].get<double>() == Approx((4 * 50.0 + 5 * 100 + 6 * 150) / 15));
    REQUIRE(f["labels"].size() == 3);
    CHECK(f["labels"][1]["name"] == "one");
    CHECK(f["labels"][1]["samples"] == 3);
    CHECK(f["labels"][1]["voxels"]["median"] == 50);
    CHECK(f["labels"][1]["volume_ml"]["median"].get<double>() == Approx(50 * 8.0 / 1000));
    CHECK(f["labels"][2]["samples"] == 0);
    CHECK(f["labels"][2]["voxels"].is_null());
}

TEST_CASE("memory that does not suffice for one sample ends the run with 5, naming it") {
    const TemporaryFolder folder;
    const auto input = publish_dataset(folder.path / "raw", {good_sample("large")});
    const auto refusal = refusal_of([&] { run_curate(folder.path / "clean", input, {}, 1, 1 << 20); });
    CHECK(refusal.code == Exit::resources);
    CHECK(refusal.sentence.find("large") != std::string::npos);
}

TEST_CASE("an altered samples.jsonl ends the run with 3") {
    const TemporaryFolder folder;
    const auto input = publish_dataset(folder.path / "raw", {good_sample("a"), good_sample("b")});
    const auto file = folder.path / "raw" / "samples.jsonl";
    auto text = read_text(file);
    text.replace(text.find("stays"), 5, "stood");
    write_file_atomically(file, std::string_view(text));
    CHECK(refusal_of([&] { run_curate(folder.path / "clean", input); }).code == Exit::bad_input);
}
