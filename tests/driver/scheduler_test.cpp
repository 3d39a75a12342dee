#include "driver/scheduler.h"

#include <catch2/catch.hpp>
#include <random>

#include "memory_world.h"

using namespace cohort;
using namespace cohort::driver;
using namespace cohort::driver::memory;
using Catch::Contains;

namespace {

const std::string head = "cohort: 1\nname: p\n";

/// One work folder over several runs.
struct World {
    HandClock clock;
    MemoryFiles files;
    Limits limits{0, 4, std::uint64_t{16} << 30, {}, false};
    std::vector<std::string> started;

    struct Ran {
        Exit exit;
        std::vector<JobState> states;
        std::vector<std::string> started;
    };
    std::function<MemoryExecutor::Behaviour(const JobRequest&)> behave = [](const JobRequest&) {
        return MemoryExecutor::Behaviour{};
    };
    std::function<void(const std::vector<JobRequest>&)> on_change;
    std::map<std::string, std::string> raw;
    int stop_after = -1;

    Ran run(const Graph& graph, const Selection& selection) {
        MemoryExecutor executor(clock);
        executor.behave = behave;
        executor.on_change = on_change;
        executor.raw = raw;
        executor.stop_after = stop_after;
        Observer nobody;
        Scheduler scheduler(graph, limits, selection, files, executor, clock, nobody);
        scheduler.run();
        return {scheduler.exit_code(), scheduler.states(), executor.started};
    }
    Ran run(const Graph& graph) { return run(graph, Selection::all(graph)); }

    std::vector<JobState> plan(const Graph& graph) {
        MemoryExecutor executor(clock);
        Observer nobody;
        const Selection selection = Selection::all(graph);
        Scheduler scheduler(graph, limits, selection, files, executor, clock, nobody);
        scheduler.plan();
        return scheduler.states();
    }
};

State state_of(const World::Ran& ran, const Graph& graph, const std::string& job) {
    return ran.states[graph.job_named(job)].state;
}

const std::string chain = head +
                          "variables: {folds: {type: number, default: 5}}\nsteps:\n"
                          "  a: {run: ingest}\n"
                          "  b: {run: curate, with: {dataset: \"${steps.a}\"}}\n"
                          "  c: {run: partition, with: {dataset: \"${steps.b}\", folds: \"${folds}\"}}\n"
                          "  d: {run: export, with: {dataset: \"${steps.b}\", format: nifti}}\n";

}  // namespace

TEST_CASE("a second run starts nothing") {
    World world;
    const Graph graph = graph_of(chain);
    const auto first = world.run(graph);
    CHECK(first.exit == Exit::done);
    CHECK(first.started == std::vector<std::string>{"a", "b", "c", "d"});
    const auto second = world.run(graph);
    CHECK(second.exit == Exit::done);
    CHECK(second.started.empty());
    for (const auto& state : second.states) CHECK(state.cached);
}

TEST_CASE("a changed parameter runs its step alone, and says what changed") {
    World world;
    world.run(graph_of(chain));
    const Graph changed = graph_of(chain, {{"folds", "10"}});
    CHECK(world.plan(changed)[changed.job_named("c")].reason == "folds: 5 → 10");
    const auto ran = world.run(changed);
    CHECK(ran.started == std::vector<std::string>{"c"});
    CHECK(world.run(graph_of(chain)).started.empty());  // the old result is still there
}

TEST_CASE("a rerun that gives equal content triggers nothing below; other content does") {
    World world;
    const Graph graph = graph_of(chain);
    world.behave = [](const JobRequest& request) {
        MemoryExecutor::Behaviour behaviour;
        if (request.program == "curate") behaviour.content = "always the same";
        return behaviour;
    };
    world.run(graph);
    Selection force = Selection::all(graph);
    force.forced[0] = true;
    auto ran = world.run(graph, force);
    CHECK(ran.started == std::vector<std::string>{"a"});  // its content follows from its key: equal
    world.behave = [](const JobRequest& request) {
        MemoryExecutor::Behaviour behaviour;
        behaviour.content = request.program == "ingest"   ? "other"
                            : request.program == "curate" ? "always the same"
                                                          : "";
        return behaviour;
    };
    ran = world.run(graph, force);
    CHECK(ran.started == std::vector<std::string>{"a", "b"});  // b saw other content and gave the same as before
    CHECK(ran.states[graph.job_named("b")].reason == "input dataset (a) changed");
}

TEST_CASE("what ran together never exceeds cores, memory, GPUs and jobs, and everything runs") {
    const auto seed = GENERATE(range(0u, 30u));
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto draw = [&](unsigned from, unsigned to) {
        return std::uniform_int_distribution<unsigned>(from, to)(random);
    };
    std::string text = head + "steps:\n";
    for (int i = 0; i < 40; ++i) {
        text += "  s" + std::to_string(i) + ": {run: curate, with: {dataset: " +
                (i > 3 && draw(0, 2) > 0 ? "\"${steps.s" + std::to_string(draw(0, static_cast<unsigned>(i) - 1)) +
                                               "}\", check: [n" + std::to_string(i) + "=flag]"
                                         : "\"${steps.root}\", check: [n" + std::to_string(i) + "=flag]") +
                "}, resources: {cores: " + std::to_string(draw(1, 6)) + ", memory: " + std::to_string(draw(1, 20)) +
                " GiB, gpus: " + std::to_string(draw(0, 3)) + "}}\n";
    }
    text += "  root: {run: ingest}\n";
    World world;
    world.limits.gpus = {"0", "1"};
    world.limits.jobs = draw(0, 5);
    world.behave = [&](const JobRequest&) {
        MemoryExecutor::Behaviour behaviour;
        behaviour.seconds = draw(1, 50);
        return behaviour;
    };
    world.on_change = [&](const std::vector<JobRequest>& running) {
        unsigned cores = 0;
        std::uint64_t memory = 0;
        std::set<std::string> gpus;
        std::size_t gpu_count = 0;
        for (const auto& request : running) {
            cores += request.cores;
            memory += request.memory;
            gpu_count += request.gpus.size();
            gpus.insert(request.gpus.begin(), request.gpus.end());
        }
        CHECK(cores <= world.limits.cores);
        CHECK(memory <= world.limits.memory);
        CHECK(gpus.size() == gpu_count);
        CHECK(gpu_count <= world.limits.gpus.size());
        if (world.limits.jobs > 0) CHECK(running.size() <= world.limits.jobs);
    };
    const Graph graph = graph_of(text);
    const auto ran = world.run(graph);
    CHECK(ran.exit == Exit::done);
    CHECK(ran.started.size() == 41);
    std::map<std::string, std::size_t> place;
    for (std::size_t i = 0; i < ran.started.size(); ++i) place[ran.started[i]] = i;
    for (JobIndex job = 0; job < graph.jobs.size(); ++job)
        for (const JobIndex needed : graph.step_of(graph.jobs[job]).needs)
            CHECK(place[graph.jobs[needed].name] < place[graph.jobs[job].name]);
}

TEST_CASE("ten thousand jobs run in memory, and the next time nothing does") {
    World world;
    world.limits.cores = 16;
    std::string values;
    for (int i = 0; i < 5000; ++i) values += (i > 0 ? "," : "") + std::to_string(i);
    const std::string text =
        head + "steps:\n  a: {run: ingest}\n  b: {run: curate, matrix: {k: [" + values +
        "]}, with: {dataset: \"${steps.a}\", check: [\"${k}=flag\"]}, resources: {memory: 1 GiB}}\n"
        "  c: {run: partition, matrix: {k: [" +
        values + "]}, with: {dataset: \"${steps.b}\"}, resources: {memory: 1 GiB}}\n";
    const Graph graph = graph_of(text);
    CHECK(world.run(graph).started.size() == 10001);
    CHECK(world.run(graph).started.empty());
}

TEST_CASE("jobs of equal key run once and stand under every name") {
    World world;
    const std::string text = head +
                             "steps:\n  a: {run: ingest}\n"
                             "  x: {run: curate, with: {dataset: \"${steps.a}\"}}\n"
                             "  y: {run: curate, with: {dataset: \"${steps.a}\"}}\n"
                             "  z: {run: curate, matrix: {k: [1, 2, 3]}, with: {dataset: \"${steps.a}\"}}\n";
    const Graph graph = graph_of(text);
    const auto ran = world.run(graph);
    CHECK(ran.exit == Exit::done);
    CHECK(ran.started == std::vector<std::string>{"a", "x"});
    for (const std::string name : {"y", "z@k=1", "z@k=2", "z@k=3"})
        CHECK(world.files.links[name] == world.files.links["x"]);
    Selection force = Selection::all(graph);
    force.forced.assign(graph.steps.size(), true);
    CHECK(world.run(graph, force).started == std::vector<std::string>{"a", "x"});
}

TEST_CASE("without --keep-going nothing starts after a failure; with it, what does not depend on the failed job does") {
    const std::string text = head +
                             "steps:\n  a: {run: ingest}\n"
                             "  bad: {run: curate, with: {dataset: \"${steps.a}\", check: [x=fail]}}\n"
                             "  below: {run: partition, with: {dataset: \"${steps.bad}\"}}\n"
                             "  other: {run: partition, with: {dataset: \"${steps.a}\"}, resources: {cores: 4}}\n";
    const Graph graph = graph_of(text);
    const auto failing = [](const JobRequest& request) {
        MemoryExecutor::Behaviour behaviour;
        if (request.name == "bad") behaviour.exit = 4;
        return behaviour;
    };
    World careful;
    careful.behave = failing;
    const auto first = careful.run(graph);
    CHECK(first.exit == Exit::check_failed);
    CHECK(first.started == std::vector<std::string>{"a", "bad"});
    CHECK(state_of(first, graph, "below") == State::waiting);
    CHECK(first.states[graph.job_named("below")].reason == "waits for bad");
    World going;
    going.behave = failing;
    Selection selection = Selection::all(graph);
    selection.keep_going = true;
    const auto second = going.run(graph, selection);
    CHECK(second.exit == Exit::check_failed);
    CHECK(second.started == std::vector<std::string>{"a", "bad", "other"});
}

TEST_CASE("the exit code is that of the failed job that stands first in the file, whichever failed first") {
    const std::string text = head +
                             "steps:\n  late: {run: curate, with: {dataset: \"${steps.a}\"}}\n"
                             "  early: {run: partition, with: {dataset: \"${steps.a}\"}}\n  a: {run: ingest}\n";
    World world;
    world.behave = [](const JobRequest& request) {
        MemoryExecutor::Behaviour behaviour;
        if (request.name == "late") behaviour = {10, 5, "", 10, 0, {}, {}};
        if (request.name == "early") behaviour = {1, 3, "", 10, 0, {}, {}};
        return behaviour;
    };
    CHECK(world.run(graph_of(text)).exit == Exit::resources);
}

TEST_CASE("a job with too many quarantined is published, what depends on it waits, a larger acceptance reuses it") {
    const std::string text =
        head +
        "variables: {n: {type: number, default: 2}}\nsteps:\n  a: {run: ingest, accept_quarantined: \"${n}\"}\n"
        "  b: {run: curate, with: {dataset: \"${steps.a}\"}}\n";
    World world;
    world.behave = [](const JobRequest& request) {
        MemoryExecutor::Behaviour behaviour;
        if (request.program == "ingest") {
            behaviour.quarantined = 3;
            behaviour.exit = request.acceptance == "2" ? 8 : 0;
        }
        return behaviour;
    };
    const Graph strict = graph_of(text);
    const auto first = world.run(strict);
    CHECK(first.exit == Exit::quarantined);
    CHECK(state_of(first, strict, "a") == State::quarantined);
    CHECK(state_of(first, strict, "b") == State::waiting);
    CHECK(world.run(strict).exit == Exit::quarantined);  // and reused, it is judged again
    const Graph lenient = graph_of(text, {{"n", "3"}});
    const auto second = world.run(lenient);
    CHECK(second.exit == Exit::done);
    CHECK(second.started == std::vector<std::string>{"b"});
}

TEST_CASE("expect is judged after a run and on reuse; the result is kept") {
    const std::string text = head +
                             "variables: {e: {type: text, default: \">= 11\"}, key: {type: text, default: samples}}\n"
                             "steps:\n  a: {run: ingest, expect: {samples: \"${e}\"}}\n  b: {run: curate, with: "
                             "{dataset: \"${steps.a}\"}}\n";
    World world;
    const Graph strict = graph_of(text);
    const auto first = world.run(strict);
    CHECK(first.exit == Exit::check_failed);
    CHECK(first.states[0].message == "samples is 10, expected >= 11.");
    CHECK(world.files.links.contains("a"));
    const auto again = world.run(strict);
    CHECK(again.exit == Exit::check_failed);
    CHECK(again.started.empty());
    const auto met = world.run(graph_of(text, {{"e", "10"}}));
    CHECK(met.exit == Exit::done);
    CHECK(met.started == std::vector<std::string>{"b"});
    const Graph unknown = graph_of(head + "steps:\n  a: {run: ingest, expect: {sample: 1}}\n");
    const auto misspelt = world.run(unknown);
    CHECK(misspelt.exit == Exit::usage);
    CHECK_THAT(misspelt.states[0].message, Contains("did you mean 'samples'"));
}

TEST_CASE("a null never meets an expectation") {
    World world;
    world.behave = [](const JobRequest&) {
        MemoryExecutor::Behaviour behaviour;
        behaviour.numbers = {{"mean_dice", nullptr}};
        return behaviour;
    };
    CHECK(world.run(graph_of(head + "steps:\n  a: {run: ingest, expect: {mean_dice: \"<= 5\"}}\n")).exit ==
          Exit::check_failed);
}

TEST_CASE("a stopped run ends with 75, and the same command goes on") {
    World world;
    const Graph graph = graph_of(chain);
    world.stop_after = 2;
    const auto first = world.run(graph);
    CHECK(first.exit == Exit::stopped);
    CHECK(first.started == std::vector<std::string>{"a", "b"});
    CHECK(state_of(first, graph, "b") == State::stopped);
    world.stop_after = -1;
    const auto second = world.run(graph);
    CHECK(second.exit == Exit::done);
    CHECK(second.started == std::vector<std::string>{"b", "c", "d"});
}

TEST_CASE("--only runs its steps alone, --from what depends on them, and what lacks a current result is named") {
    World world;
    const Graph graph = graph_of(chain);
    Selection only = Selection::all(graph);
    only.selected = {false, true, false, false};
    const auto too_early = world.run(graph, only);
    CHECK(too_early.started.empty());
    CHECK(too_early.exit == Exit::bad_input);
    CHECK_THAT(too_early.states[1].message, Contains("a has no current result"));
    Selection first = Selection::all(graph);
    first.selected = {true, false, false, false};
    CHECK(world.run(graph, first).started == std::vector<std::string>{"a"});
    const auto second = world.run(graph, only);
    CHECK(second.started == std::vector<std::string>{"b"});
    CHECK(second.exit == Exit::done);
}

TEST_CASE(
    "more cores than the run has: lowered, but for steps whose result depends on their number, refused before anything "
    "runs") {
    World world;
    world.limits.cores = 2;
    unsigned cores = 0;
    world.behave = [&](const JobRequest& request) {
        cores = request.cores;
        return MemoryExecutor::Behaviour{};
    };
    CHECK(world.run(graph_of(head + "steps:\n  a: {run: ingest, resources: {cores: 8, memory: 900 GiB}}\n")).exit ==
          Exit::done);
    CHECK(cores == 2);
    const auto refused = world.run(
        graph_of(head + "steps:\n  b: {run: ingest, with: {pattern: x}}\n"
                        "  t: {run: train, with: {dataset: \"${steps.b}\", iterations: 1}, resources: {cores: 8}}\n"));
    CHECK(refused.started.empty());
    CHECK(refused.exit == Exit::resources);
    CHECK_THAT(refused.states[1].message, Contains("declares 8 cores, this run has 2"));
}

TEST_CASE("auto is a GPU only for a job that declares one, cuda declares one itself") {
    const std::string text = head +
                             "variables: {device: {type: text, default: auto}, g: {type: number, default: 0}}\nsteps:\n"
                             "  d: {run: ingest}\n  t: {run: train, with: {dataset: \"${steps.d}\", iterations: 1, "
                             "device: \"${device}\"}, resources: {gpus: \"${g}\"}}\n";
    const auto share = [&](const std::string& device, const std::string& gpus, const Limits& limits) {
        const Graph graph = graph_of(text, {{"device", device}, {"g", gpus}});
        return share_of(graph.pipeline.steps[1], graph.jobs[1], limits);
    };
    const Limits two{0, 4, 1 << 30, {"0", "1"}, true}, none{0, 4, 1 << 30, {}, false};
    CHECK(share("auto", "0", two).device == "cpu");
    CHECK(share("auto", "1", two).device == "cuda");
    CHECK(share("auto", "1", two).gpus == 1);
    CHECK(share("auto", "1", none).device == "cpu");
    CHECK(share("auto", "1", none).fault.empty());
    CHECK(share("cuda", "0", two).gpus == 1);
    CHECK(share("cuda:1", "0", two).gpus == 2);
    CHECK(share("cpu", "2", two).gpus == 0);
    CHECK_THAT(share("cuda", "0", none).fault, Contains("asks for device cuda"));
}

TEST_CASE("a raw tree is read beforehand only if a stored result could be reused") {
    World world;
    const Graph graph = graph_of(
        head +
        "steps:\n  a: {run: ingest, with: {input: /images}}\n  b: {run: curate, with: {dataset: \"${steps.a}\"}}\n");
    auto& raw = world.files.raw_files["/images"];
    raw.state = {true, "", "listing-1"};
    world.files.raw_truth["/images"] = "sha256:one";
    world.raw = {{"input", "sha256:one"}};
    CHECK(world.run(graph).started == std::vector<std::string>{"a", "b"});
    CHECK(raw.hashed == 0);
    CHECK(world.run(graph).started.empty());  // learnt from the result
    CHECK(raw.hashed == 0);
    raw.state = {true, "", "listing-2"};  // touched: the listing changed, the content did not
    CHECK(world.run(graph).started.empty());
    CHECK(raw.hashed == 1);
    raw.state = {true, "", "listing-3"};
    world.files.raw_truth["/images"] = "sha256:two";
    world.raw = {{"input", "sha256:two"}};
    const auto changed = world.run(graph);
    CHECK(changed.started == std::vector<std::string>{"a", "b"});
    CHECK(changed.states[0].reason == "files of input changed");
    CHECK(raw.hashed == 2);
}

TEST_CASE("a raw input that is missing fails its job before anything runs, unless it may be absent") {
    World world;
    const auto missing =
        world.run(graph_of(head + "steps:\n  z: {run: ingest}\n  a: {run: ingest, with: {input: /nowhere}}\n"));
    CHECK(missing.started.empty());
    CHECK(missing.exit == Exit::bad_input);
    CHECK_THAT(missing.states[1].message, Contains("/nowhere does not exist"));
    CHECK(world
              .run(graph_of(head + "steps:\n  z: {run: ingest}\n  s: {run: partition, with: {dataset: \"${steps.z}\", "
                                   "given: /nowhere}}\n"))
              .exit == Exit::done);
}

TEST_CASE("a result left under its provisional key by a killed driver is taken over") {
    World world;
    const Graph graph = graph_of(head + "steps:\n  a: {run: ingest, with: {input: /images}}\n");
    auto& raw = world.files.raw_files["/images"];
    raw.state = {true, "", "listing-1"};
    world.files.raw_truth["/images"] = "sha256:one";
    const auto provisional = world.plan(graph);
    Decider decider(graph, world.limits, world.files);
    const Decision decision = decider.decide(0);
    REQUIRE(decision.provisional);
    Stored orphan;
    orphan.key = decision.key;
    orphan.digest = "sha256:made";
    orphan.kind = "dataset";
    orphan.raw = {{"input", "sha256:one"}};
    world.files.store[decision.key] = orphan;
    const auto ran = world.run(graph);
    CHECK(ran.exit == Exit::done);
    CHECK(ran.started.empty());
    CHECK(ran.states[0].digest == "sha256:made");
    CHECK_FALSE(world.files.store.contains(decision.key));
}

TEST_CASE("a result that another live process still writes is waited for, then reused or made") {
    World world;
    const Graph graph = graph_of(chain);
    Decider decider(graph, world.limits, world.files);
    world.files.held[decider.decide(0).key] = 5;
    const auto ran = world.run(graph);
    CHECK(ran.exit == Exit::done);
    CHECK(ran.started == std::vector<std::string>{"a", "b", "c", "d"});
}

TEST_CASE("a big job is not let wait for ever by small ones") {
    std::string text = head +
                       "steps:\n  root: {run: ingest}\n  big: {run: curate, with: {dataset: \"${steps.root}\"}, "
                       "resources: {cores: 4}}\n"
                       "  first: {run: ingest, with: {pattern: q}}\n"
                       "  small: {run: curate, matrix: {k: [";
    for (int i = 0; i < 300; ++i) text += (i > 0 ? "," : "") + std::to_string(i);
    text += "]}, with: {dataset: \"${steps.first}\", check: [\"${k}=flag\"]}}\n";
    World world;
    int count = 0;
    world.behave = [&](const JobRequest& request) {
        MemoryExecutor::Behaviour behaviour;
        behaviour.seconds = request.name == "root" ? 2.5 : 1 + 0.1 * (count++ % 7);
        return behaviour;
    };
    const auto ran = world.run(graph_of(text));
    const auto place = std::find(ran.started.begin(), ran.started.end(), "big") - ran.started.begin();
    CHECK(ran.started.size() == 303);
    CHECK(place < 60);
}

TEST_CASE("two results of one provisional key that turn out equal become one") {
    World world;
    const Graph graph =
        graph_of(head + "steps:\n  a: {run: ingest, with: {input: /one}}\n  b: {run: ingest, with: {input: /two}}\n");
    world.files.raw_files["/one"].state = {true, "", "l1"};
    world.files.raw_files["/two"].state = {true, "", "l2"};
    world.raw = {{"input", "sha256:same"}};
    const auto ran = world.run(graph);
    CHECK(ran.exit == Exit::done);
    CHECK(world.files.links["a"] == world.files.links["b"]);
}

TEST_CASE("raw files that change between the key and the job's reading never poison the cache") {
    World world;
    const Graph graph = graph_of(head + "steps:\n  a: {run: ingest, with: {input: /images}}\n");
    auto& raw = world.files.raw_files["/images"];
    raw.state = {true, "sha256:one", ""};
    world.raw = {{"input", "sha256:two"}};  // what the job really read
    const auto first = world.run(graph);
    CHECK(first.exit == Exit::done);
    CHECK_THAT(first.states[0].warning, Contains("its inputs changed while it ran"));
    CHECK_THAT(world.files.texts.at(world.files.links["a"]), Contains("sha256:two") && !Contains("sha256:one"));
    raw.state = {true, "sha256:two", ""};
    CHECK(world.run(graph).started.empty());
    raw.state = {true, "sha256:one", ""};  // put back: there is no result of these files yet
    world.raw = {{"input", "sha256:one"}};
    const auto back = world.run(graph);
    CHECK(back.started == std::vector<std::string>{"a"});
    CHECK(back.states[0].warning.empty());
}

TEST_CASE("a job that waited for an equal one runs itself when that one's inputs changed under it") {
    World world;
    const Graph graph =
        graph_of(head + "steps:\n  a: {run: ingest, with: {input: /one}}\n  b: {run: ingest, with: {input: /two}}\n");
    for (const char* path : {"/one", "/two"}) world.files.raw_files[path].state = {true, "sha256:same", ""};
    world.behave = [](const JobRequest& request) {
        MemoryExecutor::Behaviour behaviour;
        behaviour.raw = {{"input", request.name == "a" ? "sha256:changed" : "sha256:same"}};
        return behaviour;
    };
    const auto ran = world.run(graph);
    CHECK(ran.exit == Exit::done);
    CHECK(ran.started == std::vector<std::string>{"a", "b"});
    CHECK(world.files.links["a"] != world.files.links["b"]);
    CHECK_THAT(world.files.texts.at(world.files.links["b"]), Contains("sha256:same"));
}

TEST_CASE("a result that a killed driver left under the key of other raw files is not taken for theirs") {
    World world;
    const Graph graph = graph_of(head + "steps:\n  a: {run: ingest, with: {input: /images}}\n");
    world.files.raw_files["/images"].state = {true, "sha256:one", ""};
    world.raw = {{"input", "sha256:one"}};
    Decider decider(graph, world.limits, world.files);
    Stored orphan;
    orphan.key = decider.decide(0).key;
    orphan.digest = "sha256:of-other-files";
    orphan.kind = "dataset";
    orphan.raw = {{"input", "sha256:two"}};
    world.files.store[orphan.key] = orphan;
    const auto ran = world.run(graph);
    CHECK(ran.started == std::vector<std::string>{"a"});
    CHECK(ran.states[0].digest != "sha256:of-other-files");
}

TEST_CASE("a plan says that a job has too few cores, as the run would") {
    World world;
    world.limits.cores = 2;
    const auto states = world.plan(
        graph_of(head + "steps:\n  b: {run: ingest, with: {pattern: x}}\n"
                        "  t: {run: train, with: {dataset: \"${steps.b}\", iterations: 1}, resources: {cores: 8}}\n"));
    CHECK(states[1].exit == Exit::resources);
    CHECK_THAT(states[1].message, Contains("declares 8 cores, this run has 2"));
}
