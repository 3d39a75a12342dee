// The driver's smaller parts: keys, logs, memo, expectations, options, tables.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <random>

#include "cli/validator.h"
#include "core/digest.h"
#include "core/files.h"
#include "driver/decider.h"
#include "driver/dot.h"
#include "driver/journal.h"
#include "driver/options.h"
#include "driver/raw_memo.h"
#include "driver/references.h"
#include "driver/result_log.h"
#include "driver/summary.h"
#include "memory_world.h"
#include "store/cache_key.h"

using namespace cohort;
using namespace cohort::driver;
using namespace cohort::driver::memory;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

struct Folder {
    fs::path path = fs::temp_directory_path() / ("driver_parts." + std::to_string(::getpid()));
    Folder() { fs::create_directories(path); }
    ~Folder() { fs::remove_all(path); }
};

std::string key_number(int i) { return sha256(std::to_string(i)).hex(); }

Result result_number(int i, const std::string& key, const std::string& digest) {
    Result result;
    result.key = key;
    result.digest = digest;
    result.kind = "dataset";
    result.sources = static_cast<std::uint64_t>(i);
    result.quarantined = 1;
    result.shape = static_cast<std::uint64_t>(i) * 0x123456789ABCDEFULL;
    result.wall_s = 0.25 * i;
    result.peak_rss = 77;
    result.numbers = "{\"samples\":3}";
    result.key_text = "{\"step\":\"a\\tb\"}";
    return result;
}

}  // namespace

TEST_CASE("a composed key equals store's cache key of the same parts") {
    const std::string text =
        "cohort: 1\nname: p\nsteps:\n  d: {run: ingest, with: {input: /images, label_names: [\"1=a\"]}}\n"
        "  s: {run: partition, with: {dataset: \"${steps.d}\", scheme: nnunet, given: /splits.json}}\n"
        "  t: {run: train, matrix: {fold: [0, 1], seed: [7, 8]}, resources: {cores: 3}, "
        "with: {dataset: \"${steps.d}\", split: \"${steps.s}\", fold: \"${fold}\", seed: \"${seed}\", iterations: 9}}\n"
        "  p: {run: predict, matrix: {fold: [0, 1]}, with: {dataset: \"${steps.d}\", models: [\"${steps.t.*}\"]}}\n";
    const Graph graph = graph_of(text);
    const Limits limits{0, 4, std::uint64_t{1} << 33, {}, false};
    MemoryFiles files;
    files.raw_files["/images"].state = {true, "sha256:raw", ""};
    Decider decider(graph, limits, files);
    for (JobIndex job = 0; job < graph.jobs.size(); ++job) decider.set_digest(job, "sha256:" + graph.jobs[job].name);
    for (JobIndex index = 0; index < graph.jobs.size(); ++index) {
        const Job& job = graph.jobs[index];
        const StepModel& step = graph.model(job);
        Json parameters = cli::with_defaults(
            *step.schema, decider.program_parameters(index, std::vector<std::string>(graph.jobs.size(), "K")));
        std::map<std::string, std::size_t> asked;
        const auto argument = [&](const std::string& name) -> const Argument& {
            for (const auto* list : {&graph.step_of(job).constant, &job.varying})
                for (const auto& candidate : *list)
                    if (candidate.parameter->name == name) return candidate;
            throw std::logic_error(name);
        };
        parameters = store::key_parameters(
            parameters,
            [&](const std::string& name) {
                const auto* parameter = step.schema->parameter(name);
                if (!parameter->affects_content || parameter->path == cli::PathKind::output)
                    return store::KeyRole::ignored;
                return parameter->path == cli::PathKind::none ? store::KeyRole::value : store::KeyRole::path;
            },
            [&](const std::string& name, const std::string&) -> Json {
                const Source& source = argument(name).sources[asked[name]++];
                if (source.job != Source::outside) return "sha256:" + graph.jobs[source.job].name;
                return source.path == "/images" ? Json("sha256:raw") : Json();
            });
        store::KeyParts parts{step.schema->name, step.schema->content_version, parameters, job.seed, Json::object()};
        if (step.schema->uses_device) parts.extras = store::device_extras(step.resources.cores, "cpu");
        INFO(job.name);
        CHECK(decider.decide(index).key == store::cache_key(parts).hex());
    }
}

TEST_CASE("results come back from the log as they went in, the later of two with one key") {
    const Folder folder;
    const fs::path file = folder.path / "results.log";
    {
        ResultLog log(file, ResultLog::Access::append);
        for (int i = 0; i < 50; ++i) log.add(result_number(i, key_number(i), "sha256:old"));
        log.add(result_number(7, key_number(7), "sha256:new"));
        CHECK(log.find(key_number(7))->digest == "sha256:new");
    }
    const ResultLog log(file, ResultLog::Access::read);
    CHECK(log.size() == 50);
    CHECK(log.damaged() == 0);
    const auto seven = log.find(key_number(7));
    REQUIRE(seven);
    CHECK(seven->digest == "sha256:new");
    CHECK(seven->sources == 7);
    CHECK(seven->wall_s == 1.75);
    CHECK(seven->peak_rss == 77);
    CHECK(seven->numbers == "{\"samples\":3}");
    CHECK(seven->key_text == "{\"step\":\"a\\tb\"}");
    CHECK(log.has_shape(result_number(9, "", "").shape));
    CHECK_FALSE(log.has_shape(12345));
    CHECK_FALSE(log.find(key_number(50)));
}

TEST_CASE("a log cut at any byte keeps every whole line, and goes on from there") {
    const Folder folder;
    const fs::path file = folder.path / "results.log";
    {
        ResultLog log(file, ResultLog::Access::append);
        for (int i = 0; i < 4; ++i) log.add(result_number(i, key_number(i), "sha256:x"));
    }
    const std::string whole = read_text(file);
    for (std::size_t cut = 0; cut <= whole.size(); cut += 3) {
        write_file_atomically(file, whole.substr(0, cut));
        const auto lines = std::count(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(cut), '\n');
        {
            ResultLog log(file, ResultLog::Access::append);
            CHECK(log.size() == static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, lines - 1)));
            log.add(result_number(9, key_number(9), "sha256:y"));
        }
        const ResultLog log(file, ResultLog::Access::read);
        CHECK(log.damaged() == 0);
        CHECK(log.find(key_number(9)));
    }
}

TEST_CASE("a damaged line of the log is passed over, the others stay") {
    const Folder folder;
    const fs::path file = folder.path / "results.log";
    {
        ResultLog log(file, ResultLog::Access::append);
        for (int i = 0; i < 4; ++i) log.add(result_number(i, key_number(i), "sha256:x"));
    }
    const std::string whole = read_text(file);
    std::mt19937 random(1);
    for (int round = 0; round < 200; ++round) {
        std::string damaged = whole;
        const auto at = std::uniform_int_distribution<std::size_t>(18, damaged.size() - 2)(random);
        if (damaged[at] == '\n') continue;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x11);
        write_file_atomically(file, damaged);
        const ResultLog log(file, ResultLog::Access::read);
        CHECK(log.size() == 3);
        CHECK(log.damaged() >= 1);
    }
}

TEST_CASE("compaction keeps the newest line of each key that is wanted") {
    const Folder folder;
    const fs::path file = folder.path / "results.log";
    ResultLog log(file, ResultLog::Access::append);
    for (int round = 0; round < 3; ++round)
        for (int i = 0; i < 10; ++i) log.add(result_number(i, key_number(i), "sha256:" + std::to_string(round)));
    log.compact([](std::string_view key) { return key != key_number(3); });
    log.add(result_number(11, key_number(11), "sha256:z"));
    const ResultLog again(file, ResultLog::Access::read);
    CHECK(again.size() == 10);
    CHECK_FALSE(again.find(key_number(3)));
    CHECK(again.find(key_number(4))->digest == "sha256:2");
    CHECK(again.find(key_number(11)));
}

TEST_CASE("a log of another version is refused, a file that is no log begins anew") {
    const Folder folder;
    const fs::path file = folder.path / "results.log";
    write_file_atomically(file, "cohort-results 9\nx\n");
    CHECK_THROWS_AS(ResultLog(file, ResultLog::Access::append), Error);
    write_file_atomically(file, "something else\n");
    CHECK(ResultLog(file, ResultLog::Access::append).size() == 0);
}

TEST_CASE(
    "a raw file's digest is remembered only if the file had been at rest for two seconds, and only for that file") {
    const Folder folder;
    const fs::path file = folder.path / "hashes.log";
    const Digest digest = sha256("x");
    const std::int64_t hashed = 1'000'000'000'000;
    const TreeEntry resting{"a", 5, hashed - settled_after_ns, 42}, fresh{"b", 5, hashed - settled_after_ns + 1, 43};
    {
        RawMemo memo(file, true);
        memo.add("/d/a b\n", resting, digest, hashed);
        memo.add("/d/b", fresh, digest, hashed);
        memo.save();
    }
    RawMemo memo(file, true);
    CHECK(memo.find("/d/a b\n", resting) == digest);
    CHECK_FALSE(memo.find("/d/b", fresh));
    for (auto change : {0, 1, 2}) {
        TreeEntry other = resting;
        if (change == 0) ++other.bytes;
        if (change == 1) ++other.mtime_ns;
        if (change == 2) ++other.inode;
        CHECK_FALSE(memo.find("/d/a b\n", other));
    }
    std::ofstream(file, std::ios::app) << "torn li";
    RawMemo torn(file, true);
    CHECK(torn.find("/d/a b\n", resting));
    torn.add("/d/c", resting, digest, hashed);
    torn.save();
    RawMemo after(file, false);
    CHECK(after.find("/d/c", resting));
}

TEST_CASE("expectations are read as written") {
    const auto at_least = parse_expectation("n", ">= 208");
    REQUIRE(at_least);
    CHECK(at_least->low == 208);
    CHECK(parse_expectation("n", "<=-1.5")->high == -1.5);
    CHECK(parse_expectation("n", "0.5..1e2")->high == 100);
    CHECK(parse_expectation("n", " 7 ")->low == 7);
    for (const std::string bad : {"", ">", "> 3", ">= x", "3..1", "a..b", "nan", "3 4", ">= inf"}) {
        INFO(bad);
        CHECK_FALSE(parse_expectation("n", bad));
    }
    const auto judged =
        judge({*parse_expectation("a", "1..2"), *parse_expectation("b", "3"), *parse_expectation("c", "1")},
              {{"a", 2}, {"b", nullptr}});
    CHECK(judged[0].met);
    CHECK_FALSE(judged[1].met);
    CHECK(judged[1].known);
    CHECK_FALSE(judged[2].known);
}

TEST_CASE("content's numbers come before counts, and only numbers and nulls can be expected") {
    const Json numbers = expectable_numbers({{"samples", 5}, {"sources", 1}, {"name", "x"}, {"mean_dice", nullptr}},
                                            {{"sources", 9}, {"quarantined", 2}});
    CHECK(numbers == Json({{"samples", 5}, {"sources", 1}, {"mean_dice", nullptr}, {"quarantined", 2}}));
}

TEST_CASE("references split texts, and malformed ones have a sentence") {
    const auto parsed = parse_references("a/${x}/${steps.s}/$${y}${ steps.t.* }");
    REQUIRE(parsed.pieces.size() == 6);
    CHECK(parsed.pieces[1].kind == ReferencePiece::Kind::name);
    CHECK(parsed.pieces[3].text == "s");
    CHECK(parsed.pieces[4].text == "/${y}");
    CHECK(parsed.pieces[5].kind == ReferencePiece::Kind::gather);
    for (const std::string bad : {"${", "${}", "${a b}", "${steps.}", "${steps.a.b}", "${a.*}"}) {
        INFO(bad);
        CHECK_FALSE(parse_references(bad).fault.empty());
    }
}

TEST_CASE("the command line says what is wrong, and what was probably meant") {
    const Options options = parse_options(
        {"run", "p.yaml", "--set", "a=b=c", "--only", "x,y", "--cores=3", "--memory", "2 GiB", "--keep-going"});
    CHECK(options.pipeline == "p.yaml");
    CHECK(options.set[0].name == "a");
    CHECK(options.set[0].value == "b=c");
    CHECK(options.only == std::vector<std::string>{"x", "y"});
    CHECK(options.cores == 3u);
    CHECK(options.memory == std::uint64_t{2} << 30);
    const auto refusal = [](const std::vector<std::string>& words) {
        try {
            parse_options(words);
            return std::string();
        } catch (const Error& error) {
            CHECK(error.code() == Exit::usage);
            return std::string(error.what());
        }
    };
    CHECK_THAT(refusal({"run", "p", "--keep-goin"}), Contains("did you mean '--keep-going'"));
    CHECK_THAT(refusal({"run"}), Contains("needs a pipeline file"));
    CHECK_THAT(refusal({"run", "p", "q"}), Contains("one argument too many"));
    CHECK_THAT(refusal({"run", "p", "--jobs", "0"}), Contains("--jobs takes"));
    CHECK_THAT(refusal({"run", "p", "--set", "x"}), Contains("NAME=VALUE"));
    CHECK_THAT(refusal({"run", "p", "--set"}), Contains("needs a value"));
    CHECK_THAT(refusal({"gc", "--older-than", "soon"}), Contains("an age such as"));
    CHECK_THAT(refusal({}), Contains("A command is missing"));
    CHECK(parse_options({"ingest", "--input", "x"}).step_words == std::vector<std::string>{"--input", "x"});
    CHECK(parse_options({"anonymize"}).step == "anonymise");
    CHECK(parse_options({"plan", "--help"}).help_of == "plan");
}

TEST_CASE("every command's help names its options, and ages are read") {
    for (const auto& name : command_names()) {
        const std::string text = help_text(name);
        CHECK_THAT(text, Contains("cohort " + name) && Contains("Example") && Contains("Exit codes"));
        for (std::size_t from = 0; from < text.size();) {
            const auto end = text.find('\n', from);
            CHECK(end - from <= 110);
            from = end + 1;
        }
    }
    CHECK_THAT(help_text(""), Contains("COHORT_WORK") && Contains("partition"));
    CHECK(parse_age("12h") == 43200.0);
    CHECK(parse_age("2w") == 1209600.0);
    CHECK(parse_age("0") == 0.0);
    CHECK_FALSE(parse_age("-1d"));
    CHECK_FALSE(parse_age("3 months"));
}

TEST_CASE("a journal that was cut short says what was running") {
    const Folder folder;
    const Graph graph = graph_of(
        "cohort: 1\nname: p\nsteps:\n  a: {run: ingest}\n  b: {run: curate, with: {dataset: \"${steps.a}\"}}\n");
    HandClock clock;
    {
        Journal journal(folder.path / "journal", graph, clock);
        JobState state;
        state.state = State::running;
        state.key = "k";
        journal.changed(0, state);
        journal.changed(1, state);
        state.state = State::done;
        journal.changed(0, state);
    }
    std::ofstream(folder.path / "journal", std::ios::app) << "{\"job\":\"b\",\"sta";
    const auto report = read_journal(folder.path / "journal");
    CHECK_FALSE(report.complete);
    CHECK(report.jobs == 2);
    CHECK(report.ended.at("done") == 1);
    REQUIRE(report.running.size() == 1);
    CHECK(report.running[0].job == "b");
    CHECK(report.running[0].key == "k");
}

TEST_CASE("what a stopped or failed job left is remembered by the next journals while its folder stands") {
    const Folder folder;
    const Graph graph = graph_of(
        "cohort: 1\nname: p\nsteps:\n  a: {run: ingest}\n  b: {run: curate, with: {dataset: \"${steps.a}\"}}\n");
    HandClock clock;
    const fs::path file = folder.path / "journal", store = folder.path / "store";
    const auto next = [&] { Journal(file, graph, clock, unfinished_keys(file, store)).end(Exit::done); };
    fs::create_directories(store / ".k0.partial");
    fs::create_directories(store / ".k1.partial");
    {
        Journal journal(file, graph, clock);
        for (JobIndex job = 0; job < 2; ++job) {
            JobState state;
            state.state = State::running;
            state.key = "k" + std::to_string(job);
            journal.changed(job, state);
            state.state = job == 0 ? State::stopped : State::failed;
            state.key.clear();
            journal.changed(job, state);
        }
    }
    CHECK(unfinished_keys(file, store) == std::vector<std::string>{"k0", "k1"});
    next();
    next();
    CHECK(unfinished_keys(file, store) == std::vector<std::string>{"k0", "k1"});
    fs::remove(store / ".k0.partial");  // made, meanwhile
    CHECK(unfinished_keys(file, store) == std::vector<std::string>{"k1"});
    next();
    CHECK(read_journal(file).unfinished == std::vector<std::string>{"k1"});
    CHECK(unfinished_keys(folder.path / "nothing", store).empty());
}

TEST_CASE("a summary's rows come back from its JSON, and DOT has an arrow for each need") {
    const Graph graph = graph_of(
        "cohort: 1\nname: p\nsteps:\n  a: {run: ingest}\n  b: {run: curate, matrix: {k: [1, 2]}, with: {dataset: "
        "\"${steps.a}\"}}\noutputs: {o: \"${steps.a}\"}\n");
    std::vector<JobState> states(3);
    states[0].state = State::done;
    states[0].wall_s = 61;
    states[1].state = State::reused;
    states[1].cached = true;
    states[2].state = State::failed;
    states[2].exit = Exit::bad_input;
    states[2].message = "a \"quoted\" sentence\n.";
    const Limits limits;
    RunReport report;
    report.graph = &graph;
    report.states = &states;
    report.limits = &limits;
    report.exit = Exit::bad_input;
    report.outputs = {{"o", "/x"}};
    const Json json = parse_json(summary_json(report), "the summary");
    CHECK(json["jobs"][2]["message"] == states[2].message);
    CHECK(json["outputs"]["o"] == "/x");
    const auto rows = rows_in(json, "the summary");
    CHECK(table(rows) == table(rows_of(graph, states)));
    CHECK(rows[1].state == "failed");
    CHECK(rows[1].good == 1);
    CHECK_THAT(dot_of(graph, Detail::steps), Contains("\"a\" -> \"b\";") && Contains("2 jobs: k"));
    CHECK_THAT(dot_of(graph, Detail::jobs), Contains("\"a\" -> \"b@k=2\";"));
    CHECK(duration_text(3725) == "1 h 2 min");
    CHECK(time_text(0) == "1970-01-01T00:00:00Z");
}
