#include <catch2/catch.hpp>
#include <cmath>

#include "apps/evaluate/evaluate_step.h"
#include "core/files.h"
#include "made_artefact.h"

using namespace cohort;

namespace {

const Shape shape{6, 5, 4};

/// Reference: label 1 of 8 voxels, label 2 of 4. `shift` moves the prediction along x.
MadeArray label_at(std::int64_t shift) {
    return label_of(shape, {{1, {1 + shift, 1, 1}, {2 + shift, 2, 2}}, {2, {0 + shift, 4, 0}, {1 + shift, 4, 1}}});
}

MadeArray image() {
    MadeArray a{.role = store::Role::image, .type = VoxelType::i16, .shape = shape};
    for (std::int64_t i = 0; i < voxel_count(shape); ++i) a.values.push_back(static_cast<double>(i % 17));
    return a;
}

struct Bench {
    TemporaryFolder folder;
    std::filesystem::path reference =
        make_dataset(folder / "reference", {.samples = {{"a", {{"image", image()}, {"label", label_at(0)}}},
                                                        {"b", {{"label", label_at(0)}}},
                                                        {"c", {{"label", label_at(0)}}},
                                                        {"unlabelled", {{"image", image()}}}}});
    std::filesystem::path out = folder / "out";

    int evaluate(std::vector<std::string> words) {
        evaluate::EvaluateStep step;
        words.insert(words.end(), {"--reference", reference.string(), "--out", out.string(), "--quiet"});
        return run(step, std::move(words));
    }
    std::filesystem::path predicted(const std::string& name, std::vector<MadeSample> samples,
                                    std::vector<std::string> cases) {
        return make_dataset(folder / name, {.samples = std::move(samples), .cases = std::move(cases)});
    }
    Json summary() const { return read_json(out / "summary.json"); }
    store::Manifest manifest() const { return store::read_manifest(out); }
};

MadeSample prediction(const std::string& id, std::int64_t shift) { return {id, {{"label", label_at(shift)}}}; }

}  // namespace

TEST_CASE("evaluate scores the union of its predictions' cases, and a missing one has failed") {
    Bench b;
    const auto one = b.predicted("one", {prediction("a", 0)}, {"a", "b"});
    const auto two = b.predicted("two", {prediction("c", 1)}, {"c"});
    REQUIRE(b.evaluate({"--predictions", one.string(), "--predictions", two.string(), "--metrics",
                        "dice,iou,volume_difference_mm3"}) == 0);
    CHECK(read_text(b.out / "cases.csv") ==
          "case,label,dice,iou,volume_difference_mm3\n"
          "a,1,1,1,0\na,2,1,1,0\n"
          "b,1,0,0,-8\nb,2,0,0,-4\n"
          "c,1,0.5,0.3333333333333333,0\nc,2,0.5,0.3333333333333333,0\n");
    const auto manifest = b.manifest();
    CHECK(manifest.kind == "evaluation");
    CHECK(manifest.content.at("cases") == 3);
    CHECK(manifest.content.at("failed") == 1);
    CHECK(manifest.content.at("mean_dice").get<double>() == Approx(0.5));
    CHECK(manifest.counts.sources == 3);
    CHECK(manifest.counts.quarantined == 0);
    const Json summary = b.summary();
    CHECK(summary.at("failed") == Json{"b"});
    CHECK(summary.at("labels").at(0).at("name") == "front");
    CHECK(summary.at("labels").at(0).at("metrics").at("dice").at("n_scored") == 3);
    CHECK(summary.at("rule_for_empty_masks").get<std::string>().find("both empty") != std::string::npos);
    const std::string page = read_text(b.out / "summary.md");
    CHECK(page.find("both empty: undefined") != std::string::npos);
    CHECK(page.find("worst: b") != std::string::npos);
    CHECK(page.find("3 of 3") != std::string::npos);
    CHECK(read_file(b.out / "worst-median-best.png").size() > 100);
    CHECK_FALSE(std::filesystem::exists(b.out / "nnunet"));
}

TEST_CASE("evaluate gives equal bytes for any number of threads") {
    Bench b;
    std::vector<MadeSample> samples{prediction("a", 0), prediction("b", 1), prediction("c", 2)};
    const auto p = b.predicted("p", samples, {"a", "b", "c"});
    std::string digest;
    for (const char* threads : {"1", "2", "5"}) {
        REQUIRE(b.evaluate({"--predictions", p.string(), "--threads", threads, "--nnunet", "--force"}) == 0);
        const auto manifest = b.manifest();
        if (digest.empty()) digest = manifest.digest.text();
        CHECK(manifest.digest.text() == digest);
    }
}

TEST_CASE("predictions from elsewhere must cover every labelled case of the reference, or of the split's part") {
    Bench b;
    const auto p = b.predicted("p", {prediction("a", 0), prediction("b", 0)}, {});
    REQUIRE(b.evaluate({"--predictions", p.string()}) == 0);
    CHECK(b.summary().at("failed") == Json{"c"});
    CHECK(b.manifest().content.at("cases") == 3);
    const auto split = make_artefact(
        b.folder / "split", "split",
        {{"split.json",
          R"({"folds":[{"name":"0","train":["a"],"validation":["b"],"test":[]},{"name":"1","train":["b"],"validation":["a"],"test":[]}]})"}});
    REQUIRE(b.evaluate({"--predictions", p.string(), "--split", split.string(), "--fold", "0", "--force"}) == 0);
    CHECK(b.manifest().content.at("cases") == 1);
    CHECK(b.manifest().counts.skipped == 1);
    CHECK(b.summary().at("not_scored").at("outside_subset") == Json{"a"});
    CHECK(b.evaluate({"--predictions", p.string(), "--split", split.string(), "--fold", "7", "--force"}) == 2);
    CHECK(b.evaluate({"--predictions", p.string(), "--split", split.string(), "--force"}) == 2);
    CHECK(b.evaluate({"--predictions", p.string(), "--fold", "0", "--force"}) == 2);
}

TEST_CASE("evaluate refuses an id in two predictions and an unknown id, each with 3") {
    Bench b;
    const auto one = b.predicted("one", {prediction("a", 0)}, {"a"});
    const auto same = b.predicted("same", {prediction("a", 1)}, {"a"});
    CHECK(b.evaluate({"--predictions", one.string() + "," + same.string()}) == 3);
    const auto asked_twice = b.predicted("asked_twice", {prediction("b", 1)}, {"a", "b"});
    CHECK(b.evaluate({"--predictions", one.string() + "," + asked_twice.string()}) == 3);
    const auto stranger = b.predicted("stranger", {prediction("z", 0)}, {"z"});
    CHECK(b.evaluate({"--predictions", stranger.string()}) == 3);
    CHECK_FALSE(std::filesystem::exists(b.out));
}

TEST_CASE("a prediction on another grid fails its case, and the others are scored") {
    Bench b;
    Affine moved;
    moved.m[0][3] = 2;
    const std::vector<std::pair<MadeArray, std::string>> faulty{{label_of(shape, {}, moved), "geometry-mismatch"},
                                                                {label_of({6, 5, 5}, {}), "geometry-mismatch"}};
    int number = 0;
    for (const auto& [array, reason] : faulty) {
        const auto name = "faulty" + std::to_string(number++);
        const auto p = b.predicted(name, {{"a", {{"label", array}}}, prediction("b", 0)}, {"a", "b"});
        CHECK(b.evaluate({"--predictions", p.string(), "--metrics", "dice", "--force"}) == 8);
        CHECK(b.manifest().content.at("failed") == 1);
        CHECK(read_text(b.out / "quarantine.jsonl").find(reason) != std::string::npos);
        CHECK(read_text(b.out / "cases.csv") == "case,label,dice\na,1,0\na,2,0\nb,1,1\nb,2,1\n");
    }
}

TEST_CASE("a prediction of fractions or NaN is quarantined and its case has failed") {
    Bench b;
    MadeArray broken = label_at(0);
    broken.type = VoxelType::f32;
    broken.values[7] = std::nan("");
    const auto p = b.predicted("p", {{"a", {{"label", broken}}}, prediction("b", 0)}, {"a", "b"});
    CHECK(b.evaluate({"--predictions", p.string(), "--metrics", "dice"}) == 8);
    const auto manifest = b.manifest();
    CHECK(manifest.content.at("failed") == 1);
    CHECK(manifest.counts.quarantined == 1);
    CHECK(read_text(b.out / "quarantine.jsonl").find("label-not-integer") != std::string::npos);
    CHECK(read_text(b.out / "cases.csv") == "case,label,dice\na,1,0\na,2,0\nb,1,1\nb,2,1\n");
}

TEST_CASE("a prediction without label array, or with a damaged chunk, fails its case, and the others are scored") {
    Bench b;
    const auto bare = b.predicted("bare", {{"a", {{"image", image()}}}, prediction("b", 0)}, {"a", "b"});
    CHECK(b.evaluate({"--predictions", bare.string(), "--metrics", "dice"}) == 8);
    CHECK(b.manifest().counts.quarantined == 1);
    CHECK(read_text(b.out / "quarantine.jsonl").find("\"reason\":\"label-missing\"") != std::string::npos);
    const std::string failed_a = "case,label,dice\na,1,0\na,2,0\nb,1,1\nb,2,1\n";
    CHECK(read_text(b.out / "cases.csv") == failed_a);

    const auto damaged = make_dataset(
        b.folder / "damaged",
        {.samples = {prediction("a", 1), prediction("b", 0)}, .cases = {"a", "b"}, .codec = store::Codec::none});
    std::string voxels;
    for (const double value : label_at(1).values) voxels += static_cast<char>(value);
    const auto shard = damaged / "shards" / "00000.h5";
    std::string bytes = read_text(shard);
    REQUIRE(bytes.find(voxels) != std::string::npos);
    bytes[bytes.find(voxels) + 3] ^= 1;
    write_file_atomically(shard, bytes);
    CHECK(b.evaluate({"--predictions", damaged.string(), "--metrics", "dice", "--force"}) == 8);
    const std::string quarantine = read_text(b.out / "quarantine.jsonl");
    CHECK(quarantine.find("\"reason\":\"damaged\"") != std::string::npos);
    CHECK(quarantine.find("00000.h5") != std::string::npos);
    CHECK(read_text(b.out / "cases.csv") == failed_a);
    CHECK(b.evaluate(
              {"--predictions", damaged.string(), "--metrics", "dice", "--force", "--accept-quarantined", "1"}) == 0);
}

TEST_CASE("labels of slices are compared in space: x y with x y z of one slice, not with x y of several") {
    Bench b;
    const auto flat = label_of({6, 5, 1}, {{1, {1, 1, 0}, {3, 3, 0}}, {2, {0, 4, 0}, {1, 4, 0}}});
    MadeArray slice = flat;
    slice.shape = {6, 5};
    b.reference = make_dataset(b.folder / "slices", {.samples = {{"a", {{"label", flat}}}, {"b", {{"label", flat}}}}});
    const auto p =
        b.predicted("p", {{"a", {{"label", slice}}}, {"b", {{"label", label_of({6, 5, 2}, {})}}}}, {"a", "b"});
    CHECK(b.evaluate({"--predictions", p.string(), "--metrics", "dice"}) == 8);
    CHECK(read_text(b.out / "cases.csv") == "case,label,dice\na,1,1\na,2,1\nb,1,0\nb,2,0\n");
    CHECK(read_text(b.out / "quarantine.jsonl").find("geometry-mismatch") != std::string::npos);
}

TEST_CASE("an undefined score is an empty field, null with a reason, and leaves the mean") {
    Bench b;
    const auto only_one = label_of(shape, {{1, {1, 1, 1}, {2, 2, 2}}});
    b.reference =
        make_dataset(b.folder / "sparse", {.samples = {{"a", {{"label", only_one}}}, {"b", {{"label", label_at(0)}}}}});
    const auto p = b.predicted("p", {{"a", {{"label", only_one}}}, prediction("b", 0)}, {"a", "b"});
    REQUIRE(b.evaluate({"--predictions", p.string(), "--metrics", "dice,hd95_mm"}) == 0);
    CHECK(read_text(b.out / "cases.csv") == "case,label,dice,hd95_mm\na,1,1,0\na,2,,\nb,1,1,0\nb,2,1,0\n");
    const Json summary = b.summary();
    CHECK(summary.at("labels").at(1).at("metrics").at("dice").at("n_scored") == 1);
    CHECK(summary.at("undefined").at(0) ==
          Json{{"case", "a"}, {"label", "2"}, {"metric", "dice"}, {"reason", "both_empty"}});
    REQUIRE(b.evaluate({"--predictions", p.string(), "--metrics", "dice,hd95_mm", "--empty", "one", "--force"}) == 0);
    CHECK(read_text(b.out / "cases.csv") == "case,label,dice,hd95_mm\na,1,1,0\na,2,1,0\nb,1,1,0\nb,2,1,0\n");
    CHECK(b.evaluate({"--predictions", p.string(), "--empty", "one", "--compat", "monai", "--force"}) == 2);
}

TEST_CASE("asked-for cases without a reference label are skipped by name") {
    Bench b;
    const auto p = b.predicted("p", {prediction("a", 0), prediction("unlabelled", 0)}, {"a", "unlabelled"});
    REQUIRE(b.evaluate({"--predictions", p.string()}) == 0);
    CHECK(b.manifest().content.at("cases") == 1);
    CHECK(b.manifest().counts.skipped == 1);
    CHECK(b.summary().at("not_scored").at("no_reference_label") == Json{"unlabelled"});
    const auto nothing = b.predicted("nothing", {prediction("unlabelled", 0)}, {"unlabelled"});
    CHECK(b.evaluate({"--predictions", nothing.string(), "--force"}) == 3);
}

TEST_CASE("regions, an ignore label and another convention are scored as asked") {
    Bench b;
    const auto p = b.predicted("p", {prediction("a", 1)}, {"a"});
    REQUIRE(b.evaluate({"--predictions", p.string(), "--regions", "2+1", "--metrics", "dice"}) == 0);
    CHECK(read_text(b.out / "cases.csv") == "case,label,dice\na,1,0.5\na,2,0.5\na,1+2,0.5\n");
    CHECK(b.manifest().content.at("mean_dice").get<double>() == 0.5);
    REQUIRE(b.evaluate({"--predictions", p.string(), "--ignore-label", "2", "--metrics", "dice", "--force"}) == 0);
    CHECK(read_text(b.out / "cases.csv") == "case,label,dice\na,1,0.5\n");
    REQUIRE(b.evaluate({"--predictions", p.string(), "--compat", "simpleitk", "--force"}) == 0);
    CHECK(b.manifest().content.at("convention") == "seg-metrics");
    CHECK(read_text(b.out / "cases.csv").find("msd_mm") != std::string::npos);
    CHECK(b.evaluate({"--predictions", p.string(), "--metrics", "dize", "--force"}) == 2);
    CHECK(b.evaluate({"--predictions", p.string(), "--metrics", "dice,dice", "--force"}) == 2);
}

TEST_CASE("nnU-Net's summary has its shape, relative names, and NaN where both masks are empty") {
    Bench b;
    const auto only_one = label_of(shape, {{1, {1, 1, 1}, {2, 2, 2}}});
    b.reference =
        make_dataset(b.folder / "sparse", {.samples = {{"a", {{"label", only_one}}}, {"b", {{"label", label_at(0)}}}}});
    const auto p = b.predicted("p", {{"a", {{"label", only_one}}}, prediction("b", 1)}, {"a", "b"});
    REQUIRE(b.evaluate({"--predictions", p.string(), "--nnunet"}) == 0);
    const std::string text = read_text(b.out / "nnunet" / "summary.json");
    CHECK(text.find("\"Dice\": NaN") != std::string::npos);
    CHECK(text.find("\"prediction_file\": \"a.nii.gz\"") != std::string::npos);
    CHECK(text.find("\"TP\": 8,") != std::string::npos);
    CHECK(text.find("\"TP\": 6.0,") != std::string::npos);  // the mean of 8 and 4
}

TEST_CASE("an evaluation is compared with another one, a table and nnU-Net's summary, case by case") {
    Bench b;
    const auto good =
        b.predicted("good", {prediction("a", 0), prediction("b", 0), prediction("c", 1)}, {"a", "b", "c"});
    const auto poor = b.predicted("poor", {prediction("a", 1), prediction("b", 1)}, {"a", "b"});
    b.out = b.folder / "other";
    REQUIRE(b.evaluate({"--predictions", poor.string(), "--nnunet"}) == 0);
    b.out = b.folder / "ours";
    REQUIRE(b.evaluate({"--predictions", good.string(), "--against", (b.folder / "other").string()}) == 0);
    const auto content = b.manifest().content;
    CHECK(content.at("compared_cases") == 2);
    CHECK(content.at("difference_dice").get<double>() == Approx(.5));
    CHECK(content.at("p_dice").get<double>() == Approx(.5));  // two pairs, both positive: 2 of 4 signs
    const Json comparison = b.summary().at("comparison");
    CHECK(comparison.at("only_here") == Json{"c"});
    CHECK(comparison.at("only_there").empty());
    CHECK(read_text(b.out / "summary.md").find("Against the other evaluation") != std::string::npos);
    const auto inputs = b.manifest().made_by.inputs;
    REQUIRE(inputs.size() == 3);
    CHECK(inputs[2].name == "against");
    CHECK(inputs[2].kind == "evaluation");
    CHECK(inputs[2].digest == store::read_manifest(b.folder / "other").digest.text());

    const auto row = [&](const Json& summary, const std::string& label, const std::string& metric) {
        for (const Json& r : summary.at("comparison").at("rows"))
            if (r.at("label") == label && r.at("metric") == metric) return r;
        return Json();
    };
    const Json of_evaluation = row(b.summary(), "1", "dice");
    REQUIRE(b.evaluate({"--predictions", good.string(), "--against",
                        (b.folder / "other" / "nnunet" / "summary.json").string(), "--force"}) == 0);
    CHECK(row(b.summary(), "1", "dice") == of_evaluation);
    write_file_atomically(b.folder / "table.csv", "id,reader,dice,label\na,\"x, y\",0.5,1\nb,z,0.5,1\n");
    REQUIRE(b.evaluate({"--predictions", good.string(), "--against", (b.folder / "table.csv").string(), "--force"}) ==
            0);
    const Json of_table = row(b.summary(), "1", "dice");
    for (const char* key : {"pairs", "difference", "ci95", "hodges_lehmann"})
        CHECK(of_table.at(key) == of_evaluation.at(key));
    CHECK(row(b.summary(), "2", "dice").at("pairs") == 0);
}

TEST_CASE("a table that cannot be compared is refused with 3, and one that is not there too") {
    Bench b;
    const auto p = b.predicted("p", {prediction("a", 0)}, {"a"});
    const auto against = [&](const std::string& name, const std::string& text) {
        write_file_atomically(b.folder / name, text);
        return b.evaluate({"--predictions", p.string(), "--against", (b.folder / name).string()});
    };
    CHECK(against("no_case.csv", "name,label,dice\na,1,0.5\n") == 3);
    CHECK(against("no_label.csv", "case,dice\na,0.5\n") == 3);
    CHECK(against("other_cases.csv", "case,label,dice\nzz,1,0.5\n") == 3);
    CHECK(against("no_metric.csv", "case,label,score\na,1,0.5\n") == 3);
    CHECK(against("twice.csv", "case,label,dice\na,1,0.5\na,1,0.5\n") == 3);
    CHECK(against("short.csv", "case,label,dice\na,1\n") == 3);
    CHECK(against("empty.csv", "") == 3);
    CHECK(against("wrong.json", "{}") == 3);
    CHECK(b.evaluate({"--predictions", p.string(), "--against", (b.folder / "missing.csv").string()}) == 3);
    CHECK(b.evaluate({"--predictions", p.string(), "--against", b.reference.string()}) == 3);
    CHECK_FALSE(std::filesystem::exists(b.out));
}

TEST_CASE("intervals follow the seed, and the same seed gives the same") {
    Bench b;
    const auto p = b.predicted("p", {prediction("a", 0), prediction("b", 1), prediction("c", 2)}, {"a", "b", "c"});
    std::vector<Json> intervals;
    for (const char* seed : {"1", "1", "2"}) {
        REQUIRE(b.evaluate({"--predictions", p.string(), "--seed", seed, "--resamples", "300", "--force"}) == 0);
        intervals.push_back(b.summary().at("labels").at(0).at("metrics").at("dice").at("ci95"));
    }
    CHECK(intervals[0] == intervals[1]);
    CHECK(intervals[0].at("low").get<double>() <= 0.5);
    CHECK(intervals[0].at("high").get<double>() >= 0.5);
    CHECK(intervals[0].at("method") == "bca");
}
