#include "driver/dot.h"

#include <set>

namespace cohort::driver {
namespace {

std::string dot_text(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') result += '\\';
        result += c;
    }
    return result + "\"";
}

std::string arrow(std::string_view from, std::string_view to) {
    return "  " + dot_text(from) + " -> " + dot_text(to) + ";\n";
}

std::string steps_text(const Graph& graph) {
    std::string text;
    for (std::size_t i = 0; i < graph.steps.size(); ++i) {
        const StepModel& step = graph.pipeline.steps[i];
        std::string label = step.name + "\\n" + step.schema->name;
        if (!step.matrix.empty()) {
            label += "\\n" + std::to_string(graph.steps[i].count) + " jobs:";
            for (const auto& key : step.matrix) label += " " + key.name;
        }
        text += "  " + dot_text(step.name) + " [label=\"" + label + "\"];\n";
    }
    for (std::size_t i = 0; i < graph.steps.size(); ++i) {
        std::set<std::uint32_t> needed;
        const auto collect = [&](const std::vector<JobIndex>& jobs) {
            for (const JobIndex job : jobs) needed.insert(graph.jobs[job].step);
        };
        collect(graph.steps[i].needs);
        for (JobIndex j = 0; j < graph.steps[i].count; ++j) collect(graph.jobs[graph.steps[i].first + j].needs);
        for (const auto step : needed) text += arrow(graph.pipeline.steps[step].name, graph.pipeline.steps[i].name);
    }
    return text;
}

std::string jobs_text(const Graph& graph) {
    std::string text;
    for (const auto& job : graph.jobs) text += "  " + dot_text(job.name) + ";\n";
    for (const auto& job : graph.jobs) {
        std::set<JobIndex> needed(job.needs.begin(), job.needs.end());
        needed.insert(graph.step_of(job).needs.begin(), graph.step_of(job).needs.end());
        for (const JobIndex other : needed) text += arrow(graph.jobs[other].name, job.name);
    }
    return text;
}

}  // namespace

std::string dot_of(const Graph& graph, Detail detail) {
    std::string text = "digraph " + dot_text(graph.pipeline.name) +
                       " {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n";
    text += detail == Detail::steps ? steps_text(graph) : jobs_text(graph);
    for (const auto& output : graph.pipeline.outputs) {
        text += "  " + dot_text("output " + output.name) + " [shape=note];\n";
        const StepJobs& jobs = graph.steps[output.step];
        if (detail == Detail::steps) {
            text += arrow(graph.pipeline.steps[output.step].name, "output " + output.name);
        } else {
            for (JobIndex i = 0; i < jobs.count; ++i)
                text += arrow(graph.jobs[jobs.first + i].name, "output " + output.name);
        }
    }
    return text + "}\n";
}

}  // namespace cohort::driver
