#include "store/sample.h"

#include <catch2/catch.hpp>

#include "core/files.h"
#include "failing.h"
#include "random_sample.h"
#include "store/sample_line.h"
#include "tests/core/temporary_folder.h"

using namespace cohort;
using namespace cohort::store;
using Catch::Contains;

namespace {

std::string lines_of(const std::vector<Sample>& samples) {
    std::string text;
    for (const auto& sample : samples) text += canonical_json(to_json(sample)) + "\n";
    return text;
}

std::size_t count_samples(const std::filesystem::path& file, std::optional<Digest> expected = std::nullopt) {
    SampleReader reader(file, expected);
    std::size_t count = 0;
    while (reader.next()) ++count;
    return count;
}

std::vector<Sample> sorted_samples(std::size_t count, unsigned seed) {
    std::vector<Sample> samples;
    for (std::size_t i = 0; i < count; ++i) {
        samples.push_back(random_sample(seed * 1000 + static_cast<unsigned>(i)));
        samples.back().id = "case-" + std::to_string(100000 + i);
    }
    return samples;
}

}  // namespace

TEST_CASE("any sample comes back from its line, in the same bytes") {
    const auto seed = GENERATE(range(0u, 300u));
    INFO("seed " << seed);
    const std::string line = canonical_json(to_json(random_sample(seed)));
    const TemporaryFolder folder;
    write_file_atomically(folder.path / "samples.jsonl", line + "\n");
    SampleReader reader(folder.path / "samples.jsonl");
    const auto streamed = reader.next();
    REQUIRE(streamed);
    CHECK(canonical_json(to_json(*streamed)) == line);
    CHECK(canonical_json(to_json(sample_from_json(parse_json(line, "line"), "line"))) == line);
    CHECK_FALSE(reader.next());
}

TEST_CASE("a plain line is read at once, and as the strict way reads it") {
    Sample quick;
    const std::string line = canonical_json(to_json(known_sample()));
    REQUIRE(read_plain_line(line, quick));
    CHECK(canonical_json(to_json(quick)) == line);
    int read_at_once = 0;
    for (unsigned seed = 0; seed < 300; ++seed) {
        const std::string plain = canonical_json(to_json(random_sample(seed, true)));
        Sample sample;
        if (!read_plain_line(plain, sample)) continue;
        ++read_at_once;
        INFO(plain);
        CHECK(to_json(sample) == to_json(sample_from_json(parse_json(plain, "line"), "line")));
    }
    CHECK(read_at_once > 50);
}

TEST_CASE("what the quick way accepts, the strict way accepts and reads the same, whatever bytes were changed") {
    const std::string alphabet = "{}[]\",:.-+eE0123456789 \\tfnul/\x01\xc3\x7f";
    std::mt19937 random(7);
    int accepted = 0;
    for (int round = 0; round < 20000; ++round) {
        std::string line = canonical_json(to_json(random_sample(static_cast<unsigned>(random() % 200), true)));
        for (unsigned changes = 1 + random() % 2; changes > 0; --changes) {
            const std::size_t at = random() % line.size();
            const char c = alphabet[random() % alphabet.size()];
            switch (random() % 3) {
                case 0:
                    line[at] = c;
                    break;
                case 1:
                    line.insert(at, 1, c);
                    break;
                default:
                    line.erase(at, 1);
            }
        }
        Sample quick;
        if (!read_plain_line(line, quick)) continue;
        ++accepted;
        INFO(line);
        CHECK(to_json(quick) == to_json(sample_from_json(parse_json(line, "line"), "line")));
    }
    CHECK(accepted > 100);
}

TEST_CASE("a file of samples is streamed whole and in order, however its lines fall into blocks") {
    const TemporaryFolder folder;
    auto samples = sorted_samples(2000, 5);
    samples[700].values["note"] = std::string(600'000, 'n');  // longer than a block
    const std::string text = lines_of(samples);
    write_file_atomically(folder.path / "samples.jsonl", text);
    SampleReader reader(folder.path / "samples.jsonl", sha256(text));
    std::string again;
    while (const auto sample = reader.next()) again += canonical_json(to_json(*sample)) + "\n";
    CHECK(again == text);
}

TEST_CASE("samples that were altered, cut, swapped or repeated are noticed and named") {
    const TemporaryFolder folder;
    const auto file = folder.path / "samples.jsonl";
    auto samples = sorted_samples(50, 7);
    const std::string text = lines_of(samples);
    const Digest expected = sha256(text);
    const auto says = [&](const std::string& altered) {
        write_file_atomically(file, altered);
        return sentence_of(Exit::bad_input, [&] { count_samples(file, expected); });
    };
    SECTION("a changed voxel type") {
        std::string altered = text;
        altered.replace(altered.find("\"role\":"), 7, "\"role\": ");
        CHECK_THAT(says(altered), Contains("samples.jsonl") && Contains("altered"));
    }
    SECTION("cut between lines") {
        CHECK_THAT(says(text.substr(0, text.rfind('\n', text.size() - 2) + 1)), Contains("49 lines"));
    }
    SECTION("cut within a line") {
        CHECK_THAT(says(text.substr(0, text.size() - 10)), Contains("line 50") && Contains("cut short"));
    }
    SECTION("without its last newline") { CHECK_THAT(says(text.substr(0, text.size() - 1)), Contains("cut short")); }
    SECTION("swapped lines") {
        std::swap(samples[20], samples[30]);
        CHECK_THAT(says(lines_of(samples)), Contains("line 22") && Contains("sorted by id"));
    }
    SECTION("a repeated line") {
        samples.insert(samples.begin() + 10, samples[10]);
        CHECK_THAT(says(lines_of(samples)), Contains("line 12"));
    }
    SECTION("an added blank line") { CHECK_THAT(says(text + "\n"), Contains("line 51")); }
    SECTION("a whole file of another dataset") {
        CHECK_THAT(says(lines_of(sorted_samples(50, 8))), Contains("altered"));
    }
}

TEST_CASE("an empty file is a dataset without samples") {
    const TemporaryFolder folder;
    write_file_atomically(folder.path / "samples.jsonl", "");
    CHECK(count_samples(folder.path / "samples.jsonl", sha256("")) == 0);
}

TEST_CASE("a hostile line is refused with file, line and sentence") {
    const TemporaryFolder folder;
    const Json good = to_json(known_sample());
    const auto patch = GENERATE(
        R"({"id":null})", R"({"id":7})", R"({"id":""})", R"({"arrays":[]})",
        R"({"arrays":{"image":{"role":"picture"}}})", R"({"arrays":{"image":{"type":"i7"}}})",
        R"({"arrays":{"image":{"shape":[]}}})", R"({"arrays":{"image":{"shape":[1,2,0]}}})",
        R"({"arrays":{"image":{"shape":[1,-2,3]}}})", R"({"arrays":{"image":{"shape":[1,2.5,3]}}})",
        R"({"arrays":{"image":{"shape":[4000000000,4000000000,4000000000]}}})",
        R"({"arrays":{"image":{"shape":[2,2]}}})", R"({"arrays":{"image":{"shape":[9223372036854775808,1,1]}}})",
        R"({"id":"a/b"})", R"({"id":".."})", R"({"id":"..."})", R"({"id":"a\nb"})", R"({"id":"a b"})", R"({"id":"é"})",
        R"({"id":"a\u001b[31m"})", R"({"arrays":{"a/b":{"role":"image"}}})", R"({"arrays":{"a b":{"role":"image"}}})",
        R"({"arrays":{"image":{"axes":["x","y"]}}})",
        R"({"arrays":{"image":{"axes":["x","y",{"name":"t","coordinates":[1,2]}]}}})",
        R"({"arrays":{"image":{"scale":{"slope":[1,2],"offset":[0,0],"axis":"z"}}}})",
        R"({"arrays":{"image":{"scale":{"slope":[1],"offset":[0],"axis":"t"}}}})", R"({"arrays":{"image":{"axes":7}}})",
        R"({"arrays":{"image":{"geometry":{"affine":[[1,2],[3]]}}}})", R"({"arrays":{"image":{"geometry":[]}}})",
        R"({"arrays":{"image":{"digest":"sha256:zz"}}})", R"({"arrays":{"image":{"scale":{"slope":"x"}}}})",
        R"({"arrays":{"image":{"channels":[1]}}})", R"({"arrays":{"image":{"native":7}}})",
        R"({"arrays":{"image":null,"x":3}})", R"({"values":[]})", R"({"source":"a"})", R"({"source":[1]})",
        R"({"flags":{}})", R"({"flags":[{"check":1}]})");
    Json bad = good;
    bad.merge_patch(parse_json(patch, "patch"));
    INFO(patch);
    write_file_atomically(folder.path / "samples.jsonl", canonical_json(bad) + "\n");
    CHECK_FALSE(sentence_of(Exit::bad_input, [&] { count_samples(folder.path / "samples.jsonl"); }).empty());
}

TEST_CASE("an id that is not percent-encoded is refused with file, line and its printable form") {
    const TemporaryFolder folder;
    const auto file = folder.path / "samples.jsonl";
    Json bad = to_json(known_sample());
    bad["id"] = "zz\x1b[31mred";
    write_file_atomically(file, lines_of({known_sample()}) + canonical_json(bad) + "\n");
    CHECK_THAT(sentence_of(Exit::bad_input, [&] { count_samples(file); }),
               Contains("samples.jsonl line 2") && Contains("'zz\\x1b[31mred'") && Contains("%XX"));
    const auto odd = GENERATE("caf\xc3\xa9", "a b", "sub-01/x", ".", "a\x9b");
    bad["id"] = percent_encode("zz" + std::string(odd));
    write_file_atomically(file, lines_of({known_sample()}) + canonical_json(bad) + "\n");
    CHECK(count_samples(file) == 2);
}

TEST_CASE("absent, null, empty and n/a are missing, and subject and session are values") {
    Sample sample = known_sample();
    sample.values = {{"age", 0}, {"sex", ""}, {"site", "n/a"}, {"class", nullptr}, {"grade", "2"}};
    sample.session = "";
    CHECK(value_of(sample, "age") == Json(0));
    CHECK(value_of(sample, "grade") == Json("2"));
    for (const char* name : {"sex", "site", "class", "absent", "session"}) CHECK_FALSE(value_of(sample, name));
    CHECK(value_of(sample, "subject") == Json(sample.subject));
}

TEST_CASE("arrays are found by name and by role") {
    const Sample sample = known_sample();
    REQUIRE(sample.array("label"));
    CHECK(sample.first_with(Role::label) == sample.array("label"));
    CHECK(sample.first_with(Role::map) == nullptr);
    CHECK(sample.array("nothing") == nullptr);
}
