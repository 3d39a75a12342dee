#include "cli/terminal.h"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <sstream>

#include "core/error.h"
#include "core/files.h"
#include "core/json.h"

using namespace cohort;
using namespace cohort::cli;

namespace {

std::filesystem::path temporary(const std::string& name) {
    return std::filesystem::temp_directory_path() / (std::to_string(getpid()) + "-" + name);
}

/// What `work` writes to stderr.
template <class Work>
std::string captured(Work work) {
    const auto file = temporary("stderr");
    const int before = dup(STDERR_FILENO);
    const int into = open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
    dup2(into, STDERR_FILENO);
    work();
    dup2(before, STDERR_FILENO);
    close(before);
    close(into);
    const auto text = read_text(file);
    std::filesystem::remove(file);
    return text;
}

std::string shown(CommonOptions options) {
    return captured([&] {
        Log log;
        Progress progress;
        Terminal terminal("cohort-toy", log, progress, options);
        log.info("begins");
        log.detail("small");
        log.warn("odd");
        progress.start("reading", 2, "samples");
        progress.advance(2);
        progress.start("writing", 1, "samples");
        progress.advance(1);
        terminal.stop();
        log.error("It broke.");
    });
}

}  // namespace

TEST_CASE("away from a terminal, messages carry the program's name and each phase ends with a line") {
    CHECK(shown({}) ==
          "cohort-toy: begins\ncohort-toy: warning: odd\ncohort-toy: reading: 2 of 2 samples in 0:00\n"
          "cohort-toy: writing: 1 of 1 samples in 0:00\ncohort-toy: It broke.\n");
}

TEST_CASE("verbose adds details, none leaves progress out, quiet leaves warnings and errors only") {
    CommonOptions options;
    options.verbose = true;
    options.progress = ProgressStyle::none;
    CHECK(shown(options) == "cohort-toy: begins\ncohort-toy: small\ncohort-toy: warning: odd\ncohort-toy: It broke.\n");
    CommonOptions quiet;
    quiet.quiet = true;
    CHECK(shown(quiet) == "cohort-toy: warning: odd\ncohort-toy: It broke.\n");
}

TEST_CASE("progress for machines is one JSON object per line, messages among them") {
    CommonOptions options;
    options.progress = ProgressStyle::json;
    std::istringstream lines(shown(options));
    std::vector<std::string> types;
    for (std::string line; std::getline(lines, line);) types.push_back(parse_json(line, "line")["type"]);
    CHECK(types == std::vector<std::string>{"message", "message", "progress", "progress", "message"});
}

TEST_CASE("the JSON log has every message with time and level, also details and in quiet runs") {
    CommonOptions options;
    options.quiet = true;
    options.log_json = temporary("log.jsonl");
    shown(options);
    std::istringstream lines(read_text(*options.log_json));
    std::vector<std::string> levels;
    for (std::string line; std::getline(lines, line);) {
        const auto json = parse_json(line, "line");
        levels.push_back(json["level"]);
        const auto time = json["time"].get<std::string>();
        CHECK(time.size() == std::string("2026-01-02T03:04:05.678Z").size());
        CHECK(time.back() == 'Z');
    }
    std::filesystem::remove(*options.log_json);
    CHECK(levels == std::vector<std::string>{"info", "detail", "warning", "error"});
}

TEST_CASE("a JSON log that cannot be opened ends the run before it begins") {
    CommonOptions options;
    options.log_json = "/nowhere/at/all.jsonl";
    Log log;
    const Progress progress;
    CHECK_THROWS_AS(Terminal("cohort-toy", log, progress, options), Error);
}
