#include "cli/command_line.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "core/error.h"
#include "core/files.h"

using namespace cohort;
using namespace cohort::cli;

namespace {

const char* const toy_text = R"({
  "title": "toy", "description": "Sorts toys; none is lost.", "type": "object", "additionalProperties": false, "required": ["dataset"],
  "properties": {
    "dataset": {"type": "string", "description": "Dataset to sort.", "x-cli": {"flag": "--dataset", "value": "DIR", "group": "Input", "artefact": ["dataset"]}},
    "folds": {"type": "integer", "minimum": 2, "maximum": 10, "default": 5, "description": "Number of folds.", "x-cli": {"flag": "--folds", "value": "N", "group": "Scheme"}},
    "shift": {"type": "number", "minimum": -10, "maximum": 10, "default": 0, "description": "Shift.", "x-cli": {"flag": "--shift", "value": "X", "group": "Scheme"}},
    "names": {"type": "array", "items": {"type": "string"}, "default": [], "description": "Names.", "x-cli": {"flag": "--names", "value": "NAME", "group": "Scheme"}},
    "fast": {"type": "boolean", "default": false, "description": "Be quick.", "x-cli": {"flag": "--fast", "group": "Scheme"}}
  },
  "x-cli": {"output": "split", "content_version": 1, "seed": true, "device": false, "example": ["--dataset", "d", "--out", "s"]}})";

const char* const look_text = R"({
  "title": "look", "description": "Looks.", "type": "object", "additionalProperties": false, "required": ["artefact"],
  "properties": {
    "artefact": {"type": "string", "description": "What to look at.", "x-cli": {"flag": "--artefact", "value": "ARTEFACT", "group": "Input", "positional": true}},
    "more": {"type": "array", "items": {"type": "string"}, "default": [], "description": "More of them.", "x-cli": {"flag": "--more", "value": "ARTEFACT", "group": "Input", "positional": true}}
  },
  "x-cli": {"output": null, "content_version": 1, "seed": false, "device": false, "example": ["d"]}})";

CommandLine parse(const char* schema, std::vector<const char*> words) {
    words.insert(words.begin(), "program");
    return parse_command_line(parse_step_schema(schema, "test"), static_cast<int>(words.size()), words.data());
}
CommandLine toy(std::vector<const char*> words) { return parse(toy_text, std::move(words)); }

std::string refusal(const char* schema, std::vector<const char*> words) {
    try {
        parse(schema, std::move(words));
    } catch (const Error& error) {
        CHECK(error.code() == Exit::usage);
        return error.sentence();
    }
    return "";
}
std::string toy_refusal(std::vector<const char*> words) { return refusal(toy_text, std::move(words)); }
bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// A file that is gone at the end.
class TemporaryFile {
public:
    TemporaryFile(const std::string& name, std::string_view text)
        : path_(std::filesystem::temp_directory_path() / (std::to_string(getpid()) + "-" + name)) {
        write_file_atomically(path_, text);
    }
    ~TemporaryFile() { std::filesystem::remove(path_); }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    std::string name() const { return path_.string(); }

private:
    std::filesystem::path path_;
};

}  // namespace

TEST_CASE("flags become typed parameters, and defaults fill the rest") {
    const auto line = toy({"--dataset", "d", "--folds=3", "--out", "o", "--fast", "--seed", "9"});
    CHECK(line.parameters ==
          Json{{"dataset", "d"}, {"folds", 3}, {"shift", 0}, {"names", Json::array()}, {"fast", true}});
    CHECK(line.common.out == "o");
    CHECK(line.common.seed == 9);
    CHECK(!line.common.threads);
    CHECK(!line.common.memory);
    CHECK(!line.answer);
}

TEST_CASE("lists repeat the flag or take commas, in order") {
    CHECK(toy({"--dataset", "d", "--dry-run", "--names", "b,a", "--names", "c"}).parameters["names"] ==
          Json({"b", "a", "c"}));
}

TEST_CASE("negative numbers are values, not flags") {
    CHECK(toy({"--dataset", "d", "--dry-run", "--shift", "-3.5"}).parameters["shift"] == -3.5);
    CHECK(toy({"--dataset", "d", "--dry-run", "--shift=-.5"}).parameters["shift"] == -.5);
}

TEST_CASE("bare arguments fill the positional parameters in order") {
    const auto line = parse(look_text, {"a", "b,c", "d"});
    CHECK(line.parameters == Json{{"artefact", "a"}, {"more", {"b,c", "d"}}});
    CHECK(parse(look_text, {"--", "-odd-name"}).parameters["artefact"] == "-odd-name");
    CHECK(has(refusal(look_text, {}), "ARTEFACT is missing"));
}

TEST_CASE("all faults are told at once, each once, with the nearest name") {
    const auto text =
        toy_refusal({"--datset", "d", "--folds", "1", "--shift", "far", "--seed", "-1", "--quiet", "--verbose"});
    CHECK(has(text, "7 things are wrong"));
    CHECK(has(text, "--quiet and --verbose exclude each other."));
    CHECK(has(text, "--out is missing"));
    CHECK(has(text, "There is no option --datset; did you mean '--dataset'?"));
    CHECK(has(text, "--dataset is missing: Dataset to sort."));
    CHECK(has(text, "--folds must be at least 2, not 1."));
    CHECK(has(text, "--shift must be a number, not 'far'."));
    CHECK(has(text, "--seed must be at least 0, not -1."));
    CHECK(!has(text, "'d' belongs to no option"));
    CHECK(has(text, "See cohort-toy --help."));
}

TEST_CASE("a flag without its value, given twice, or a stray word is one sentence") {
    CHECK(toy_refusal({"--out", "o", "--dataset"}) ==
          "--dataset needs a value (DIR): Dataset to sort. See cohort-toy --help.");
    CHECK(has(toy_refusal({"--dataset", "--out", "o"}), "--dataset needs a value (DIR)"));
    CHECK(toy_refusal({"--dataset", "d", "--dataset", "e", "--out", "o"}) ==
          "--dataset is given 2 times; it takes one value. See cohort-toy --help.");
    CHECK(toy_refusal({"--dataset", "d", "--out", "o", "stray"}) ==
          "'stray' belongs to no option. See cohort-toy --help.");
    CHECK(has(toy_refusal({"--dataset", "d"}), "--out is missing: the split that is made needs a place."));
    CHECK(has(toy_refusal({"--dataset", "d", "--out", "o", "-x"}), "There is no option -x"));
}

TEST_CASE("options that would do nothing do not exist") {
    CHECK(has(refusal(look_text, {"a", "--seed", "1"}), "There is no option --seed"));
    CHECK(has(refusal(look_text, {"a", "--out", "o"}), "There is no option --out"));
    CHECK(has(toy_refusal({"--dataset", "d", "--out", "o", "--device", "cpu"}), "There is no option --device"));
}

TEST_CASE("sizes, acceptance and progress are read or refused by name") {
    const auto line = toy({"--dataset", "d", "--out", "o", "--memory", "4 GiB", "--accept-quarantined", "2.5%",
                           "--progress", "json", "--threads", "3", "--log-json", "l", "--force"});
    CHECK(line.common.memory == std::uint64_t{4} << 30);
    CHECK(line.common.accept_quarantined.kind == Acceptance::Kind::percent);
    CHECK(line.common.progress == ProgressStyle::json);
    CHECK(line.common.threads == 3u);
    CHECK(line.common.log_json == "l");
    CHECK(line.common.force);
    CHECK(has(toy_refusal({"--dataset", "d", "--out", "o", "--memory", "lots"}),
              "--memory must be a size such as 8 GiB"));
    CHECK(has(toy_refusal({"--dataset", "d", "--out", "o", "--memory", "0"}), "--memory must be a size"));
    CHECK(has(toy_refusal({"--dataset", "d", "--out", "o", "--accept-quarantined", "-1"}),
              "--accept-quarantined must be a number, a share such as 2%, or all, not '-1'"));
    CHECK(has(toy_refusal({"--dataset", "d", "--out", "o", "--accept-quarantined", "200%"}), "--accept-quarantined"));
    CHECK(has(toy_refusal({"--dataset", "d", "--out", "o", "--accept-quarantined", "99999999999999999999"}),
              "--accept-quarantined"));
    CHECK(has(toy_refusal({"--dataset", "d", "--out", "o", "--threads", "0"}), "--threads must be at least 1"));
    CHECK(has(toy_refusal({"--dataset", "d", "--out", "o", "--progress", "bars"}), "did you mean 'bar'"));
}

TEST_CASE("acceptance counts or shares, and nothing quarantined is always accepted") {
    CHECK(parse_acceptance("0")->accepts(0, 0));
    CHECK(!parse_acceptance("0")->accepts(1, 100));
    CHECK(parse_acceptance("3")->accepts(3, 3));
    CHECK(!parse_acceptance("3")->accepts(4, 1000));
    CHECK(parse_acceptance("2%")->accepts(2, 100));
    CHECK(!parse_acceptance("2%")->accepts(3, 100));
    CHECK(parse_acceptance("all")->accepts(5, 5));
    for (const auto* text : {"", "-1", "1.5", "x", "101%", "%", "1 ", "nan%", "inf%", "1e1%"}) {
        INFO(text);
        CHECK(!parse_acceptance(text));
    }
}

TEST_CASE("a parameter file is read first and flags win") {
    const TemporaryFile yaml("toy.yaml", "dataset: d\nfolds: 7\nnames: [x, 3]\nseed: 4\nshift: '2'\n");
    const auto line = toy({"--params", yaml.name().c_str(), "--folds", "4", "--out", "o"});
    CHECK(line.parameters ==
          Json{{"dataset", "d"}, {"folds", 4}, {"shift", 2}, {"names", {"x", "3"}}, {"fast", false}});
    CHECK(line.common.seed == 4);
    CHECK(toy({"--params", yaml.name().c_str(), "--seed", "5", "--out", "o"}).common.seed == 5);
    const TemporaryFile json("toy.json", R"({"dataset": "e", "fast": true})");
    CHECK(toy({"--params", json.name().c_str(), "--out", "o"}).parameters["fast"] == true);
}

TEST_CASE("what is wrong in a parameter file is told like a flag's fault") {
    const TemporaryFile wrong("wrong.yaml", "dataset: d\nfold: 7\nshift: 99\n");
    const auto text = toy_refusal({"--params", wrong.name().c_str(), "--out", "o"});
    CHECK(has(text, "There is no parameter 'fold'; did you mean 'folds'?"));
    CHECK(has(text, "--shift must be at most 10, not 99."));
    const TemporaryFile option("option.yaml", "dataset: d\nthreads: 7\n");
    CHECK(has(toy_refusal({"--params", option.name().c_str(), "--out", "o"}), "give --threads on the command line"));
    const TemporaryFile list("list.yaml", "- dataset\n");
    CHECK(has(toy_refusal({"--params", list.name().c_str(), "--out", "o"}), "must be a mapping"));
    const TemporaryFile empty("empty.yaml", "");
    CHECK(toy({"--params", empty.name().c_str(), "--dataset", "d", "--out", "o"}).parameters["dataset"] == "d");
    try {
        toy({"--params", "/nowhere/at/all.yaml", "--out", "o"});
        FAIL("a missing file was taken");
    } catch (const Error& error) {
        CHECK(error.code() == Exit::bad_input);
    }
}

TEST_CASE("help, version and describe are answered whatever else is wrong") {
    CHECK(toy({"--folds", "x", "--nonsense", "--help"}).answer == help_text(parse_step_schema(toy_text, "toy")));
    CHECK(toy({"-h"}).answer);
    CHECK(toy({"--version"}).answer == std::string("cohort-toy ") + COHORT_VERSION + "\n");
    CHECK(parse_json(toy({"--describe"}).answer.value(), "describe")["program"] == "cohort-toy");
}

TEST_CASE("a parameter that takes the place of the output is given instead of --out, never beside it") {
    std::string text = toy_text;
    const std::string fast = R"("fast": )";
    text.insert(text.find(fast), R"("picture": {"type": "string", "description": "Draw. Left out: a split is made.", "x-cli": {"flag": "--picture", "value": "FILE", "group": "Scheme", "path": "output", "instead_of_output": true}},
    )");
    CHECK(parse(text.c_str(), {"--dataset", "d", "--picture", "p.png"}).common.out.empty());
    CHECK(parse(text.c_str(), {"--dataset", "d", "--out", "o"}).common.out == "o");
    CHECK(has(refusal(text.c_str(), {"--dataset", "d", "--picture", "p.png", "--out", "o"}), "--picture takes the place of --out; give one of them."));
    CHECK(has(refusal(text.c_str(), {"--dataset", "d"}), "--out is missing"));
}
