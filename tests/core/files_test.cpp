#include "core/files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>

#include "core/error.h"
#include "tests/core/temporary_folder.h"
#include "tests/store/failing.h"

using namespace cohort;
namespace fs = std::filesystem;

TEST_CASE("an atomic write leaves the whole new file and nothing beside it") {
    const TemporaryFolder folder;
    write_file_atomically(folder.path / "a.json", "one");
    write_file_atomically(folder.path / "a.json", "two");
    CHECK(read_text(folder.path / "a.json") == "two");
    CHECK(list_tree(folder.path).size() == 1);
}

TEST_CASE("a full disk is a lack of resources, a missing folder an output that cannot be written") {
    try {
        FileWriter writer("/dev/full");
        writer.write("x");
        writer.close();
        FAIL("was written");
    } catch (const Error& error) {
        CHECK(error.code() == Exit::resources);
    }
    try {
        write_file_atomically("/nonexistent-folder/x", "x");
        FAIL("was written");
    } catch (const Error& error) {
        CHECK(error.code() == Exit::output);
    }
}

TEST_CASE("only regular files are read, up to their limit") {
    const TemporaryFolder folder;
    REQUIRE(::mkfifo((folder.path / "pipe").c_str(), 0600) == 0);
    CHECK_THROWS_AS(read_text(folder.path / "pipe"), Error);
    CHECK_THROWS_AS(read_text(folder.path), Error);
    CHECK_THROWS_AS(read_text(folder.path / "absent"), Error);
    write_file_atomically(folder.path / "five", "12345");
    CHECK(read_text(folder.path / "five", 5) == "12345");
    CHECK_THROWS_AS(read_text(folder.path / "five", 4), Error);
}

TEST_CASE("a tree is listed in byte order, links to files followed, cycles and dangling links not") {
    const TemporaryFolder folder;
    fs::create_directories(folder.path / "b/c");
    write_file_atomically(folder.path / "b/c/x", "1");
    write_file_atomically(folder.path / "b.txt", "22");
    write_file_atomically(folder.path / "a", "333");
    fs::create_symlink("../a", folder.path / "b/link");
    fs::create_symlink("nowhere", folder.path / "dangling");
    fs::create_directory_symlink("..", folder.path / "b/up");
    std::vector<std::string> paths;
    for (const auto& entry : list_tree(folder.path)) paths.push_back(entry.path);
    CHECK(paths == std::vector<std::string>{"a", "b.txt", "b/c/x", "b/link"});
    CHECK(list_tree(folder.path / "a").at(0).path == "a");
    CHECK_THROWS_AS(list_tree(folder.path / "absent"), Error);
    bool stopped = false;
    const StopAsked stop = [&] { return stopped; };
    CHECK(list_tree(folder.path, stop).size() == 4);
    stopped = true;
    CHECK_THAT(sentence_of(Exit::stopped, [&] { (void)list_tree(folder.path, stop); }),
               Catch::Contains("same command"));
}

TEST_CASE("folders that all link to one another are walked once, each under its own name") {
    const TemporaryFolder folder;
    for (int i = 0; i < 12; ++i) {
        const fs::path one = folder.path / std::to_string(100 + i);
        fs::create_directory(one);
        write_file_atomically(one / "file", "x");
        for (int j = 0; j < 12; ++j)
            fs::create_directory_symlink("../" + std::to_string(100 + j), one / ("link" + std::to_string(j)));
    }
    const auto entries = list_tree(folder.path);
    REQUIRE(entries.size() == 12);
    CHECK(entries.front().path == "100/file");
    CHECK(entries.back().path == "111/file");
}

TEST_CASE("a lock is exclusive, free after its holder, and names its holder") {
    const TemporaryFolder folder;
    {
        const auto lock = FileLock::try_lock(folder.path / "lock");
        REQUIRE(lock);
        CHECK_FALSE(FileLock::try_lock(folder.path / "lock"));
        CHECK(FileLock::note_of(folder.path / "lock").find("pid " + std::to_string(::getpid())) == 0);
    }
    CHECK(FileLock::try_lock(folder.path / "lock"));
}

TEST_CASE("names are encoded and shown without surprises") {
    CHECK(percent_encode("sub-01_T1w.nii") == "sub-01_T1w.nii");
    CHECK(percent_encode("a b/ü") == "a%20b%2F%C3%BC");
    CHECK(printable("ü\x01\xff") == "ü\\x01\\xff");
    CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");  // a surrogate is no character
    CHECK(printable("\xc2\x9b"
                    "31m\xc2\xa0") ==
          "\\xc2\\x9b"
          "31m\xc2\xa0");  // U+009B is a control character
    CHECK(printable(std::string(1000, 'x')).size() < 220);
    CHECK(is_inside("a/b..c"));
    for (const char* bad : {"", "/a", "..", "a/../../b", "a/.."}) CHECK_FALSE(is_inside(bad));
}
