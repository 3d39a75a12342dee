#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "core/error.h"
#include "formats/layouts/gather.h"
#include "formats/layouts/layout.h"
#include "formats/layouts/names.h"
#include "formats/layouts/pattern.h"
#include "formats/nifti/nifti_reader.h"
#include "formats/registry.h"
#include "tests/formats/test_data.h"

using namespace cohort;
using namespace cohort::layouts;

namespace {

FileKind kind_of(std::string_view name) {
    if (nifti::is_voxel_name(name)) return FileKind::second_half;
    return formats::format_for(name) ? FileKind::image : FileKind::other;
}

/// A tree of one-byte files.
struct Tree : TemporaryFolder {
    Tree(std::initializer_list<const char*> names) {
        for (const auto* name : names) write(name, "x");
    }
    Listing list(const std::string& layout = "auto", const std::string& pattern = {}) const {
        return list_cases({path, std::nullopt, layout, pattern, false, kind_of});
    }
};

std::vector<std::string> ids_of(const Listing& listing) {
    std::vector<std::string> ids;
    for (const auto& one : listing.cases) ids.push_back(one.id);
    return ids;
}

std::string reason_for(const Listing& listing, const std::string& source) {
    for (const auto& entry : listing.set_aside)
        if (entry.source == source) return entry.reason;
    return "";
}

/// Every file of the tree, counted where it went.
std::size_t files_of(const Listing& listing) {
    std::size_t files = listing.skipped.size();
    const auto add = [&](const Source& source) { files += source.second.empty() ? 1 : 2; };
    for (const auto& one : listing.cases) {
        for (const auto& image : one.images) add(image.source);
        if (one.label) add(*one.label);
    }
    for (const auto& entry : listing.set_aside) files += 1 + entry.others.size();
    return files;
}

using Ids = std::vector<std::string>;

Exit code_of(const auto& work) {
    try {
        work();
    } catch (const Error& error) {
        return error.code();
    }
    return Exit::done;
}

}  // namespace

TEST_CASE("a stop ends the listing of any layout, and an odd path is bad input for all of them") {
    const Tree tree{"imagesTr/a.nii.gz", "labelsTr/a.nii.gz"};
    for (const char* layout : {"auto", "flat", "msd", "nnunet", "subjects"}) {
        INFO(layout);
        CHECK(code_of([&] {
                  (void)list_cases({tree.path, std::nullopt, layout, "", false, kind_of, [] { return true; }});
              }) == Exit::stopped);
        for (const auto& odd : {tree.path / std::string(300, 'x'), tree.path / "imagesTr/a.nii.gz/below",
                                tree.path / "absent", std::filesystem::path("/dev/null"), std::filesystem::path()})
            CHECK(code_of([&] {
                      (void)list_cases({odd, std::nullopt, layout, "", false, kind_of});
                  }) == Exit::bad_input);
    }
}

TEST_CASE("hippocampus: 208 pairs; 118 lacks its label, 010 and 281 their images; the folds are skipped by name",
          "[data]") {
    const auto folder = test_data::folder("hippocampus");
    if (!folder) return;
    const auto listing = list_cases({*folder, std::nullopt, "auto", "", false, kind_of});
    CHECK(listing.layout == "msd");
    CHECK(listing.cases.size() == 208);
    CHECK(listing.set_aside.size() == 3);
    CHECK(reason_for(listing, "imagesTr/hippocampus_118.nii.gz") == "label-missing");
    CHECK(reason_for(listing, "labelsTr/hippocampus_010.nii.gz") == "image-missing");
    CHECK(reason_for(listing, "labelsTr/hippocampus_281.nii.gz") == "image-missing");
    REQUIRE(listing.skipped.size() == 1);
    CHECK(listing.skipped[0].source == "nnunet/splits_final.json");
    CHECK(listing.declared_channels == std::vector<std::string>{"MRI"});
    CHECK(listing.label_names ==
          std::map<std::int64_t, std::string>{{0, "background"}, {1, "Anterior"}, {2, "Posterior"}});
    const auto kept = list_cases({*folder, std::nullopt, "msd", "", true, kind_of});
    CHECK(kept.cases.size() == 209);
    CHECK(kept.set_aside.size() == 2);
}

TEST_CASE("nnU-Net's channel files become one case, imagesTs is kept unlabelled, every file is counted") {
    const Tree tree{
        "imagesTr/a_0000.nii.gz", "imagesTr/a_0001.nii.gz", "labelsTr/a.nii.gz",        "imagesTr/b_0000.nii.gz",
        "imagesTs/t_0000.nii.gz", "imagesTs/t_0001.nii.gz", "imagesTr/._a_0000.nii.gz", "notes.txt",
        "imagesTr/odd.nii.gz"};
    tree.write(
        "dataset.json",
        R"({"channel_names": {"0": "T1", "1": "T2"}, "labels": {"background": 0, "lesion": 1}, "file_ending": ".nii.gz"})");
    const auto listing = tree.list("nnunet");
    CHECK(ids_of(listing) == Ids{"a", "t"});
    CHECK(listing.channels == std::vector<std::string>{"T1", "T2"});
    CHECK(listing.cases[0].images.size() == 2);
    CHECK(listing.cases[0].images[1].source.path == "imagesTr/a_0001.nii.gz");
    CHECK(listing.cases[0].label->path == "labelsTr/a.nii.gz");
    CHECK_FALSE(listing.cases[1].label.has_value());
    CHECK(reason_for(listing, "imagesTr/b_0000.nii.gz") == "label-missing");
    CHECK(listing.label_names == std::map<std::int64_t, std::string>{{0, "background"}, {1, "lesion"}});
    CHECK(files_of(listing) == 9);
}

TEST_CASE("auto takes nnunet where all images carry a channel number, msd where they do not, and says why") {
    CHECK(Tree{"imagesTr/a_0000.nii.gz", "labelsTr/a.nii.gz"}.list().layout == "nnunet");
    CHECK(Tree{"imagesTr/a.nii.gz", "labelsTr/a.nii.gz"}.list().layout == "msd");
    CHECK(Tree{"imagesTr/a_0000.nii.gz", "imagesTr/b.nii.gz", "labelsTr/a.nii.gz"}.list().layout == "msd");
    CHECK(Tree{"s1/s1_t1.nii", "s1/s1_seg.nii", "s2/s2_t1.nii", "s2/s2_seg.nii"}.list().layout == "subjects");
    CHECK(Tree{"x/a.nii", "y/b.nii"}.list().layout == "flat");
    CHECK(Tree{"a.nii", "b.png"}.list().layout == "flat");
    CHECK_FALSE(Tree{"a.nii"}.list().why.empty());
}

TEST_CASE("dataset.json's entries without a file are set aside, once per case; regions name no value") {
    const Tree tree{"imagesTr/a.nii.gz", "labelsTr/a.nii.gz", "labelsTr/c.nii.gz"};
    tree.write("dataset.json", R"({"modality": {"0": "CT"}, "labels": {"background": 0, "whole": [1, 2], "core": 2},
        "training": [{"image": "./imagesTr/a.nii.gz", "label": "./labelsTr/a.nii.gz"},
                     {"image": "./imagesTr/b.nii.gz", "label": "./labelsTr/b.nii.gz"},
                     {"image": "./imagesTr/c.nii.gz", "label": "./labelsTr/c.nii.gz"}], "test": ["./imagesTs/d.nii.gz"]})");
    const auto listing = tree.list();
    CHECK(ids_of(listing) == Ids{"a"});
    CHECK(reason_for(listing, "imagesTr/b.nii.gz") == "listed-missing");
    CHECK(reason_for(listing, "labelsTr/c.nii.gz") == "image-missing");
    CHECK(reason_for(listing, "imagesTs/d.nii.gz") == "listed-missing");
    CHECK(listing.set_aside.size() == 3);
    CHECK(listing.label_names == std::map<std::int64_t, std::string>{{0, "background"}, {1, "1"}, {2, "core"}});
    CHECK(listing.warnings.size() == 1);
    tree.write("dataset.json", "{\"labels\": ");
    CHECK(code_of([&] { (void)tree.list(); }) == Exit::bad_input);
}

TEST_CASE("flat: ids are paths with dots, odd bytes percent-encoded; labels pair by path; labels alone are cases") {
    const Tree images{"sub-01/ses-2/sub-01_ses-2_T1w.nii.gz",
                      "plain.nii",
                      "with blank & more.png",
                      "p.hdr",
                      "p.img",
                      "lonely.img",
                      "readme.md"};
    const auto listing = images.list("flat");
    CHECK(ids_of(listing) == Ids{"p", "plain", "sub-01.ses-2.sub-01_ses-2_T1w", "with%20blank%20%26%20more"});
    CHECK(listing.cases[2].subject == "sub-01");
    CHECK(listing.cases[2].session == "ses-2");
    CHECK(listing.cases[1].subject == "plain");
    CHECK(listing.cases[0].images[0].source.second == "p.img");
    CHECK(reason_for(listing, "lonely.img") == "bad-header");
    CHECK(files_of(listing) == 7);

    const Tree labels{"plain.nii.gz", "stray.nii"};
    const auto paired = list_cases({images.path, labels.path, "flat", "", false, kind_of});
    CHECK(ids_of(paired) == Ids{"plain"});
    CHECK(paired.cases[0].label->path == "plain.nii.gz");
    CHECK(paired.cases[0].label->input == "labels");
    CHECK(reason_for(paired, "stray.nii") == "image-missing");
    CHECK(reason_for(paired, "p.hdr") == "label-missing");
    CHECK(files_of(paired) == 9);

    const auto alone = list_cases({std::nullopt, labels.path, "auto", "", false, kind_of});
    CHECK(ids_of(alone) == Ids{"plain", "stray"});
    CHECK(alone.cases[0].images.empty());
    CHECK(alone.channels.empty());
}

TEST_CASE("files that lead to one id are all set aside") {
    const Tree tree{"a/b.nii", "a.b.nii", "c.nii", "c.nii.gz", "d.nii"};
    const auto listing = tree.list("flat");
    CHECK(ids_of(listing) == Ids{"d"});
    CHECK(listing.set_aside.size() == 2);
    for (const auto& entry : listing.set_aside) CHECK(entry.reason == "duplicate-id");
    CHECK(files_of(listing) == 5);
}

TEST_CASE("subjects: channels by the rest of the name, label by its last word, folders as subject and session") {
    const Tree tree{"B1/B1_flair.nii.gz", "B1/B1_t1.nii.gz",  "B1/B1_seg.nii.gz",   "B2/B2_flair.nii.gz",
                    "B2/B2_t1.nii.gz",    "B2/B2_seg.nii.gz", "B3/B3_flair.nii.gz", "B3/B3_t1.nii.gz",
                    "root.nii",           "B1/notes.txt"};
    const auto listing = tree.list("subjects");
    CHECK(ids_of(listing) == Ids{"B1", "B2"});
    CHECK(listing.channels == std::vector<std::string>{"flair", "t1"});
    CHECK(listing.cases[0].images.size() == 2);
    CHECK(listing.cases[0].label->path == "B1/B1_seg.nii.gz");
    CHECK(reason_for(listing, "B3/B3_flair.nii.gz") == "label-missing");
    CHECK(files_of(listing) == 10);
    const Tree sessions{"sub-1/ses-1/brain.nii", "sub-1/ses-2/head.nii"};
    const auto by_session = sessions.list("subjects");
    CHECK(ids_of(by_session) == Ids{"sub-1.ses-1", "sub-1.ses-2"});
    CHECK(by_session.cases[1].subject == "sub-1");
    CHECK(by_session.cases[1].session == "ses-2");
    CHECK(by_session.channels == std::vector<std::string>{"image"});
}

TEST_CASE("a pattern takes the shortest run without a slash, and the rest is skipped by name") {
    const auto fields = Pattern("{subject}/{session}/{id}_{channel}.nii.gz").match("s1/v2/a_b_t1.nii.gz");
    REQUIRE(fields);
    CHECK(fields->at("subject") == "s1");
    CHECK(fields->at("session") == "v2");
    CHECK(fields->at("id") == "a");
    CHECK(fields->at("channel") == "b_t1");
    CHECK_FALSE(Pattern("{id}.nii").match("a/b.nii"));
    CHECK_FALSE(Pattern("{id}.nii").match(".nii"));
    CHECK(Pattern("{subject}/{subject}_{id}.nii").match("x/x_1.nii"));
    CHECK_FALSE(Pattern("{subject}/{subject}_{id}.nii").match("x/y_1.nii"));
    for (const auto* wrong : {"{id", "{name}.nii", "fixed.nii", "{channel}.nii"})
        CHECK(code_of([&] { Pattern{wrong}; }) == Exit::usage);

    const Tree images{"p1/case_T1.nii.gz", "p1/case_T2.nii.gz", "p2/case_T1.nii.gz", "p2/case_T2.nii.gz",
                      "p2/other.nii.gz"};
    const Tree labels{"p1/case.nii.gz", "p2/case.nii.gz"};
    const auto listing =
        list_cases({images.path, labels.path, "auto", "{subject}/{id}_{channel}.nii.gz", false, kind_of});
    CHECK(ids_of(listing) == Ids{"p1.case", "p2.case"});
    CHECK(listing.channels == std::vector<std::string>{"T1", "T2"});
    CHECK(listing.cases[1].subject == "p2");
    CHECK(listing.cases[1].label->path == "p2/case.nii.gz");
    CHECK(listing.skipped.size() == 1);
    CHECK(files_of(listing) == 7);
    CHECK(code_of([&] {
              (void)list_cases({images.path, std::nullopt, "msd", "{id}.nii.gz", false, kind_of});
          }) == Exit::usage);
}

TEST_CASE("a subject's number inside a longer number is not taken for the subject, as a whole word it is") {
    const Tree numbers{"1/12.nii.gz", "2/12.nii.gz"};
    CHECK(ids_of(numbers.list("flat", "{subject}/{id}.nii.gz")) == Ids{"1.12", "2.12"});
    const Tree words{"sub-1/sub-1_T1w.nii.gz"};
    CHECK(ids_of(words.list("flat", "{subject}/{id}.nii.gz")) == Ids{"sub-1_T1w"});
}

TEST_CASE("a name of dots alone becomes an id that a shard can hold") {
    const Tree dots{"x..nii.gz", "x...nii.gz"};
    CHECK(ids_of(dots.list("flat", "x{id}.nii.gz")) == Ids{"%2E", "%2E%2E"});
}

TEST_CASE("a hostile name cannot make a pattern search for ever") {
    const std::string name(250, 'a');
    CHECK_FALSE(Pattern("{subject}a{session}a{id}a{channel}b.nii").match(name + ".nii"));
}

TEST_CASE("links to files are followed, folders that contain themselves are not read twice") {
    const Tree tree{"real/a.nii"};
    std::filesystem::create_symlink(tree.path / "real/a.nii", tree.path / "link.nii");
    std::filesystem::create_directory_symlink(tree.path, tree.path / "real/loop");
    const auto listing = tree.list("flat");
    CHECK(ids_of(listing) == Ids{"link", "real.a"});
}

TEST_CASE("a missing path, a missing imagesTr and an unknown layout each say so") {
    const Tree tree{"a.nii"};
    CHECK(code_of([&] {
              (void)list_cases({tree.path / "none", std::nullopt, "flat", "", false, kind_of});
          }) == Exit::bad_input);
    CHECK(code_of([&] { (void)tree.list("msd"); }) == Exit::bad_input);
    CHECK(code_of([&] { (void)tree.list("bids2"); }) == Exit::usage);
    const Tree pair{"p.hdr", "p.img"};
    CHECK(code_of([&] {
              (void)list_cases({pair.path / "p.hdr", std::nullopt, "auto", "", false, kind_of});
          }) == Exit::bad_input);
    CHECK(ids_of(list_cases({tree.path / "a.nii", std::nullopt, "auto", "", false, kind_of})) == Ids{"a"});
}

TEST_CASE("layouts have unique names and a sentence each") {
    std::set<std::string_view> names;
    for (const auto& layout : all_layouts()) {
        CHECK(names.insert(layout.name).second);
        CHECK(layout.about.ends_with('.'));
    }
    CHECK(names.size() == 4);
}
