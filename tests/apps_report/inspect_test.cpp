#include <catch2/catch.hpp>
#include <fstream>

#include "apps/inspect/inspect_step.h"
#include "apps/inspect/summary.h"
#include "apps/inspect/verification.h"
#include "core/error.h"
#include "core/files.h"
#include "made_artefact.h"

using namespace cohort;

namespace {

MadeArray image(const Shape& shape) {
    MadeArray a{.role = store::Role::image, .type = VoxelType::i16, .shape = shape};
    a.affine.m[0][0] = 2;
    for (std::int64_t i = 0; i < voxel_count(shape); ++i) a.values.push_back(static_cast<double>(i));
    return a;
}

std::filesystem::path dataset(const TemporaryFolder& folder, store::Privacy privacy = store::Privacy::anonymous) {
    Affine affine;
    affine.m[0][0] = 2;
    return make_dataset(
        folder / "data",
        {.samples = {{"a",
                      {{"image", image({6, 5, 4})},
                       {"label", label_of({6, 5, 4}, {{2, {1, 1, 1}, {3, 3, 2}}}, affine)}},
                      {{"age", 30}, {"sex", "n/a"}}},
                     {"b", {{"image", image({8, 5, 4})}}, {{"age", 41}}, {{"no-label", "It has no label."}}}},
         .privacy = privacy,
         .quarantined = {{"x.nii.gz", {"truncated", "x.nii.gz is cut short.", Json::object()}},
                         {"y.nii.gz", {"truncated", "y.nii.gz is cut short.", Json::object()}}}});
}

step::Input opened(const std::filesystem::path& path) { return {path, store::read_manifest(path)}; }

int inspect_it(const std::filesystem::path& path, std::vector<std::string> words = {}) {
    inspect::InspectStep step;
    words.insert(words.begin(), path.string());
    words.push_back("--quiet");
    return run(step, std::move(words));
}

}  // namespace

TEST_CASE("a dataset's summary counts samples, shapes, spacings, values, flags and the quarantined") {
    TemporaryFolder folder;
    const Json s = inspect::summary_of(opened(dataset(folder)));
    const Json& d = s.at("dataset");
    CHECK(d.at("samples") == 2);
    CHECK(d.at("with_label") == 1);
    CHECK(d.at("flagged") == 1);
    CHECK(d.at("arrays").at("image").at("shape").at("min") == Json{6, 5, 4});
    CHECK(d.at("arrays").at("image").at("shape").at("max") == Json{8, 5, 4});
    CHECK(d.at("arrays").at("image").at("spacing_mm").at("median") == Json{2, 1, 1});
    CHECK(d.at("arrays").at("image").at("types") == Json{{"i16", 2}});
    CHECK(d.at("values") == Json{{"age", 2}});
    CHECK(d.at("quarantine").size() == 1);
    CHECK(d.at("quarantine").at(0).at("sources") == 2);
    CHECK(d.at("quarantine").at(0).at("example") == "x.nii.gz");
    const std::string text = inspect::summary_text(s);
    for (const char* word : {"6×5×4 / 6×5×4 / 8×5×4", "2×1×1", "front", "no-label", "truncated", "2 quarantined"}) {
        INFO(word);
        CHECK(text.find(word) != std::string::npos);
    }
}

TEST_CASE("one sample shows its arrays, geometry and values; an unknown one is refused with a near name") {
    TemporaryFolder folder;
    const auto input = opened(dataset(folder));
    const Json a = inspect::sample_of(input, "a");
    CHECK(a.at("arrays").at("image").at("spacing_mm") == Json{2, 1, 1});
    CHECK(a.at("values").at("age") == 30);
    CHECK(inspect::sample_text(a).find("label") != std::string::npos);
    try {
        inspect::sample_of(input, "aa");
        FAIL("an unknown sample was shown");
    } catch (const Error& error) {
        CHECK(error.code() == Exit::usage);
        CHECK(std::string(error.what()).find("did you mean 'a'") != std::string::npos);
    }
}

TEST_CASE("pictures of identified data are refused with 7 unless they are allowed") {
    TemporaryFolder folder;
    const auto data = dataset(folder, store::Privacy::identified);
    const auto png = folder / "p.png";
    CHECK(inspect_it(data, {"--png", png.string()}) == 7);
    CHECK_FALSE(std::filesystem::exists(png));
    CHECK(inspect_it(data, {"--png", png.string(), "--allow-identified"}) == 0);
    CHECK(text_of(read_file(png)).substr(1, 3) == "PNG");
    CHECK(inspect_it(data, {"--allow-identified"}) == 2);
}

TEST_CASE("a picture is drawn of one sample or of several, and of datasets only") {
    TemporaryFolder folder;
    const auto data = dataset(folder);
    CHECK(inspect_it(data, {"--png", (folder / "all.png").string()}) == 0);
    CHECK(inspect_it(data, {"--png", (folder / "one.png").string(), "--sample", "a"}) == 0);
    CHECK(inspect_it(data, {"--png", (folder / "none.png").string(), "--sample", "c"}) == 2);
    CHECK(std::filesystem::file_size(folder / "all.png") > 100);
    CHECK(std::filesystem::file_size(folder / "one.png") > 100);
    const auto split = make_artefact(folder / "split", "split", {{"split.json", R"({"folds":[]})"}});
    CHECK(inspect_it(split, {"--png", (folder / "none.png").string()}) == 2);
    CHECK_FALSE(std::filesystem::exists(folder / "none.png"));
}

TEST_CASE("splits, models, plans, evaluations and files each have their summary") {
    TemporaryFolder folder;
    const auto split = make_artefact(
        folder / "split", "split",
        {{"split.json",
          R"({"balance":[{"fold":"0","part":"train","samples":2,"groups":2,"levels":{"sex":{"f":1,"m":1}}}],"folds":[{"name":"0","test":[],"train":["a","b"],"validation":["c"]}],"scheme":"kfold","seed":7})"}});
    const Json s = inspect::summary_of(opened(split));
    CHECK(s.at("split").at("folds").at(0) == Json{{"name", "0"}, {"train", 2}, {"validation", 1}, {"test", 0}});
    CHECK(inspect::summary_text(s).find("sex: f 1, m 1") != std::string::npos);
    CHECK(inspect::sample_of(opened(split), "c").at("parts").at(0).at("part") == "validation");
    CHECK(inspect::sample_text(inspect::sample_of(opened(split), "c")).find("fold 0: validation") != std::string::npos);

    const auto model =
        make_artefact(folder / "model", "model",
                      {{"plan.json", R"({"patch":[8,8,8]})"},
                       {"history.jsonl",
                        "{\"iteration\":1,\"loss\":2,\"validation\":{\"mean_dice\":0.2}}\n{\"iteration\":2,\"loss\":1,"
                        "\"validation\":{\"mean_dice\":0.6}}\n{\"iteration\":3,\"loss\":0.9,\"validation\":null}\n"}},
                      {{"iterations", 3}});
    const Json m = inspect::summary_of(opened(model)).at("model");
    CHECK(m.at("best").at("iteration") == 2);
    CHECK(m.at("last").at("iteration") == 3);
    CHECK(inspect::summary_text(inspect::summary_of(opened(model))).find("iterations") != std::string::npos);

    const auto plan = make_artefact(folder / "plan", "plan", {{"plan.json", R"({"patch":[8,8,8]})"}});
    CHECK(inspect::summary_text(inspect::summary_of(opened(plan))).find("patch") != std::string::npos);

    const auto files =
        make_artefact(folder / "files", "files", {{"a.nii.gz", "x"}, {"sub/b.nii.gz", "yy"}, {"readme", "z"}});
    const Json f = inspect::summary_of(opened(files)).at("files").at("files");
    CHECK(f.at(1) == Json{{"ending", ".nii.gz"}, {"files", 2}, {"bytes", 3}});
}

TEST_CASE("verifying finds an altered member and an altered shard, and ends with 4") {
    TemporaryFolder folder;
    const auto data = dataset(folder);
    Progress progress;
    const auto whole = inspect::verify(opened(data), 2, progress);
    CHECK(whole.faults.empty());
    CHECK(whole.arrays == 3);
    CHECK(inspect_it(data, {"--verify"}) == 0);

    const auto split =
        make_artefact(folder / "split", "split", {{"split.json", R"({"folds":[]})"}, {"notes", "as made"}});
    std::ofstream(split / "notes") << "altered";
    CHECK(inspect_it(split, {"--verify"}) == 4);

    const auto shard = data / "shards" / "00000.h5";
    REQUIRE(std::filesystem::exists(shard));
    std::string bytes = read_text(shard);
    bool found = false;
    for (std::size_t at = bytes.size() / 4; at < bytes.size() && !found; at += 97) {  // wherever it hits voxels
        std::string damaged = bytes;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
        std::ofstream(shard, std::ios::binary) << damaged;
        found = !inspect::verify(opened(data), 1, progress).faults.empty();
    }
    CHECK(found);
    CHECK(inspect_it(data, {"--verify"}) == 4);
}

TEST_CASE("inspect refuses what is no artefact") {
    TemporaryFolder folder;
    CHECK(inspect_it(folder / "nothing") == 3);
    CHECK(inspect_it(folder.path) == 3);
}
