#include "store/output_folder.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <random>
#include <thread>

#include "failing.h"
#include "tests/core/temporary_folder.h"

using namespace cohort;
using namespace cohort::store;
namespace fs = std::filesystem;
using Catch::Contains;

namespace {
bool file_system_exchanges = true;
}

/// Stands before libc's in this program, so that the way round a file system without it can be tested.
extern "C" int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) noexcept {
    if (!file_system_exchanges) {
        errno = EINVAL;
        return -1;
    }
    return static_cast<int>(::syscall(SYS_renameat2, from_folder, from, to_folder, to, flags));
}

namespace {

Manifest manifest_of(const std::string& kind = "split") {
    Manifest manifest;
    manifest.kind = kind;
    manifest.made_by.step = "partition";
    manifest.made_by.version = "0.1.0";
    return manifest;
}

/// What a step does: a folder with one member of this text.
Manifest publish(const fs::path& place, const std::string& key, const std::string& text,
                 Overwrite overwrite = Overwrite::refuse) {
    OutputFolder folder(place, key);
    write(folder.path() / "split.json", text);
    return folder.publish(manifest_of(), {{"key", key}}, overwrite, 1);
}

std::vector<std::string> names_in(const fs::path& folder) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

using Names = std::vector<std::string>;

/// Runs `work` in a child process; its exit code is the error's, 0 without one.
template <class Work>
pid_t in_child(Work&& work) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    int code = 0;
    try {
        work();
    } catch (const Error& error) {
        code = static_cast<int>(error.code());
    } catch (...) {
        code = 99;
    }
    ::_exit(code);
}

int exit_code_of(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

TEST_CASE("a published artefact has its members, manifest and run.json, and nothing is left beside it") {
    const TemporaryFolder folder;
    const Manifest manifest = publish(folder.path / "out", "k1", "{}");
    CHECK(names_in(folder.path / "out") == Names{"manifest.json", "run.json", "split.json"});
    CHECK(names_in(folder.path) == Names{"out"});
    CHECK(manifest.members == std::map<std::string, Digest>{{"split.json", sha256("{}")}});
    CHECK(read_manifest(folder.path / "out").digest == manifest.digest);
    CHECK(read_text(folder.path / "out/manifest.json") == canonical_json(to_json(manifest)));
}

TEST_CASE("nothing is seen at the place until it is whole, and missing parent folders are made") {
    const TemporaryFolder folder;
    OutputFolder out(folder.path / "a/b/out/", "k");
    CHECK(out.place().filename() == "out");
    CHECK_FALSE(fs::exists(folder.path / "a/b/out"));
    CHECK(names_in(folder.path / "a/b") == Names{".out.partial"});
    out.discard();
    CHECK(names_in(folder.path / "a/b").empty());
}

TEST_CASE("with the same key an earlier run's state is there, with another it is not") {
    const TemporaryFolder folder;
    {
        OutputFolder first(folder.path / "out", "k1");
        CHECK_FALSE(first.continues());
        write(first.path() / "state", "half");
    }
    {
        OutputFolder again(folder.path / "out", "k1");
        CHECK(again.continues());
        CHECK(read_text(again.path() / "state") == "half");
    }
    OutputFolder other(folder.path / "out", "k2");
    CHECK_FALSE(other.continues());
    CHECK(names_in(other.path()) == Names{"key", "lock"});
}

TEST_CASE("a step that cannot go on starts in an empty folder with the same key") {
    const TemporaryFolder folder;
    { write(OutputFolder(folder.path / "out", "k1").path() / "state", "half"); }
    OutputFolder again(folder.path / "out", "k1");
    again.start_afresh();
    CHECK_FALSE(again.continues());
    CHECK(names_in(again.path()) == Names{"key", "lock"});
}

TEST_CASE("a place that a live process writes is refused with its name, and free once that process is dead") {
    const TemporaryFolder folder;
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    const pid_t holder = in_child([&] {
        OutputFolder out(folder.path / "out", "k1");
        write(out.path() / "state", "half");
        if (::write(ready[1], "x", 1) == 1) ::pause();
    });
    char byte = 0;
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    const std::string text = sentence_of(Exit::output, [&] { OutputFolder(folder.path / "out", "k1"); });
    CHECK_THAT(text, Contains("pid " + std::to_string(holder)));
    ::kill(holder, SIGKILL);
    CHECK(exit_code_of(holder) == 128 + SIGKILL);
    CHECK(OutputFolder(folder.path / "out", "k1").continues());
    ::close(ready[0]);
    ::close(ready[1]);
}

TEST_CASE("what stands is kept unless it is to be replaced, and then it is whole at any moment") {
    file_system_exchanges = GENERATE(true, false);
    const TemporaryFolder folder;
    publish(folder.path / "out", "k1", "old");
    CHECK_THAT(sentence_of(Exit::output, [&] { publish(folder.path / "out", "k2", "new"); }), Contains("--force"));
    CHECK(read_text(folder.path / "out/split.json") == "old");
    publish(folder.path / "out", "k2", "new", Overwrite::replace);
    CHECK(read_text(folder.path / "out/split.json") == "new");
    CHECK(names_in(folder.path) == Names{"out"});
    CHECK(names_in(folder.path / "out") == Names{"manifest.json", "run.json", "split.json"});
    file_system_exchanges = true;
}

TEST_CASE("a folder that is no artefact of ours is never replaced, an empty one is taken") {
    const TemporaryFolder folder;
    fs::create_directories(folder.path / "home");
    write(folder.path / "home/thesis.tex", "years of work");
    CHECK_THAT(sentence_of(Exit::output, [&] { publish(folder.path / "home", "k", "{}", Overwrite::replace); }),
               Contains("no artefact"));
    CHECK(read_text(folder.path / "home/thesis.tex") == "years of work");
    write(folder.path / "file", "x");
    sentence_of(Exit::output, [&] { publish(folder.path / "file", "k", "{}", Overwrite::replace); });
    CHECK(read_text(folder.path / "file") == "x");
    fs::create_directories(folder.path / "empty");
    publish(folder.path / "empty", "k", "{}");
    CHECK(read_manifest(folder.path / "empty").kind == "split");
}

TEST_CASE("a place that is no folder of its own or cannot be written is exit 6") {
    const TemporaryFolder folder;
    write(folder.path / "file", "x");
    for (const fs::path& place :
         {fs::path("/"), fs::path("."), fs::path(".."), folder.path / "file/out", fs::path("/proc/out")})
        CHECK_FALSE(sentence_of(Exit::output, [&] { OutputFolder(place, "k"); }).empty());
}

TEST_CASE("an equal key in run.json is recognised, by content or by listing, and a damaged artefact never is") {
    const TemporaryFolder folder;
    const auto place = folder.path / "out";
    CHECK_FALSE(OutputFolder::standing(place, {"k"}).present);
    {
        OutputFolder out(place, "listing");
        write(out.path() / "split.json", "{}");
        out.publish(manifest_of(), {{"key", "content"}, {"listing_key", "listing"}}, Overwrite::refuse, 1);
    }
    CHECK(OutputFolder::standing(place, {"content"}).same_key);
    CHECK(OutputFolder::standing(place, {"other", "listing"}).same_key);
    CHECK_FALSE(OutputFolder::standing(place, {"other", ""}).same_key);
    CHECK(OutputFolder::standing(place, {"other"}).present);
    write(place / "run.json", "{\"key\":");
    CHECK_FALSE(OutputFolder::standing(place, {"content"}).same_key);
    write(place / "manifest.json", "{}");
    const auto damaged = OutputFolder::standing(place, {"content"});
    CHECK(damaged.present);
    CHECK_FALSE(damaged.manifest);
}

TEST_CASE("the old artefact is put back when a replacing without exchange was cut in two") {
    const TemporaryFolder folder;
    publish(folder.path / "out", "k1", "old");
    fs::rename(folder.path / "out", folder.path / ".out.old");
    { OutputFolder next(folder.path / "out", "k2"); }
    CHECK(read_text(folder.path / "out/split.json") == "old");
    CHECK_FALSE(fs::exists(folder.path / ".out.old"));
    fs::create_directories(folder.path / ".out.old");
    { OutputFolder next(folder.path / "out", "k2"); }
    CHECK_FALSE(fs::exists(folder.path / ".out.old"));
}

TEST_CASE("key and lock that a kill left in a published folder, or one of them, are tidied and never count") {
    const auto left = GENERATE(std::vector<std::string>{"key", "lock"}, std::vector<std::string>{"key"},
                               std::vector<std::string>{"lock"});
    const TemporaryFolder folder;
    const Digest digest = publish(folder.path / "out", "k1", "{}").digest;
    for (const auto& name : left) write(folder.path / "out" / name, "k1");
    CHECK(content_digest(read_manifest(folder.path / "out"), hashed_members(folder.path / "out", 1)) == digest);
    { OutputFolder next(folder.path / "out", "k2"); }
    CHECK(names_in(folder.path / "out") == Names{"manifest.json", "run.json", "split.json"});
}

TEST_CASE("tidying removes a replaced artefact that a kill left, and keeps an unfinished run and a live one") {
    const TemporaryFolder folder;
    publish(folder.path / "out", "k1", "{}");
    const auto partial = folder.path / ".out.partial";
    fs::create_directories(partial);
    write(partial / "manifest.json", "{}");
    write(folder.path / "out/key", "k1");
    OutputFolder::tidy(folder.path / "out/");
    CHECK(names_in(folder.path) == Names{"out"});
    CHECK(names_in(folder.path / "out") == Names{"manifest.json", "run.json", "split.json"});
    { write(OutputFolder(folder.path / "out", "k2").path() / "state", "half"); }
    OutputFolder::tidy(folder.path / "out");
    CHECK(names_in(partial) == Names{"key", "lock", "state"});
    OutputFolder::tidy(folder.path / "absent");
    CHECK(names_in(folder.path) == Names{".out.partial", "out"});
}

TEST_CASE("of two runs at one place, one publishes and the other is told, whatever the moment") {
    const TemporaryFolder folder;
    for (int round = 0; round < 40; ++round) {
        const auto place = folder.path / ("out" + std::to_string(round));
        const auto work = [&](const char* text) { return in_child([&, text] { publish(place, text, text); }); };
        const pid_t a = work("aaaa"), b = work("bbbb");
        const int code_a = exit_code_of(a), code_b = exit_code_of(b);
        INFO("round " << round << ": " << code_a << " " << code_b);
        CHECK((code_a == 0 || code_a == 6));
        CHECK((code_b == 0 || code_b == 6));
        CHECK((code_a == 0) != (code_b == 0));
        const Manifest manifest = read_manifest(place);
        CHECK(read_member(place, manifest, "split.json") == (code_a == 0 ? "aaaa" : "bbbb"));
        CHECK(names_in(place) == Names{"manifest.json", "run.json", "split.json"});
    }
}

TEST_CASE("kill -9 at any moment leaves the old or the new, whole, and the same command then gives the new") {
    file_system_exchanges = GENERATE(true, false);
    const TemporaryFolder folder;
    const auto place = folder.path / "out";
    std::mt19937 random(20260321);
    const std::string old_text(200'000, 'o'), new_text(200'000, 'n');
    for (int round = 0; round < 60; ++round) {
        const bool replacing = round % 2 == 1;
        fs::remove_all(place);
        if (replacing) publish(place, "k-old", old_text);
        const auto command = [&] { publish(place, "k-new", new_text, Overwrite::replace); };
        const pid_t child = in_child(command);
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 12000));
        ::kill(child, SIGKILL);
        exit_code_of(child);
        INFO("round " << round);
        if (fs::exists(place)) {
            const std::string member = read_member(place, read_manifest(place), "split.json");
            CHECK((member == new_text || (replacing && member == old_text)));
        }
        command();
        CHECK(read_member(place, read_manifest(place), "split.json") == new_text);
        CHECK(names_in(folder.path) == Names{"out"});
        CHECK(names_in(place) == Names{"manifest.json", "run.json", "split.json"});
    }
    file_system_exchanges = true;
}

TEST_CASE("quarantine lines are sorted whatever threads wrote them, and counted") {
    const TemporaryFolder folder;
    const auto written_by = [&](unsigned threads) {
        const auto file = folder.path / "quarantine.jsonl";
        QuarantineWriter writer(file, "ingest");
        std::vector<std::thread> pool;
        for (unsigned t = 0; t < threads; ++t)
            pool.emplace_back([&, t] {
                for (unsigned i = t; i < 100; i += threads)
                    writer.add("sub-" + std::to_string(i % 37) + ".nii",
                               {"truncated", "line " + std::to_string(i) + ".", {{"bytes", i}}});
                writer.skip("README", "not an image");
            });
        for (auto& thread : pool) thread.join();
        CHECK(writer.quarantined() == 100);
        CHECK(writer.skipped() == threads);
        writer.close();
        return read_text(file);
    };
    const std::string one = written_by(1);
    CHECK(written_by(4) == one);
    const Json first = parse_json(one.substr(0, one.find('\n')), "line");
    CHECK(first["stage"] == "ingest");
    CHECK(first["reason"] == "truncated");
    CHECK(first["source"] == "sub-0.nii");
}

TEST_CASE("a reason that is not in the list is a bug, and no lines make no file") {
    const TemporaryFolder folder;
    QuarantineWriter writer(folder.path / "quarantine.jsonl", "ingest");
    sentence_of(Exit::bug, [&] { writer.add("a.nii", {"because", "I say so.", {}}); });
    writer.close();
    CHECK_FALSE(fs::exists(folder.path / "quarantine.jsonl"));
}
