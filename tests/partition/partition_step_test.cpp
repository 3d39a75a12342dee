#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <set>

#include <catch2/catch.hpp>

#include "core/error.h"
#include "core/files.h"
#include "tests/partition/made_dataset.h"
#include "tests/store/failing.h"

using namespace cohort;
using namespace cohort::partition;
using Ids = std::vector<std::string>;

namespace {

std::vector<store::Sample> people(int subjects, int sessions) {
    std::vector<store::Sample> samples;
    for (int s = 0; s < subjects; ++s)
        for (int t = 0; t < sessions; ++t) {
            const auto subject = "sub-" + std::to_string(1000 + s);
            samples.push_back(labelled(subject + "_ses-" + std::to_string(t), subject,
                                       {{"sex", s % 2 ? "F" : "M"}, {"age", 20 + s}, {"site", s % 3 ? "A" : "B"}}));
        }
    return samples;
}

Ids ids_in(const Json& fold, const char* part) { return fold.at(part).get<Ids>(); }

bool any_contains(const std::vector<std::string>& sentences, const std::string& text) {
    return std::any_of(sentences.begin(), sentences.end(),
                       [&](const auto& s) { return s.find(text) != std::string::npos; });
}

}  // namespace

TEST_CASE("every sample validates once over the folds, trains in the others, and no subject is split") {
    const TemporaryFolder folder;
    const auto dataset = make_dataset(folder.path / "d", people(23, 3));
    const auto ran = run_partition(folder.path, dataset, {{"stratify", {"sex", "age"}}}, 7);
    std::multiset<std::string> validated;
    for (const auto& fold : ran.split["folds"]) {
        const auto train = ids_in(fold, "train"), validation = ids_in(fold, "validation");
        CHECK(std::is_sorted(train.begin(), train.end()));
        CHECK(train.size() + validation.size() == 69);
        CHECK(fold["test"].empty());
        std::set<std::string> subjects;
        for (const auto& id : train) subjects.insert(id.substr(0, 8));
        for (const auto& id : validation) CHECK_FALSE(subjects.contains(id.substr(0, 8)));
        validated.insert(validation.begin(), validation.end());
    }
    CHECK(validated.size() == 69);
    CHECK(std::set<std::string>(validated.begin(), validated.end()).size() == 69);
    CHECK(ran.content["folds"] == 5);
    CHECK(ran.content["samples"] == 69);
    CHECK(ran.content["groups"] == 23);
    CHECK(ran.split["seed"] == 7);
    CHECK(ran.split["groups"]["largest"] == 3);
    CHECK(ran.split["strata"].size() == 2);
    CHECK(ran.split["strata"][1]["continuous"] == true);
    CHECK(ran.report.find("sex=F") != std::string::npos);
}

TEST_CASE("split.json is canonical and the same for every thread count; another seed gives another split") {
    const TemporaryFolder folder;
    const auto dataset = make_dataset(folder.path / "d", people(40, 1));
    const auto once = run_partition(folder.path, dataset, {}, 1, 1);
    CHECK(canonical_json(once.split) == once.split_text);
    CHECK(run_partition(folder.path, dataset, {}, 1, 8).split_text == once.split_text);
    CHECK(run_partition(folder.path, dataset, {}, 2, 1).split["folds"] != once.split["folds"]);
}

TEST_CASE("a test part is the same in every fold") {
    const TemporaryFolder folder;
    const auto dataset = make_dataset(folder.path / "d", people(50, 1));
    const auto ran = run_partition(folder.path, dataset, {{"test_fraction", 0.2}});
    const auto test = ids_in(ran.split["folds"][0], "test");
    CHECK(test.size() == 10);
    for (const auto& fold : ran.split["folds"]) {
        CHECK(ids_in(fold, "test") == test);
        CHECK(ids_in(fold, "validation").size() == 8);
        CHECK(ids_in(fold, "train").size() == 32);
    }
}

TEST_CASE("a hold-out has one fold with the wanted fractions") {
    const TemporaryFolder folder;
    const auto dataset = make_dataset(folder.path / "d", people(100, 1));
    const auto ran = run_partition(folder.path, dataset,
                                   {{"scheme", "holdout"}, {"validation_fraction", 0.25}, {"test_fraction", 0.15}});
    REQUIRE(ran.split["folds"].size() == 1);
    CHECK(ran.split["folds"][0]["train"].size() == 60);
    CHECK(ran.split["folds"][0]["validation"].size() == 25);
    CHECK(ran.split["folds"][0]["test"].size() == 15);
}

TEST_CASE("leave-one-group-out makes a fold of each value, in the order of the values") {
    const TemporaryFolder folder;
    const auto dataset = make_dataset(folder.path / "d", people(9, 2));
    const auto ran = run_partition(folder.path, dataset, {{"scheme", "group"}, {"group", "site"}});
    REQUIRE(ran.split["folds"].size() == 2);
    CHECK(ran.split["groups"]["left_out"] == Json({"A", "B"}));
    CHECK(ran.split["folds"][0]["validation"].size() == 12);
    CHECK(ran.split["folds"][1]["validation"].size() == 6);
    CHECK(ran.split["folds"][1]["name"] == "1");
    CHECK(ran.split["seed"].is_null());
}

TEST_CASE("leave-one-group-out refuses samples without the group") {
    const TemporaryFolder folder;
    auto samples = people(4, 1);
    samples[2].values.erase("site");
    const auto dataset = make_dataset(folder.path / "d", samples);
    CHECK(refusal_of([&] { run_partition(folder.path, dataset, {{"scheme", "group"}, {"group", "site"}}); }).code == Exit::bad_input);
}

TEST_CASE("samples without label or class are counted, named and not used; a class alone suffices") {
    const TemporaryFolder folder;
    auto samples = people(10, 1);
    samples.push_back(unlabelled("zz-unseen"));
    samples.push_back(unlabelled("zz-classed"));
    samples.back().values["class"] = "tumour";
    const auto ran = run_partition(folder.path, make_dataset(folder.path / "d", samples), {});
    CHECK(ran.content["samples"] == 11);
    CHECK(ran.sources == 12);
    CHECK(ran.skipped == 1);
    CHECK(any_contains(ran.warnings, "zz-unseen"));
    CHECK(ran.split_text.find("zz-unseen") == std::string::npos);
    CHECK(ran.split_text.find("zz-classed") != std::string::npos);
}

TEST_CASE("a dataset without labels cannot be split") {
    const TemporaryFolder folder;
    const auto dataset = make_dataset(folder.path / "d", {unlabelled("a"), unlabelled("b")});
    CHECK(refusal_of([&] { run_partition(folder.path, dataset, {}); }).code == Exit::bad_input);
}

TEST_CASE("an unknown column is exit 2 with a suggestion") {
    const TemporaryFolder folder;
    const auto dataset = make_dataset(folder.path / "d", people(6, 1));
    for (const Json& parameters : {Json{{"group", "sitte"}}, Json{{"stratify", {"sitte"}}}}) {
        const auto refusal = refusal_of([&] { run_partition(folder.path, dataset, parameters); });
        CHECK(refusal.code == Exit::usage);
        CHECK(refusal.sentence.find("'site'") != std::string::npos);
    }
}

TEST_CASE("a samples.jsonl that is not the manifest's is noticed") {
    const TemporaryFolder folder;
    auto dataset = make_dataset(folder.path / "d", people(6, 1));
    dataset.manifest.members["samples.jsonl"] = sha256(std::string_view("something else"));
    CHECK(refusal_of([&] { run_partition(folder.path, dataset, {}); }).code == Exit::bad_input);
}

TEST_CASE("more folds than groups leave empty parts, with a warning for each") {
    const TemporaryFolder folder;
    const auto ran = run_partition(folder.path, make_dataset(folder.path / "d", people(3, 2)), {});
    CHECK(ran.split["folds"].size() == 5);
    CHECK(any_contains(ran.warnings, "fold 4: its validation part is empty"));
}

TEST_CASE("copies of one image stay in one part, and the warning names them") {
    const TemporaryFolder folder;
    auto samples = people(20, 1);
    samples[3].arrays["image"].digest = samples[17].arrays["image"].digest = sha256(std::string_view("copy"));
    const auto dataset = make_dataset(folder.path / "d", samples);
    const auto seed = GENERATE(range(0u, 6u));
    const auto ran = run_partition(folder.path, dataset, {}, seed);
    CHECK(any_contains(ran.warnings, samples[3].id + " = " + samples[17].id));
    CHECK(ran.content["groups"] == 19);
    for (const auto& fold : ran.split["folds"]) {
        const auto validation = ids_in(fold, "validation");
        const auto has = [&](const auto& id) { return std::count(validation.begin(), validation.end(), id) > 0; };
        CHECK(has(samples[3].id) == has(samples[17].id));
    }
}

TEST_CASE("nnU-Net's folds are computed where the file is absent, and read where it is there") {
    const TemporaryFolder folder;
    const auto dataset = make_dataset(folder.path / "d", people(10, 1));
    const auto file = folder.path / "splits_final.json";
    const auto computed = run_partition(folder.path, dataset, {{"scheme", "nnunet"}, {"given", file.string()}});
    CHECK(computed.content["source"] == "computed");
    CHECK(computed.split["seed"] == 12345);
    // KFold(5, shuffle=True, random_state=12345) over ten items (scikit-learn 1.2.1).
    Json expected = parse_json(R"([[0, 7], [3, 9], [4, 6], [1, 8], [2, 5]])", "folds");
    for (std::size_t k = 0; k < 5; ++k) {
        Ids ids;
        for (const auto& i : expected[k]) ids.push_back("sub-" + std::to_string(1000 + i.get<int>()) + "_ses-0");
        CHECK(ids_in(computed.split["folds"][k], "validation") == ids);
    }
    write_file_atomically(file, std::string_view(R"([{"train": ["sub-1000_ses-0"], "val": ["sub-1001_ses-0", "gone"]}])"));
    const auto read = run_partition(folder.path, dataset, {{"scheme", "nnunet"}, {"given", file.string()}});
    CHECK(read.content["source"] == "read");
    CHECK(read.content["folds"] == 1);
    CHECK(read.content["missing_ids"] == 1);
    CHECK(read.content["samples"] == 2);
    CHECK(read.skipped == 8);
    CHECK(any_contains(read.warnings, "gone"));
}

TEST_CASE("listed ids that are absent are refused when asked for") {
    const TemporaryFolder folder;
    const auto dataset = make_dataset(folder.path / "d", people(4, 1));
    const auto file = folder.path / "folds.csv";
    write_file_atomically(file, std::string_view("id,fold\nsub-1000_ses-0,0\nsub-1001_ses-0,1\nnobody,1\n"));
    const auto refusal = refusal_of([&] {
        run_partition(folder.path, dataset,
                      {{"scheme", "given"}, {"given", file.string()}, {"missing_ids", "refuse"}});
    });
    CHECK(refusal.code == Exit::bad_input);
    CHECK(refusal.sentence.find("nobody") != std::string::npos);
}

TEST_CASE("given folds that split a subject, copy an image or list an id twice are refused with the names") {
    const TemporaryFolder folder;
    auto samples = people(4, 2);
    samples[0].arrays["image"].digest = samples[7].arrays["image"].digest = sha256(std::string_view("copy"));
    const auto dataset = make_dataset(folder.path / "d", samples);
    const auto file = folder.path / "s.json";
    const auto refusal = [&](const std::string& text) {
        write_file_atomically(file, std::string_view(text));
        return refusal_of([&] { run_partition(folder.path, dataset, {{"scheme", "given"}, {"given", file.string()}}); });
    };
    const auto split = refusal(R"([{"train": ["sub-1000_ses-0"], "val": ["sub-1000_ses-1"]}])");
    CHECK(split.code == Exit::bad_input);
    CHECK(split.sentence.find("sub-1000_ses-0' in train and 'sub-1000_ses-1' in validation") != std::string::npos);
    const auto copied = refusal(R"([{"train": ["sub-1000_ses-0"], "val": ["sub-1003_ses-1"]}])");
    CHECK(copied.code == Exit::bad_input);
    CHECK(copied.sentence.find("equal images") != std::string::npos);
    const auto both = refusal(R"([{"train": ["sub-1001_ses-0"], "val": ["sub-1001_ses-0"]}])");
    CHECK(both.code == Exit::bad_input);
    const auto twice = refusal(R"([{"train": ["sub-1001_ses-0", "sub-1001_ses-0"], "val": []}])");
    CHECK(twice.code == Exit::bad_input);
    CHECK(twice.sentence.find("listed twice") != std::string::npos);
}

TEST_CASE("options of another scheme are refused instead of ignored") {
    const auto code = [](const Json& parameters) {
        const auto findings = findings_for(parameters);
        return findings.empty() ? 0 : static_cast<int>(findings.front().code);
    };
    CHECK(code({}) == 0);
    CHECK(code({{"scheme", "given"}}) == 2);
    CHECK(code({{"scheme", "given"}, {"given", "/no/such/file"}}) == 3);
    CHECK(code({{"scheme", "nnunet"}, {"given", "/no/such/file"}}) == 0);
    CHECK(code({{"given", "x"}}) == 2);
    CHECK(code({{"scheme", "group"}, {"folds", 3}}) == 2);
    CHECK(code({{"validation_fraction", 0.3}}) == 2);
    CHECK(code({{"scheme", "nnunet"}, {"test_fraction", 0.3}}) == 2);
    CHECK(code({{"scheme", "holdout"}, {"validation_fraction", 0.5}, {"test_fraction", 0.5}}) == 2);
    CHECK(code({{"missing_ids", "refuse"}}) == 2);
}

TEST_CASE("20,000 samples in 5 folds, stratified, make a split of the right size") {
    const TemporaryFolder folder;
    const auto ran = run_partition(folder.path, make_dataset(folder.path / "d", people(10'000, 2)),
                                   {{"stratify", {"sex", "age", "site"}}});
    CHECK(ran.content["samples"] == 20'000);
    for (const auto& fold : ran.split["folds"]) CHECK(fold["validation"].size() == 4'000);
}

TEST_CASE("nnU-Net's file for hippocampus gives folds 1 to 4 with 52 and 156 present cases, 52 ids absent", "[data]") {
    const auto* data = std::getenv("COHORT_TEST_DATA");
    const auto* source = std::getenv("COHORT_SOURCE");
    const auto root = data && *data ? std::filesystem::path(data)
                                    : std::filesystem::path(source ? source : ".") / ".." / "shared" / "data";
    const auto file = root / "hippocampus" / "nnunet" / "splits_final.json";
    if (!std::filesystem::exists(file)) {
        std::cout << "skipped: data not present (hippocampus)\n";
        return;
    }
    // The 208 present cases are those with image and label; only their names matter here.
    std::vector<store::Sample> samples;
    for (const auto& entry : std::filesystem::directory_iterator(root / "hippocampus" / "imagesTr")) {
        const auto name = entry.path().filename().string();
        if (std::filesystem::exists(root / "hippocampus" / "labelsTr" / name))
            samples.push_back(labelled(name.substr(0, name.find('.')), name.substr(0, name.find('.'))));
    }
    REQUIRE(samples.size() == 208);
    const TemporaryFolder folder;
    const auto ran = run_partition(folder.path, make_dataset(folder.path / "d", samples),
                                   {{"scheme", "nnunet"}, {"given", file.string()}});
    REQUIRE(ran.split["folds"].size() == 5);
    CHECK(ran.split["folds"][0]["validation"].empty());
    CHECK(ran.split["folds"][0]["train"].size() == 208);
    for (std::size_t k = 1; k < 5; ++k) {
        CHECK(ran.split["folds"][k]["validation"].size() == 52);
        CHECK(ran.split["folds"][k]["train"].size() == 156);
    }
    CHECK(ran.content["missing_ids"] == 52);
    CHECK(any_contains(ran.warnings, "52 listed ids are not in the dataset"));
    CHECK(any_contains(ran.warnings, "fold 0: its validation part is empty"));
    CHECK(ran.skipped == 0);
}
