#include "driver/reasons.h"

#include <set>

#include "core/error.h"
#include "core/files.h"

namespace cohort::driver {
namespace {

/// A value as a phrase shows it.
std::string shown(const Json* value) {
    if (value == nullptr || value->is_null()) return "nothing";
    std::string text = value->is_string() ? printable(value->get<std::string>()) : canonical_json(*value);
    if (text.size() > 60) text = text.substr(0, 57) + "…";
    return text;
}

const Json* find(const Json& object, const std::string& name) {
    const auto found = object.is_object() ? object.find(name) : object.end();
    return found == object.end() ? nullptr : &*found;
}

const Argument* argument_of(const Graph& graph, JobIndex job, const std::string& name) {
    for (const auto* list : {&graph.step_of(graph.jobs[job]).constant, &graph.jobs[job].varying})
        for (const auto& argument : *list)
            if (argument.parameter->name == name) return &argument;
    return nullptr;
}

std::string path_phrase(const Graph& graph, const Argument& argument) {
    std::set<std::string> steps;
    for (const auto& source : argument.sources)
        if (source.job != Source::outside) steps.insert(graph.model(graph.jobs[source.job]).name);
    if (steps.empty())
        return argument.parameter->path == cli::PathKind::raw ? "files of " + argument.parameter->name + " changed"
                                                              : "input " + argument.parameter->name + " changed";
    std::string names;
    for (const auto& step : steps) names += (names.empty() ? "" : ", ") + step;
    return "input " + argument.parameter->name + " (" + names + ") changed";
}

void compare_parameters(const Graph& graph, JobIndex job, const Json& before, const Json& now,
                        std::vector<std::string>& reasons) {
    std::set<std::string> names;
    for (const auto* parameters : {&before, &now})
        for (const auto& [name, value] : parameters->items()) names.insert(name);
    for (const auto& name : names) {
        const Json *old_value = find(before, name), *new_value = find(now, name);
        if (old_value != nullptr && new_value != nullptr && *old_value == *new_value) continue;
        const Argument* argument = argument_of(graph, job, name);
        const bool is_path = argument != nullptr && argument->parameter->path != cli::PathKind::none;
        reasons.push_back(is_path && old_value != nullptr ? path_phrase(graph, *argument)
                                                          : name + ": " + shown(old_value) + " → " + shown(new_value));
    }
}

}  // namespace

std::vector<std::string> differences(const Graph& graph, JobIndex job, std::string_view before_text,
                                     std::string_view now_text) {
    std::vector<std::string> reasons;
    Json before, now;
    try {
        before = parse_json(before_text, "the key of the last result");
        now = parse_json(now_text, "the key");
    } catch (const Error&) {
        return {"its last result cannot be compared"};
    }
    if (!before.is_object() || !now.is_object()) return {"its last result cannot be compared"};
    const Json none = Json::object();
    const auto part = [&](const Json& key) -> const Json& {
        const Json* parameters = find(key, "parameters");
        return parameters != nullptr && parameters->is_object() ? *parameters : none;
    };
    const auto scalar = [&](const char* name, const std::string& called) {
        const Json *old_value = find(before, name), *new_value = find(now, name);
        if (old_value == new_value || (old_value != nullptr && new_value != nullptr && *old_value == *new_value))
            return;
        reasons.push_back(called + " " + shown(old_value) + " → " + shown(new_value));
    };
    scalar("step", "step");
    scalar("content_version", "content version");
    compare_parameters(graph, job, part(before), part(now), reasons);
    scalar("seed", "seed");
    scalar("device", "device");
    scalar("compute_threads", "compute threads");
    scalar("libtorch", "LibTorch");
    scalar("processes", "processes");
    return reasons;
}

std::string joined_reasons(const std::vector<std::string>& reasons) {
    std::string text;
    for (const auto& reason : reasons) text += (text.empty() ? "" : "; ") + reason;
    return text;
}

}  // namespace cohort::driver
