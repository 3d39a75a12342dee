// The driver's own program with real child processes: a fake step under every step's name.
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "core/error.h"
#include "core/files.h"
#include "core/json.h"
#include "driver/executor_local.h"

using namespace cohort;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

/// A folder with programs, a pipeline, raw files and a work folder; `cohort …` runs in it.
class Place {
public:
    Place()
        : root_(fs::temp_directory_path() /
                ("driver_processes." + std::to_string(::getpid()) + "." + std::to_string(++count_))) {
        fs::create_directories(root_ / "bin");
        fs::create_directories(root_ / "images");
        for (const char* step : {"ingest", "curate", "partition", "train", "predict", "evaluate", "export"})
            fs::create_symlink(FAKE_STEP, root_ / "bin" / ("cohort-" + std::string(step)));
        for (int i = 0; i < 5; ++i) write("images/f" + std::to_string(i), "voxels " + std::to_string(i));
        age_images();
        orders(Json::object());
    }
    ~Place() { fs::remove_all(root_); }

    const fs::path& root() const { return root_; }
    fs::path work() const { return root_ / "work"; }
    void write(const std::string& name, const std::string& text) const { std::ofstream(root_ / name) << text; }
    void orders(const Json& json) const { write("fake.json", canonical_json(json)); }
    /// An hour old: at rest, as far as the memo of raw files is concerned.
    void age_images() const {
        for (const auto& entry : fs::directory_iterator(root_ / "images"))
            fs::last_write_time(entry, fs::file_time_type::clock::now() - std::chrono::hours(1));
    }

    std::string command(const std::string& words) const {
        return "cd " + root_.string() + " && COHORT_BIN=" + (root_ / "bin").string() +
               " COHORT_FAKE=" + (root_ / "fake.json").string() + " COHORT_WORK=" + work().string() +
               " exec " DRIVER_PROGRAM " " + words + " >out 2>err";
    }
    int cohort(const std::string& words) const {
        const int status = std::system(command(words).c_str());
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }
    /// Starts it and comes back at once.
    pid_t start(const std::string& words) const {
        const pid_t pid = ::fork();
        if (pid == 0) {
            ::execl("/bin/sh", "sh", "-c", command(words).c_str(), nullptr);
            ::_exit(127);
        }
        return pid;
    }
    std::string out() const { return read_text(root_ / "out"); }
    std::string err() const { return read_text(root_ / "err"); }
    Json summary() const { return read_json(work() / "runs/p/run-summary.json"); }
    std::size_t ran() const {
        std::size_t count = 0;
        const Json whole = summary();
        for (const auto& job : whole["jobs"]) count += job["cached"] == false && job.contains("digest") ? 1 : 0;
        return count;
    }
    fs::path result(const std::string& job) const { return fs::canonical(work() / "runs/p" / job); }

private:
    inline static int count_ = 0;
    fs::path root_;
};

int end_of(pid_t pid) {
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

template <class Holds>
bool soon(Holds holds) {
    for (int i = 0; i < 1000; ++i) {
        if (holds()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
}

const std::string pipeline = R"(
cohort: 1
name: p
variables:
  folds: {type: list, default: [0, 1]}
  iterations: {type: number, default: 5}
  accept: {type: text, default: "0"}
steps:
  raw: {run: ingest, with: {input: images}, accept_quarantined: "${accept}", expect: {samples: ">= 5"}}
  clean: {run: curate, with: {dataset: "${steps.raw}"}}
  split: {run: partition, with: {dataset: "${steps.clean}"}}
  model:
    run: train
    matrix: {fold: "${folds}"}
    with: {dataset: "${steps.clean}", split: "${steps.split}", fold: "${fold}", iterations: "${iterations}"}
  predicted:
    run: predict
    matrix: {fold: "${folds}"}
    with: {dataset: "${steps.clean}", models: ["${steps.model}"]}
  scores: {run: evaluate, with: {predictions: "${steps.predicted.*}", reference: "${steps.clean}"}}
outputs: {scores: "${steps.scores}", models: "${steps.model.*}"}
)";

}  // namespace

TEST_CASE("a pipeline runs, links its results, and the second time does nothing") {
    const Place place;
    place.write("p.yaml", pipeline);
    INFO("first run");
    const int first = place.cohort("run p.yaml");
    INFO(place.err());
    REQUIRE(first == 0);
    CHECK(place.ran() == 8);
    CHECK(fs::exists(place.result("model@fold=1") / "manifest.json"));
    CHECK(fs::canonical(place.work() / "runs/p/outputs/scores") == place.result("scores"));
    CHECK(fs::canonical(place.work() / "runs/p/outputs/models/model@fold=0") == place.result("model@fold=0"));
    CHECK_THAT(place.out(), Contains("scores\t" + (place.work() / "runs/p/outputs/scores").string()));
    CHECK(fs::is_empty(place.work() / "jobs"));
    REQUIRE(place.cohort("run p.yaml") == 0);
    CHECK(place.ran() == 0);
    CHECK_THAT(place.err(), Contains("nothing to do, all 8 jobs are up to date."));
    REQUIRE(place.cohort("status p.yaml") == 0);
    CHECK_THAT(place.out(), Contains("p: complete") && Contains("reused 2 of 2"));
    REQUIRE(place.cohort("plan p.yaml --set iterations=6") == 0);
    CHECK_THAT(place.out(), Contains("model@fold=0  (iterations: 5 → 6)") && Contains("wait        scores"));
}

TEST_CASE("touched raw files trigger nothing, changed ones their steps, equal content stops the change") {
    const Place place;
    place.write("p.yaml", pipeline);
    REQUIRE(place.cohort("run p.yaml") == 0);
    for (const auto& entry : fs::directory_iterator(place.root() / "images"))
        fs::last_write_time(entry, fs::file_time_type::clock::now());
    REQUIRE(place.cohort("run p.yaml") == 0);
    CHECK(place.ran() == 0);
    place.orders({{"curate", {{"same", true}}}});
    REQUIRE(place.cohort("run p.yaml --force clean") == 0);
    place.write("images/f3", "other voxels");
    REQUIRE(place.cohort("run p.yaml") == 0);
    CHECK(place.ran() == 2);  // raw and clean; clean came out as before
    CHECK_THAT(place.err(), Contains("raw  (files of input changed)"));
}

TEST_CASE("a failure shows its sentence, its log's path and the last 20 lines, and the run its exit code") {
    const Place place;
    place.write("p.yaml", pipeline);
    place.orders({{"partition", {{"exit", 3}, {"message", "The fake found no groups."}, {"say", 30}}}});
    CHECK(place.cohort("run p.yaml") == 3);
    const std::string err = place.err();
    CHECK_THAT(err, Contains("failed (exit 3) split: The fake found no groups."));
    CHECK_THAT(err, Contains((place.work() / "logs/p/split.log").string()));
    CHECK_THAT(err, Contains("line 29 of the fake") && !Contains("line 9 of the fake"));
    place.orders(Json::object());
    CHECK(place.cohort("run p.yaml") == 0);
    CHECK(place.ran() == 6);
}

TEST_CASE("quarantined beyond what is accepted: published, exit 8, and a larger acceptance goes on") {
    const Place place;
    place.write("p.yaml", pipeline);
    place.orders({{"ingest", {{"quarantined", 3}}}});
    CHECK(place.cohort("run p.yaml --set accept=2") == 8);
    CHECK(fs::exists(place.result("raw") / "manifest.json"));
    CHECK(place.ran() == 1);
    CHECK(place.cohort("run p.yaml --set accept=3") == 0);
    CHECK(place.ran() == 7);
}

TEST_CASE("a child killed by a signal counts as 1 and is named") {
    const Place place;
    place.write("p.yaml", pipeline);
    place.orders({{"partition", {{"signal", SIGKILL}}}});
    CHECK(place.cohort("run p.yaml") == 1);
    CHECK_THAT(place.err(), Contains("split: It was killed by SIGKILL."));
}

TEST_CASE("SIGTERM stops the driver and its children with 75, and the same command goes on to the same result") {
    const Place undisturbed;
    undisturbed.write("p.yaml", pipeline);
    undisturbed.orders({{"train", {{"lines", 100}}}});
    REQUIRE(undisturbed.cohort("run p.yaml") == 0);
    const Place place;
    place.write("p.yaml", pipeline);
    place.orders({{"train", {{"lines", 100}, {"sleep_s", 0.02}}}});
    const pid_t pid = place.start("run p.yaml");
    const auto state = [&] {
        std::error_code ignored;
        for (const auto& entry : fs::directory_iterator(place.work() / "store", ignored))
            if (entry.path().extension() == ".partial" && fs::exists(entry.path() / "numbers.txt", ignored) &&
                read_text(entry.path() / "numbers.txt").size() > 500)
                return true;
        return false;
    };
    REQUIRE(soon(state));
    REQUIRE(place.cohort("status") == 0);
    CHECK_THAT(place.out(), Contains("p: running since") && Contains("model@fold="));
    CHECK(place.cohort("run p.yaml") == 6);  // one driver per work folder
    CHECK_THAT(place.err(), Contains("is at work in"));
    ::kill(pid, SIGTERM);
    CHECK(end_of(pid) == 75);
    place.orders({{"train", {{"lines", 100}}}});
    CHECK(place.cohort("run p.yaml") == 0);
    CHECK(read_text(place.result("model@fold=0") / "manifest.json") ==
          read_text(undisturbed.result("model@fold=0") / "manifest.json"));
    CHECK(read_text(place.result("scores") / "manifest.json") ==
          read_text(undisturbed.result("scores") / "manifest.json"));
}

TEST_CASE("kill -9 of the driver ends its children, and the same command goes on") {
    const Place place;
    place.write("p.yaml", pipeline);
    place.orders({{"train", {{"lines", 400}, {"sleep_s", 0.02}}}});
    const pid_t pid = place.start("run p.yaml");
    REQUIRE(soon([&] { return fs::exists(place.work() / "logs/p/model@fold=0.log"); }));
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    ::kill(pid, SIGKILL);
    CHECK(end_of(pid) == -SIGKILL);
    REQUIRE(place.cohort("status") == 0);
    CHECK_THAT(place.out(), Contains("p: cut short since") && Contains("begun, not ended"));
    place.orders({{"train", {{"lines", 400}}}});
    CHECK(place.cohort("run p.yaml") == 0);
}

TEST_CASE("gc takes what nothing reaches, and never what a pipeline reaches") {
    const Place place;
    place.write("p.yaml", pipeline);
    REQUIRE(place.cohort("run p.yaml") == 0);
    REQUIRE(place.cohort("run p.yaml --set iterations=6") == 0);
    const auto results = [&] {
        return std::distance(fs::directory_iterator(place.work() / "store"), fs::directory_iterator());
    };
    CHECK(results() == 13);  // two models, two predictions and a score superseded
    REQUIRE(place.cohort("gc --older-than 1h") == 0);
    CHECK(results() == 13);
    REQUIRE(place.cohort("gc --dry-run") == 0);
    CHECK(results() == 13);
    CHECK_THAT(place.out(), Contains("model of train"));
    REQUIRE(place.cohort("gc") == 0);
    CHECK(results() == 8);
    REQUIRE(place.cohort("run p.yaml --set iterations=6") == 0);
    CHECK(place.ran() == 0);
    REQUIRE(place.cohort("gc --pipeline p") == 0);
    CHECK(results() == 0);
    CHECK(place.cohort("gc --pipeline q") == 2);
}

TEST_CASE("--only, --from and --force choose by step") {
    const Place place;
    place.write("p.yaml", pipeline);
    CHECK(place.cohort("run p.yaml --only split") == 3);
    CHECK(place.cohort("run p.yaml --only raw,clean,split") == 0);
    CHECK(place.ran() == 3);
    CHECK(place.cohort("run p.yaml --from model") == 0);
    CHECK(place.ran() == 5);
    CHECK(place.cohort("run p.yaml --force model") == 0);
    CHECK(place.ran() == 2);
    CHECK(place.cohort("run p.yaml --only modle") == 2);
    CHECK_THAT(place.err(), Contains("did you mean 'model'"));
}

TEST_CASE("faults of the file are told before anything runs, and programs that are missing by name") {
    const Place place;
    place.write("bad.yaml", "cohort: 1\nname: b\nsteps:\n  a: {run: ingst}\n  c: {run: curate, with: {data: x}}\n");
    CHECK(place.cohort("run bad.yaml") == 2);
    CHECK_THAT(place.err(),
               Contains("cohort: bad.yaml has 2 faults") && Contains("bad.yaml:4:12") && Contains("bad.yaml:5:"));
    CHECK_FALSE(fs::exists(place.work()));
    CHECK(place.cohort("run nothing.yaml") == 2);
    CHECK_THAT(place.err(), Contains("nothing.yaml; give a pipeline file"));
    CHECK(place.cohort("run .") == 2);
    CHECK_THAT(place.err(), Contains("is a folder; give a pipeline file"));
    CHECK(place.cohort("ingset --help") == 2);
    CHECK_THAT(place.err(), Contains("did you mean 'ingest'"));
    CHECK(place.cohort("partition --version") == 0);
    CHECK_THAT(place.out(), Contains("cohort-partition"));
    fs::remove(place.root() / "bin/cohort-export");
    CHECK(place.cohort("export --help") == 2);
    CHECK_THAT(place.err(), Contains("this build does not have it"));
}

TEST_CASE("graph prints DOT, and its jobs where asked") {
    const Place place;
    place.write("p.yaml", pipeline);
    REQUIRE(place.cohort("graph p.yaml") == 0);
    CHECK_THAT(place.out(), Contains("digraph \"p\"") && Contains("\"model\" -> \"predicted\""));
    REQUIRE(place.cohort("graph p.yaml --by-job --set folds=3") == 0);
    CHECK_THAT(place.out(), Contains("\"model@fold=3\" -> \"predicted@fold=3\""));
    CHECK_FALSE(fs::exists(place.work()));
}

TEST_CASE("a work folder that cannot be written is refused with exit 6") {
    const Place place;
    place.write("p.yaml", pipeline);
    place.write("work", "a file in the way");
    CHECK(place.cohort("run p.yaml") == 6);
}

TEST_CASE("files that change while a job reads them are told, and their result is not taken for the old files'") {
    const Place place;
    place.write("p.yaml", pipeline);
    REQUIRE(place.cohort("run p.yaml") == 0);
    place.orders({{"ingest", {{"lines", 50}, {"sleep_s", 0.02}}}});
    const pid_t pid = place.start("run p.yaml --force raw");
    REQUIRE(soon([&] { return fs::exists(place.work() / "jobs") && !fs::is_empty(place.work() / "jobs"); }));
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    place.write("images/f3", "other voxels");
    REQUIRE(end_of(pid) == 0);
    CHECK_THAT(place.err(), Contains("raw: its inputs changed while it ran"));
    const auto of_the_new = place.result("raw");
    place.orders(Json::object());
    place.write("images/f3", "voxels 3");
    REQUIRE(place.cohort("run p.yaml") == 0);
    CHECK(place.result("raw") != of_the_new);
}

TEST_CASE("gc leaves what a stopped training goes on from, also after other runs") {
    const Place place;
    place.write("p.yaml", pipeline);
    place.orders({{"train", {{"lines", 1000}, {"sleep_s", 0.02}}}});
    const auto partials = [&] {
        std::ptrdiff_t count = 0;
        std::error_code ignored;
        for (const auto& entry : fs::directory_iterator(place.work() / "store", ignored))
            count +=
                entry.path().extension() == ".partial" && fs::exists(entry.path() / "numbers.txt", ignored) ? 1 : 0;
        return count;
    };
    const pid_t pid = place.start("run p.yaml --set folds=0");
    REQUIRE(soon([&] { return fs::exists(place.work() / "logs/p/model@fold=0.log") && partials() == 1; }));
    ::kill(pid, SIGTERM);
    REQUIRE(end_of(pid) == 75);
    REQUIRE(partials() == 1);
    REQUIRE(place.cohort("gc") == 0);
    CHECK(partials() == 1);
    REQUIRE(place.cohort("run p.yaml --only raw") == 0);
    REQUIRE(place.cohort("gc") == 0);
    CHECK(partials() == 1);
    REQUIRE(place.cohort("gc --pipeline p") == 0);
    CHECK(partials() == 0);
}

TEST_CASE("links that no job and no output has any more go after a whole run, and only then") {
    const Place place;
    place.write("p.yaml", pipeline);
    REQUIRE(place.cohort("run p.yaml") == 0);
    const auto runs = place.work() / "runs/p";
    std::string renamed = pipeline;
    renamed.replace(renamed.find("outputs: {scores:"), 17, "outputs: {result:");
    renamed.replace(renamed.find(", models: \"${steps.model.*}\""), 28, "");
    place.write("p.yaml", renamed);
    REQUIRE(place.cohort("run p.yaml --set folds=0 --only raw") == 0);
    CHECK(fs::is_symlink(runs / "model@fold=1"));
    REQUIRE(place.cohort("run p.yaml --set folds=0") == 0);
    CHECK(fs::is_symlink(runs / "model@fold=0"));
    CHECK_FALSE(fs::is_symlink(runs / "model@fold=1"));
    CHECK_FALSE(fs::is_symlink(runs / "predicted@fold=1"));
    CHECK(fs::is_symlink(runs / "outputs/result"));
    CHECK_FALSE(fs::is_symlink(runs / "outputs/scores"));
    CHECK_FALSE(fs::exists(runs / "outputs/models"));
    CHECK(fs::exists(runs / "run-summary.json"));
    CHECK(fs::exists(runs / "journal"));
}

TEST_CASE("an output that a failed run did not make is not linked to an older run's") {
    const Place place;
    place.write("p.yaml", pipeline);
    REQUIRE(place.cohort("run p.yaml") == 0);
    const auto outputs = place.work() / "runs/p/outputs";
    REQUIRE(fs::is_symlink(outputs / "scores"));
    place.orders({{"evaluate", {{"exit", 3}}}});
    CHECK(place.cohort("run p.yaml --set iterations=6") == 3);
    CHECK_FALSE(fs::is_symlink(outputs / "scores"));
    CHECK(fs::canonical(outputs / "models/model@fold=0") == place.result("model@fold=0"));
    place.orders({{"train", {{"exit", 3}}}});
    CHECK(place.cohort("run p.yaml --set iterations=7") == 3);
    CHECK_FALSE(fs::exists(outputs / "models"));
}

TEST_CASE("a failure that started no child shows no older run's log") {
    const Place place;
    place.write("p.yaml", pipeline);
    place.orders({{"ingest", {{"say", 3}}}});
    REQUIRE(place.cohort("run p.yaml") == 0);
    CHECK_THAT(read_text(place.work() / "logs/p/raw.log"), Contains("line 2 of the fake"));
    fs::remove_all(place.root() / "images");
    CHECK(place.cohort("run p.yaml") == 3);
    CHECK_THAT(place.err(), Contains("images does not exist") && !Contains("ends with") && !Contains("of the fake"));
}

TEST_CASE("a plan of a job that cannot have its cores says so and ends with 5") {
    const Place place;
    place.write("p.yaml",
                "cohort: 1\nname: p\nsteps:\n  raw: {run: ingest, with: {input: images}}\n"
                "  model: {run: train, with: {dataset: \"${steps.raw}\", iterations: 1}, resources: {cores: 8}}\n");
    CHECK(place.cohort("plan p.yaml --cores 2") == 5);
    CHECK_THAT(place.out(), Contains("failed      model  (Step 'model' declares 8 cores, this run has 2"));
    CHECK_THAT(place.err(), Contains("1 to run, 0 waiting for them, 0 reused or left alone, 1 that cannot run here."));
}

TEST_CASE("a child whose end somebody else has taken counts as a bug, never as done") {
    const Place place;
    fs::create_symlink("/bin/true", place.root() / "bin/cohort-nothing");
    const driver::SystemClock clock;
    driver::StopSignal stop;
    const driver::WorkFolder folder(place.work(), "p", driver::WorkFolder::Access::write, clock, 1,
                                    [] { return false; });
    driver::LocalExecutor executor(folder, clock, stop, {place.root() / "bin", "none"});
    driver::JobRequest request;
    request.name = "job";
    request.program = "nothing";
    request.key = std::string(64, 'a');
    request.parameters = Json::object();
    executor.submit({request});
    REQUIRE(::waitpid(-1, nullptr, 0) > 0);
    const auto ends = executor.poll(0.1);
    REQUIRE(ends.size() == 1);
    CHECK(ends[0].exit == static_cast<int>(Exit::bug));
    CHECK_THAT(ends[0].message, Contains("How it ended cannot be told"));
}

TEST_CASE("a stop is heeded while the driver lists a raw tree") {
    const Place place;
    const driver::SystemClock clock;
    bool stop = false;
    driver::WorkFolder folder(place.work(), "p", driver::WorkFolder::Access::write, clock, 1, [&] { return stop; });
    const std::string images = (place.root() / "images").string();
    stop = true;
    try {
        (void)folder.raw(images);
        FAIL("it was listed");
    } catch (const Error& error) {
        CHECK(error.code() == Exit::stopped);
    }
    stop = false;
    CHECK(folder.raw(images).present);
}
