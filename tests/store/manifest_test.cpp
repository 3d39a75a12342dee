#include "store/manifest.h"

#include <catch2/catch.hpp>

#include "core/deflate.h"
#include "core/files.h"
#include "failing.h"
#include "tests/core/temporary_folder.h"

using namespace cohort;
using namespace cohort::store;
namespace fs = std::filesystem;
using Catch::Contains;

namespace {

Manifest small_manifest() {
    Manifest manifest;
    manifest.kind = "dataset";
    manifest.privacy = Privacy::pseudonymised;
    manifest.content = {{"samples", 3}, {"labels", Json::array({{{"value", 1}, {"name", "anterior"}}})}};
    manifest.counts = {7, 2, 1};
    manifest.made_by = {"ingest", "0.1.0", {{"layout", "msd"}}, 42, {{"input", "raw", sha256("tree").text()}}};
    return manifest;
}

/// A folder as publishing leaves it.
Manifest write_artefact(const fs::path& folder, Manifest manifest) {
    const fs::path own = own_folder(folder, manifest.kind);
    fs::create_directories(own);
    manifest.members = hashed_members(folder, 1);
    manifest.digest = content_digest(manifest, manifest.members);
    write_file_atomically(own / "manifest.json", canonical_json(to_json(manifest)));
    return manifest;
}

}  // namespace

TEST_CASE("a manifest comes back as it was written, in the same bytes") {
    Manifest manifest = small_manifest();
    manifest.members = {{"samples.jsonl", sha256("a")}, {"headers/00000.jsonl.gz", sha256("b")}};
    manifest.digest = content_digest(manifest, manifest.members);
    const std::string text = canonical_json(to_json(manifest));
    const Manifest back = manifest_from_json(parse_json(text, "text"), "text");
    CHECK(canonical_json(to_json(back)) == text);
    CHECK(back.members == manifest.members);
    CHECK(back.made_by.inputs == manifest.made_by.inputs);
    CHECK(back.privacy == Privacy::pseudonymised);
}

TEST_CASE("the digest is the SHA-256 of canonical kind, privacy, content and members, and of nothing else") {
    Manifest manifest = small_manifest();
    manifest.members = {{"split.json", sha256("x")}};
    const std::string hashed = R"({"content":{"labels":[{"name":"anterior","value":1}],"samples":3},"kind":"dataset",)"
                               R"("members":{"split.json":")" +
                               sha256("x").text() + R"("},"privacy":"pseudonymised"})";
    const Digest digest = content_digest(manifest, manifest.members);
    CHECK(digest == sha256(hashed));
    manifest.counts.sources = 99;
    manifest.made_by.seed = 1;
    CHECK(content_digest(manifest, manifest.members) == digest);
    manifest.privacy = Privacy::anonymous;
    CHECK(content_digest(manifest, manifest.members) != digest);
}

TEST_CASE("members are all files but the six that say how, and a .gz counts by what it unpacks to") {
    const TemporaryFolder folder;
    for (const char* name :
         {"samples.jsonl", "index.jsonl", "quarantine.jsonl", "sources.jsonl", "run.json", "cases.txt", "lock", "key"})
        write_file_atomically(folder.path / name, std::string("bytes of ") + name);
    fs::create_directories(folder.path / "shards");
    fs::create_directories(folder.path / "headers");
    write_file_atomically(folder.path / "shards/00000.h5", "voxels");
    const std::string lines(5000, 'h');
    write_file_atomically(folder.path / "headers/00000.jsonl.gz", gzip_compress(bytes_of(lines), 1));
    const auto members = hashed_members(folder.path, 2);
    CHECK(members == std::map<std::string, Digest>{{"cases.txt", sha256("bytes of cases.txt")},
                                                   {"headers/00000.jsonl.gz", sha256(lines)},
                                                   {"samples.jsonl", sha256("bytes of samples.jsonl")}});
    write_file_atomically(folder.path / "headers/00000.jsonl.gz", gzip_compress(bytes_of(lines), 9));
    CHECK(hashed_members(folder.path, 1) == members);
    write_file_atomically(folder.path / "headers/00000.jsonl.gz", "no gzip at all");
    CHECK(hashed_members(folder.path, 1).at("headers/00000.jsonl.gz") == sha256("no gzip at all"));
}

TEST_CASE("of files, everything counts but our own four in .cohort, whatever the tree's files are called") {
    const TemporaryFolder folder;
    fs::create_directories(folder.path / "shards");
    write_file_atomically(folder.path / "manifest.json", "{\"somebody\": \"else\"}");
    write_file_atomically(folder.path / "shards/a.bin", "a");
    Manifest manifest = small_manifest();
    manifest.kind = "files";
    manifest = write_artefact(folder.path, manifest);
    write_file_atomically(folder.path / ".cohort/run.json", "{}");
    write_file_atomically(folder.path / ".cohort/files.jsonl", "");
    std::vector<std::string> names;
    for (const auto& [name, digest] : hashed_members(folder.path, 1)) names.push_back(name);
    CHECK(names == std::vector<std::string>{".cohort/files.jsonl", "manifest.json", "shards/a.bin"});
    CHECK(read_manifest(folder.path).kind == "files");
}

TEST_CASE("an altered manifest is noticed when it is opened, whatever of its content was altered") {
    const TemporaryFolder folder;
    write_file_atomically(folder.path / "samples.jsonl", "");
    const Json written = to_json(write_artefact(folder.path, small_manifest()));
    CHECK(read_manifest(folder.path).content == written["content"]);
    const auto altered = GENERATE(R"({"privacy":"anonymous"})", R"({"content":{"samples":4}})", R"({"kind":"split"})",
                                  R"({"members":{}})");
    Json changed = written;
    changed.merge_patch(parse_json(altered, "patch"));
    if (std::string(altered) == R"({"members":{}})") changed["members"] = Json::object();
    write_file_atomically(folder.path / "manifest.json", canonical_json(changed));
    CHECK_THAT(sentence_of(Exit::bad_input, [&] { read_manifest(folder.path); }), Contains("altered"));
}

TEST_CASE("a member that was altered behind the manifest's back is named by its reader") {
    const TemporaryFolder folder;
    write_file_atomically(folder.path / "split.json", "{}");
    const Manifest manifest = write_artefact(folder.path, small_manifest());
    CHECK(read_member(folder.path, manifest, "split.json") == "{}");
    write_file_atomically(folder.path / "split.json", "{ }");
    CHECK_THAT(sentence_of(Exit::bad_input, [&] { read_member(folder.path, manifest, "split.json"); }),
               Contains("split.json") && Contains("altered"));
    CHECK_THAT(sentence_of(Exit::bad_input, [&] { read_member(folder.path, manifest, "plan.json"); }),
               Contains("plan.json"));
}

TEST_CASE("what is no artefact is called what it looks like") {
    const TemporaryFolder folder;
    const auto says = [](const fs::path& path) { return sentence_of(Exit::bad_input, [&] { read_manifest(path); }); };
    CHECK_THAT(says(folder.path / "absent"), Contains("does not exist"));
    write_file_atomically(folder.path / "file", "x");
    CHECK_THAT(says(folder.path / "file"), Contains("is a file"));
    fs::create_directories(folder.path / "plain");
    CHECK_THAT(says(folder.path / "plain"), Contains("no artefact"));
    fs::create_directories(folder.path / ".plain.partial");
    CHECK_THAT(says(folder.path / "plain"), Contains("unfinished"));
    CHECK_THAT(says(folder.path / ".plain.partial"), Contains("unfinished"));
}

TEST_CASE("a hostile manifest is refused with a sentence") {
    const Json good = to_json(small_manifest());
    const auto patch =
        GENERATE(R"({"format":2})", R"({"format":"1"})", R"({"kind":"dataste"})", R"({"digest":"sha256:12"})",
                 R"({"digest":null})", R"({"privacy":"secret"})", R"({"content":[]})", R"({"counts":{"sources":-1}})",
                 R"({"counts":{"skipped":0.5}})", R"({"counts":3})", R"({"made_by":{"seed":9007199254740992}})",
                 R"({"made_by":{"inputs":{}}})", R"({"made_by":{"inputs":[1]}})", R"({"made_by":{"parameters":7}})",
                 R"({"members":{"../x":"sha256:00"}})", R"({"members":{"/etc/passwd":"sha256:00"}})",
                 R"({"members":{"a":"md5:1"}})");
    Json bad = good;
    bad.merge_patch(parse_json(patch, "patch"));
    INFO(patch);
    CHECK_FALSE(sentence_of(Exit::bad_input, [&] { manifest_from_json(bad, "m.json"); }).empty());
}

TEST_CASE("privacy levels are ordered and named") {
    CHECK(Privacy::identified < Privacy::pseudonymised);
    CHECK(Privacy::pseudonymised < Privacy::anonymous);
    for (const auto level : {Privacy::identified, Privacy::pseudonymised, Privacy::anonymous})
        CHECK(privacy_named(name_of(level)) == level);
    CHECK_FALSE(privacy_named("Anonymous"));
}
