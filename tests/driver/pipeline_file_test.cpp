#include <catch2/catch.hpp>

#include "memory_world.h"

using namespace cohort;
using namespace cohort::driver;
using Catch::Contains;
using memory::graph_of;
using memory::refusal_of;

namespace {

const std::string head = "cohort: 1\nname: p\n";

const Argument& argument(const Graph& graph, const std::string& job, const std::string& name) {
    const JobIndex index = graph.job_named(job);
    REQUIRE(index != Source::outside);
    for (const auto* list : {&graph.step_of(graph.jobs[index]).constant, &graph.jobs[index].varying})
        for (const auto& candidate : *list)
            if (candidate.parameter->name == name) return candidate;
    FAIL("no argument " << name << " of " << job);
    return graph.step_of(graph.jobs[index]).constant[0];
}

std::vector<std::string> source_names(const Graph& graph, const Argument& argument) {
    std::vector<std::string> names;
    for (const auto& source : argument.sources)
        names.push_back(source.job == Source::outside ? source.path : graph.jobs[source.job].name);
    return names;
}

const std::string hippocampus = R"(
cohort: 1
name: hippocampus
about: From Decathlon files to evaluated U-Nets
variables:
  data:    {type: path, about: folder of Task04_Hippocampus, required: true}
  folds:   {type: list, default: [1]}
  minutes: {type: number, default: 10}
  device:  {type: text, default: auto}
steps:
  raw:
    run: ingest
    with: {input: "${data}", layout: msd, privacy: anonymous}
    accept_quarantined: 3
    expect: {samples: ">= 208"}
  clean:  {run: curate, with: {dataset: "${steps.raw}"}}
  split:  {run: partition, with: {dataset: "${steps.clean}", scheme: nnunet, given: "${data}/nnunet/splits_final.json"}}
  model:
    run: train
    matrix: {fold: "${folds}"}
    with: {dataset: "${steps.clean}", split: "${steps.split}", fold: "${fold}", minutes: "${minutes}", device: "${device}"}
    resources: {cores: 2, memory: 6 GiB, gpus: 0}
  predicted:
    run: predict
    matrix: {fold: "${folds}"}
    with: {dataset: "${steps.clean}", split: "${steps.split}", fold: "${fold}", models: ["${steps.model}"], device: "${device}"}
    resources: {cores: 2, memory: 4 GiB}
  scores:
    run: evaluate
    with: {predictions: "${steps.predicted.*}", reference: "${steps.clean}"}
    expect: {mean_dice: ">= 0.85"}
  nifti:  {run: export, matrix: {fold: "${folds}"}, with: {dataset: "${steps.predicted}", format: nifti}}
outputs: {scores: "${steps.scores}"}
)";

}  // namespace

TEST_CASE("the design's example becomes its jobs, matched and gathered") {
    const Graph graph = graph_of(hippocampus, {{"data", "Task04"}, {"folds", "1,3"}});
    std::vector<std::string> names;
    for (const auto& job : graph.jobs) names.push_back(job.name);
    CHECK(names == std::vector<std::string>{"raw", "clean", "split", "model@fold=1", "model@fold=3", "predicted@fold=1",
                                            "predicted@fold=3", "scores", "nifti@fold=1", "nifti@fold=3"});
    CHECK(argument(graph, "raw", "input").sources[0].path == "/elsewhere/Task04");
    CHECK(argument(graph, "split", "given").sources[0].path == "/elsewhere/Task04/nnunet/splits_final.json");
    CHECK(argument(graph, "model@fold=3", "fold").value == "3");
    CHECK(argument(graph, "model@fold=3", "minutes").value == 10);
    CHECK(source_names(graph, argument(graph, "predicted@fold=3", "models")) ==
          std::vector<std::string>{"model@fold=3"});
    CHECK(source_names(graph, argument(graph, "scores", "predictions")) ==
          std::vector<std::string>{"predicted@fold=1", "predicted@fold=3"});
    CHECK(graph.pipeline.steps[3].resources.memory == std::uint64_t{6} << 30);
    CHECK(graph.pipeline.steps[0].acceptance.value == 3);
}

TEST_CASE("all faults of a file are told at once, each with line and column, in the order of the file") {
    const std::string text =
        "cohort: 2\n"
        "name: a/b\n"
        "variables:\n"
        "  folds: {type: lst}\n"
        "steps:\n"
        "  raw: {run: ingst, with: {input: x}}\n"
        "  clean: {run: curate, with: {dataset: \"${steps.rw}\", chek: [a]}}\n"
        "  split: {run: partition, with: {dataset: \"${steps.clean}\", folds: 1, threads: 3}}\n"
        "outputs: {s: \"${steps.nothing}\"}\n";
    const std::string said = refusal_of(text);
    CHECK_THAT(said, Contains("p.yaml:1:9: ") && Contains("p.yaml:2:7: ") && Contains("p.yaml:4:17: "));
    CHECK_THAT(said, Contains("p.yaml:6:14: There is no step 'ingst'; did you mean 'ingest'?"));
    CHECK_THAT(said, Contains("There is no step 'rw' in this pipeline; did you mean 'raw'?"));
    CHECK_THAT(said, Contains("'curate' has no parameter 'chek'; did you mean 'check'?"));
    CHECK_THAT(said, Contains("p.yaml:8:") && Contains("'folds' must be at least 2"));
    CHECK_THAT(said, Contains("'threads' is set by the driver"));
    CHECK_THAT(said, Contains("There is no step 'nothing'"));
    std::size_t from = 0;
    int last = 0;
    while ((from = said.find("p.yaml:", from)) != std::string::npos) {
        from += 7;
        const int line = std::atoi(said.c_str() + from);
        CHECK(line >= last);
        last = line;
    }
}

TEST_CASE("a variable without value leaves its parameter out") {
    const std::string text = head +
                             "variables: {n: {type: number}, given: {type: path}}\nsteps:\n"
                             "  s: {run: partition, with: {dataset: /d, folds: \"${n}\", given: \"${given}\"}}\n";
    const Graph graph = graph_of(text);
    for (const auto& constant : graph.steps[0].constant) CHECK(constant.parameter->name == "dataset");
    const Graph with_value = graph_of(text, {{"n", "7"}});
    CHECK(argument(with_value, "s", "folds").value == 7);
}

TEST_CASE("a required variable without value is refused by name") {
    const std::string text =
        head +
        "variables: {data: {type: path, required: true}}\nsteps: {r: {run: ingest, with: {input: \"${data}\"}}}\n";
    CHECK_THAT(refusal_of(text), Contains("Variable 'data' needs a value; give --set data=VALUE."));
    CHECK(refusal_of(text, {{"data", "x"}}).empty());
}

TEST_CASE("--set of an unknown variable, or of a value of another type, is refused") {
    const std::string text =
        head + "variables: {minutes: {type: number, default: 1}}\nsteps: {r: {run: ingest, with: {input: x}}}\n";
    CHECK_THAT(refusal_of(text, {{"minuts", "3"}}), Contains("no variable 'minuts'; did you mean 'minutes'?"));
    CHECK_THAT(refusal_of(text, {{"minutes", "long"}}), Contains("must be a number"));
}

TEST_CASE("relative paths count from the file's folder, those of --set from the working directory") {
    const std::string text =
        head +
        "variables: {in: {type: path, default: ../images}, part: {type: text, default: a}}\nsteps:\n"
        "  v: {run: ingest, with: {input: \"${in}\"}}\n"
        "  w: {run: ingest, with: {input: \"${part}/x\"}}\n"
        "  u: {run: ingest, with: {input: sub/y/}}\n";
    const Graph from_file = graph_of(text);
    CHECK(argument(from_file, "v", "input").sources[0].path == "/images");
    CHECK(argument(from_file, "w", "input").sources[0].path == "/pipelines/a/x");
    CHECK(argument(from_file, "u", "input").sources[0].path == "/pipelines/sub/y");
    const Graph from_line = graph_of(text, {{"in", "i"}, {"part", "b"}});
    CHECK(argument(from_line, "v", "input").sources[0].path == "/elsewhere/i");
    CHECK(argument(from_line, "w", "input").sources[0].path == "/elsewhere/b/x");
}

TEST_CASE("scalars are converted by their written text") {
    const std::string text = head +
                             "variables: {f: {type: text, default: 1.10}}\nsteps:\n"
                             "  m: {run: train, matrix: {fold: [01, 1.50, \"x y\"]}, with: {dataset: /d, split: /s, "
                             "fold: \"${fold}\", iterations: \"5\"}}\n"
                             "  n: {run: train, with: {dataset: /d, fold: \"${f}\", split: /s, iterations: 5}}\n";
    const Graph graph = graph_of(text);
    CHECK(graph.jobs[0].name == "m@fold=01");
    CHECK(argument(graph, "m@fold=01", "fold").value == "01");
    CHECK(argument(graph, "m@fold=1.50", "fold").value == "1.50");
    CHECK(argument(graph, "m@fold=x%20y", "fold").value == "x y");
    CHECK(argument(graph, "m@fold=01", "iterations").value == 5);
    CHECK(argument(graph, "n", "fold").value == "1.10");
}

TEST_CASE("a reference to a matrix step that cannot be matched says which of the two to write") {
    const std::string text = head +
                             "steps:\n"
                             "  m: {run: curate, matrix: {k: [1, 2]}, with: {dataset: /d}}\n"
                             "  n: {run: curate, with: {dataset: \"${steps.m}\"}}\n";
    CHECK_THAT(refusal_of(text), Contains("write ${steps.m.*} for all of them, or give step 'n' the matrix key 'k'"));
    const std::string gathered = head +
                                 "steps:\n"
                                 "  m: {run: curate, matrix: {k: [1, 2]}, with: {dataset: /d}}\n"
                                 "  n: {run: curate, with: {dataset: \"${steps.m.*}\"}}\n";
    CHECK_THAT(refusal_of(gathered), Contains("takes one artefact"));
}

TEST_CASE("gathering goes over the keys that the referring step lacks and matches the others, in the file's order") {
    const std::string text =
        head +
        "steps:\n"
        "  d: {run: ingest, with: {input: x}}\n"
        "  p: {run: predict, matrix: {site: [b, a], fold: [2, 1]}, with: {dataset: \"${steps.d}\", models: [/m]}}\n"
        "  e: {run: evaluate, matrix: {site: [a, b]}, with: {predictions: \"${steps.p.*}\", reference: "
        "\"${steps.d}\"}}\n"
        "  all: {run: evaluate, with: {predictions: [\"${steps.p.*}\"], reference: \"${steps.d}\"}}\n";
    const Graph graph = graph_of(text);
    CHECK(source_names(graph, argument(graph, "e@site=a", "predictions")) ==
          std::vector<std::string>{"p@site=a,fold=2", "p@site=a,fold=1"});
    CHECK(source_names(graph, argument(graph, "all", "predictions")) ==
          std::vector<std::string>{"p@site=b,fold=2", "p@site=b,fold=1", "p@site=a,fold=2", "p@site=a,fold=1"});
}

TEST_CASE("a matched job that does not exist is named") {
    const std::string text = head +
                             "steps:\n"
                             "  a: {run: curate, matrix: {k: [1, 2]}, with: {dataset: /d}}\n"
                             "  b: {run: curate, matrix: {k: [1, 3]}, with: {dataset: \"${steps.a}\"}}\n";
    CHECK_THAT(refusal_of(text), Contains("no job that matches b@k=3"));
}

TEST_CASE("circles, artefacts of the wrong kind and references where no artefact belongs are refused") {
    CHECK_THAT(refusal_of(head + "steps:\n  a: {run: curate, with: {dataset: \"${steps.b}\"}}\n  b: {run: curate, "
                                 "with: {dataset: \"${steps.a}\"}}\n"),
               Contains("a circle"));
    CHECK_THAT(refusal_of(head + "steps:\n  a: {run: curate, with: {dataset: \"${steps.a}\"}}\n"),
               Contains("a circle"));
    CHECK_THAT(
        refusal_of(
            head +
            "steps:\n  d: {run: ingest, with: {input: x}}\n  s: {run: partition, with: {dataset: \"${steps.d}\"}}\n"
            "  c: {run: curate, with: {dataset: \"${steps.s}\"}}\n"),
        Contains("'dataset' takes a dataset; step 's' (partition) makes a split."));
    CHECK_THAT(refusal_of(head + "steps:\n  d: {run: ingest, with: {input: x}}\n  s: {run: partition, with: {dataset: "
                                 "/d, group: \"${steps.d}\"}}\n"),
               Contains("names no artefact"));
    CHECK_THAT(refusal_of(head + "steps: {i: {run: inspect, with: {artefact: x}}}\n"), Contains("makes no artefact"));
}

TEST_CASE("a raw parameter takes a path inside another step's artefact, and nothing that leaves it") {
    const std::string begin = head +
                              "steps:\n  d: {run: ingest, with: {input: x}}\n  e: {run: export, with: {dataset: "
                              "\"${steps.d}\", format: nnunet}}\n";
    const Graph graph = graph_of(
        begin +
        "  s: {run: partition, with: {dataset: \"${steps.d}\", scheme: given, given: \"${steps.e}/a/splits.json\"}}\n");
    const Source source = argument(graph, "s", "given").sources[0];
    CHECK(graph.jobs[source.job].name == "e");
    CHECK(source.path == "a/splits.json");
    CHECK_THAT(
        refusal_of(begin + "  s: {run: partition, with: {dataset: \"${steps.d}\", given: \"${steps.e}/../x\"}}\n"),
        Contains("leaves the artefact"));
}

TEST_CASE("with takes seed and device where the step has them; other common options are refused") {
    const Graph graph = graph_of(head +
                                 "steps: {m: {run: train, matrix: {seed: [4, 5]}, with: {dataset: /d, split: /s, fold: "
                                 "0, iterations: 3, seed: \"${seed}\", device: cpu}}}\n");
    CHECK(graph.jobs[1].seed == 5);
    CHECK(graph.jobs[1].device == "cpu");
    for (const std::string name : {"threads", "memory", "out", "force", "accept_quarantined", "progress"})
        CHECK_THAT(refusal_of(head + "steps: {r: {run: ingest, with: {input: x, " + name + ": 1}}}\n"),
                   Contains("'" + name + "' is set by the driver"));
    CHECK_THAT(refusal_of(head + "steps: {r: {run: curate, with: {dataset: /d, device: cpu}}}\n"),
               Contains("has no use for a device"));
    CHECK_THAT(refusal_of(head + "steps: {r: {run: train, with: {dataset: /d, split: /s, iterations: 3, seed: -1}}}\n"),
               Contains("is no seed"));
    CHECK_THAT(
        refusal_of(head + "steps: {r: {run: train, with: {dataset: /d, split: /s, iterations: 3, device: gpu}}}\n"),
        Contains("is no device"));
}

TEST_CASE("resources, accept_quarantined and expect take variables and refuse what they cannot read") {
    const std::string variables = "variables: {n: {type: number, default: 2}}\n";
    const Graph graph =
        graph_of(head + variables +
                 "steps: {r: {run: ingest, with: {input: x}, resources: {cores: \"${n}\", memory: \"${n} GiB\"}, "
                 "accept_quarantined: \"${n}%\", expect: {samples: \">= ${n}\"}}}\n");
    const StepModel& step = graph.pipeline.steps[0];
    CHECK(step.resources.cores == 2);
    CHECK(step.resources.memory == std::uint64_t{2} << 30);
    CHECK(step.acceptance.kind == cli::Acceptance::Kind::percent);
    CHECK(step.expectations[0].low == 2);
    CHECK_THAT(refusal_of(head + "steps: {r: {run: ingest, with: {input: x}, resources: {memory: lots}}}\n"),
               Contains("is no size"));
    CHECK_THAT(refusal_of(head + "steps: {r: {run: ingest, with: {input: x}, resources: {cores: 0}}}\n"),
               Contains("p.yaml:3:"));
    CHECK_THAT(refusal_of(head + "steps: {r: {run: ingest, with: {input: x}, accept_quarantined: some}}\n"),
               Contains("write 3, 2% or all"));
    CHECK_THAT(refusal_of(head + "steps: {r: {run: ingest, with: {input: x}, expect: {samples: \"> 3\"}}}\n"),
               Contains("cannot be compared with"));
}

TEST_CASE("lists of --set are written with commas or in brackets") {
    const std::string text = head +
                             "variables: {f: {type: list, default: [0]}}\nsteps: {m: {run: curate, matrix: {k: "
                             "\"${f}\"}, with: {dataset: /d}}}\n";
    CHECK(graph_of(text).jobs.size() == 1);
    CHECK(graph_of(text, {{"f", "1,2,3"}}).jobs.size() == 3);
    CHECK(graph_of(text, {{"f", "[1, 'a,b']"}}).jobs[1].name == "m@k=a%2Cb");
    CHECK_THAT(refusal_of(text, {{"f", "1,1"}}), Contains("has the value '1' twice"));
    CHECK_THAT(refusal_of(text, {{"f", ""}}), Contains("has no values"));
}

TEST_CASE("a matrix that would give more than a million jobs is refused before it is unrolled") {
    std::string keys;
    for (const std::string key : {"a", "b", "c", "d", "e", "f", "g"})
        keys += (keys.empty() ? "" : ", ") + key + ": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]";
    CHECK_THAT(refusal_of(head + "steps: {m: {run: curate, matrix: {" + keys + "}, with: {dataset: /d}}}\n"),
               Contains("more than a million jobs"));
}

TEST_CASE("faults of many jobs of one matrix are told once each") {
    const std::string said = refusal_of(
        head + "steps: {m: {run: partition, matrix: {k: [1, 0, 5, -1]}, with: {dataset: /d, folds: \"${k}\"}}}\n");
    CHECK_THAT(said, Contains("p.yaml has 3 faults"));
}

TEST_CASE("a long job name is cut and stays unique") {
    const std::string long_value(300, 'x');
    const Graph graph = graph_of(head + "steps: {m: {run: curate, matrix: {k: [" + long_value + "a, " + long_value +
                                 "b]}, with: {dataset: /d}}}\n");
    CHECK(graph.jobs[0].name.size() == 200);
    CHECK(graph.jobs[0].name != graph.jobs[1].name);
}

TEST_CASE("a literal dollar and brace are written with two dollars") {
    const Graph graph = graph_of(head + "steps: {s: {run: partition, with: {dataset: /d, group: \"$${x}\"}}}\n");
    CHECK(argument(graph, "s", "group").value == "${x}");
    CHECK_THAT(refusal_of(head + "steps: {s: {run: partition, with: {dataset: /d, group: \"${x\"}}}\n"),
               Contains("never closed"));
}

TEST_CASE("a variable without value inside a longer text is a fault that names it, not a setting that silently goes") {
    const std::string text = head +
                             "variables: {given: {type: path}, least: {type: number}}\nsteps:\n"
                             "  s: {run: partition, with: {dataset: /d, given: \"${given}/f.json\"}, "
                             "expect: {samples: \">= ${least}\"}}\n";
    const std::string said = refusal_of(text);
    CHECK_THAT(said, Contains("p.yaml has 2 faults") && Contains("p.yaml:5:"));
    CHECK_THAT(said, Contains("Variable 'given' has no value") && Contains("Variable 'least' has no value"));
    CHECK(refusal_of(text, {{"given", "x"}, {"least", "3"}}).empty());
    const std::string required =
        head +
        "variables: {data: {type: path, required: true}}\nsteps: {r: {run: ingest, with: {input: \"${data}/x\"}}}\n";
    CHECK_THAT(refusal_of(required), Contains("needs a value") && !Contains("has no value"));
}

TEST_CASE("steps cannot take the names that the driver's own files have beside their results") {
    for (const std::string name : {"outputs", "journal"})
        CHECK_THAT(refusal_of(head + "steps:\n  " + name + ": {run: ingest, with: {input: x}}\n"),
                   Contains("p.yaml:4:3: '" + name + "' cannot name a step"));
    CHECK(refusal_of(head + "steps:\n  output: {run: ingest, with: {input: x}}\n").empty());
}

TEST_CASE("a step that does not exist and a matrix without values hide no other fault") {
    const std::string unknown = refusal_of(
        head + "steps:\n  a: {run: ingst, with: {input: [\"${nothing}\"], layout: \"${steps.b}\", x: \"${y\"}}\n");
    CHECK_THAT(unknown, Contains("There is no step 'ingst'") && Contains("There is no variable 'nothing'"));
    CHECK_THAT(unknown, Contains("There is no step 'b' in this pipeline") && Contains("never closed"));
    const std::string empty =
        refusal_of(head +
                   "steps:\n  s: {run: partition, matrix: {k: []}, with: {dataset: /d, group: \"${k}\", folds: many}}\n"
                   "  c: {run: curate, matrix: {k: [1]}, with: {dataset: /d}}\n"
                   "  t: {run: train, matrix: {k: []}, with: {dataset: \"${steps.c}\", seed: x}}\n");
    CHECK_THAT(empty, Contains("Matrix key 'k' has no values.") && Contains("'folds' must be a whole number"));
    CHECK_THAT(empty, Contains("'x' is no seed"));
}

TEST_CASE("faults of parameters name them as the file does, not by their flags") {
    const auto said = [](const std::string& with) {
        return refusal_of(head + "steps:\n  s: {run: curate, with: {" + with + "}}\n");
    };
    CHECK_THAT(said("check: [a=flag]"), Contains("'dataset' is missing: ") && !Contains("--"));
    CHECK_THAT(said("dataset: /d, check: {a: flag}"),
               Contains("'check' must be a list") && Contains("; write check: [a, b].") && !Contains("--"));
    CHECK_THAT(said("dataset: [/d, /e]"), Contains("'dataset' takes one path, not 2; write it without [ ]."));
}
