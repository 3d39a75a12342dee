#include "store/raw_tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "core/json.h"
#include "failing.h"
#include "tests/core/temporary_folder.h"

using namespace cohort;
using namespace cohort::store;
namespace fs = std::filesystem;
using Catch::Contains;

namespace {

void make_tree(const fs::path& root) {
    write(root / "b/two.nii", "22");
    write(root / "a.nii", "1");
    write(root / "b.txt", "");
}

}  // namespace

TEST_CASE("a raw digest is that of the sorted list of path, bytes and SHA-256") {
    const TemporaryFolder folder;
    make_tree(folder.path / "raw");
    const auto files = hash_raw_tree(folder.path / "raw", 2);
    const std::string list = "[[\"a.nii\",1,\"" + sha256("1").hex() + "\"],[\"b.txt\",0,\"" + sha256("").hex() +
                             "\"],[\"b/two.nii\",2,\"" + sha256("22").hex() + "\"]]";
    CHECK(raw_digest(files) == sha256(list));
    auto reversed = files;
    std::reverse(reversed.begin(), reversed.end());
    CHECK(raw_digest(reversed) == raw_digest(files));
}

TEST_CASE("a tree keeps its digest in another place and loses it with any byte, name or file") {
    const TemporaryFolder folder;
    make_tree(folder.path / "one");
    make_tree(folder.path / "two");
    const Digest digest = raw_digest(hash_raw_tree(folder.path / "one", 1));
    CHECK(raw_digest(hash_raw_tree(folder.path / "two", 1)) == digest);
    SECTION("byte") { write(folder.path / "two/a.nii", "2"); }
    SECTION("name") { fs::rename(folder.path / "two/a.nii", folder.path / "two/c.nii"); }
    SECTION("file") { write(folder.path / "two/.hidden", ""); }
    CHECK(raw_digest(hash_raw_tree(folder.path / "two", 1)) != digest);
}

TEST_CASE("a single file counts under its own name") {
    const TemporaryFolder folder;
    write(folder.path / "table.csv", "id,age\n");
    const auto files = hash_raw_tree(folder.path / "table.csv", 1);
    REQUIRE(files.size() == 1);
    CHECK(files[0] == SourceFile{"table.csv", 7, sha256("id,age\n")});
}

TEST_CASE("links to files are read, dangling ones are none, and folders that lead back to themselves end") {
    const TemporaryFolder folder;
    write(folder.path / "raw/a.nii", "1");
    fs::create_symlink("a.nii", folder.path / "raw/linked.nii");
    fs::create_symlink("nowhere", folder.path / "raw/dangling.nii");
    fs::create_directory_symlink("..", folder.path / "raw/up");
    fs::create_directory_symlink(".", folder.path / "raw/here");
    const auto entries = list_raw(folder.path / "raw");
    CHECK(std::count_if(entries.begin(), entries.end(), [](const auto& e) { return e.path == "linked.nii"; }) == 1);
    CHECK(std::none_of(entries.begin(), entries.end(), [](const auto& e) { return e.path.ends_with("dangling.nii"); }));
    CHECK(entries.size() < 10);
}

TEST_CASE("the listing changes with path, size and time, without any file being opened") {
    const TemporaryFolder folder;
    make_tree(folder.path / "raw");
    const auto file = folder.path / "raw/a.nii";
    ::chmod(file.c_str(), 0);
    const Digest listing = listing_digest(folder.path / "raw");
    CHECK(listing_digest(folder.path / "raw") == listing);
    SECTION("time") {
        const timespec times[2] = {{1'700'000'000, 1}, {1'700'000'000, 1}};
        REQUIRE(::utimensat(AT_FDCWD, file.c_str(), times, 0) == 0);
    }
    SECTION("size") { fs::resize_file(file, 5); }
    SECTION("path") { fs::rename(file, folder.path / "raw/z.nii"); }
    CHECK(listing_digest(folder.path / "raw") != listing);
}

TEST_CASE("files that are known by path and size are not read again") {
    const TemporaryFolder folder;
    make_tree(folder.path / "raw");
    const std::vector<SourceFile> known{{"a.nii", 1, sha256("as told")}, {"b/two.nii", 3, sha256("another size")}};
    const auto files = hash_raw_tree(folder.path / "raw", 1, known);
    CHECK(files[0].digest == sha256("as told"));
    CHECK(files[2].digest == sha256("22"));
}

TEST_CASE("a stop ends the listing of a tree and its reading with Error(stopped)") {
    const TemporaryFolder folder;
    make_tree(folder.path / "raw");
    CHECK(list_raw(folder.path / "raw", [] { return false; }).size() == 3);
    const StopAsked stop = [] { return true; };
    CHECK_THAT(sentence_of(Exit::stopped, [&] { (void)list_raw(folder.path / "raw", stop); }), Contains("raw"));
    CHECK_THAT(sentence_of(Exit::stopped, [&] { (void)listing_digest(folder.path / "raw", stop); }), Contains("raw"));
    CHECK_THAT(sentence_of(Exit::stopped, [&] { (void)hash_raw_tree(folder.path / "raw", 1, {}, stop); }),
               Contains("same command"));
}

TEST_CASE("names that are no UTF-8 stand as percent codes, all others as they are") {
    CHECK(json_name("sub-01/é漢🧠 %.nii") == "sub-01/é漢🧠 %.nii");
    CHECK(json_name("a\xff\xc3.nii") == "a%FF%C3.nii");
    CHECK(json_name("\xc0\xaf\xed\xa0\x80") == "%C0%AF%ED%A0%80");  // an overlong slash, a surrogate
    CHECK(json_name("\xf4\x90\x80\x80") == "%F4%90%80%80");         // beyond U+10FFFF
    const TemporaryFolder folder;
    write(folder.path / "raw" / "x\xff.nii", "1");
    CHECK(hash_raw_tree(folder.path / "raw", 1).at(0).path == "x%FF.nii");
    CHECK_FALSE(canonical_json(Json(json_name("\xf0\x9f\xa7"))).empty());
}

TEST_CASE("sources come back sorted by input and path") {
    const TemporaryFolder folder;
    const auto file = folder.path / "sources.jsonl";
    const std::vector<SourceFile> sorted{
        {"a.nii", 1, sha256("1"), "input"}, {"b.nii", 2, sha256("2"), "input"}, {"a.nii", 1, sha256("3"), "labels"}};
    write_sources(file, {sorted[2], sorted[1], sorted[0]});
    CHECK(read_sources(file) == sorted);
    write(file, "{\"path\":\"a\",\"bytes\":-1,\"sha256\":\"" + sha256("").text() + "\"}\n");
    CHECK_THAT(sentence_of(Exit::bad_input, [&] { read_sources(file); }), Contains("line 1"));
}

TEST_CASE("a raw input that is not there, or is neither file nor folder, is named") {
    const TemporaryFolder folder;
    CHECK_THAT(sentence_of(Exit::bad_input, [&] { list_raw(folder.path / "absent"); }), Contains("absent"));
    REQUIRE(::mkfifo((folder.path / "pipe").c_str(), 0600) == 0);
    CHECK_THAT(sentence_of(Exit::bad_input, [&] { list_raw(folder.path / "pipe"); }), Contains("neither"));
}
