#include "step/open_inputs.h"

#include <algorithm>

#include "core/error.h"
#include "core/files.h"

namespace cohort::step {
namespace {

std::string listed(const std::vector<std::string>& words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i)
        text += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
    return text;
}

Input open_input(const cli::Parameter& parameter, const std::string& path) {
    Input input{path, store::read_manifest(path)};
    const auto& kinds = parameter.artefact_kinds;
    if (!kinds.empty() && std::find(kinds.begin(), kinds.end(), input.manifest.kind) == kinds.end())
        throw Error(Exit::bad_input, (parameter.positional ? parameter.value : parameter.flag) + " " + printable(path) +
                                         " is of kind " + input.manifest.kind + "; " + listed(kinds) + " is wanted.");
    return input;
}

std::optional<store::InputRecord> artefact_at(const std::filesystem::path& path, const std::string& name) {
    if (!store::find_own_folder(path)) return std::nullopt;
    const auto manifest = store::read_manifest(path);
    if (manifest.kind == "files") return std::nullopt;
    return store::InputRecord{name, manifest.kind, manifest.digest.text()};
}

}  // namespace

std::string entry_name(const cli::Parameter& parameter, std::size_t index) {
    return parameter.is_list ? parameter.name + "[" + std::to_string(index) + "]" : parameter.name;
}

std::vector<std::string> paths_of(const cli::Parameter& parameter, const Json& parameters) {
    const auto found = parameters.find(parameter.name);
    if (found == parameters.end() || found->is_null()) return {};
    if (found->is_string()) return {found->get<std::string>()};
    std::vector<std::string> paths;
    for (const Json& path : *found) paths.push_back(path.get<std::string>());
    return paths;
}

Inputs open_inputs(const cli::StepSchema& schema, const Json& parameters) {
    Inputs inputs;
    for (const auto& parameter : schema.parameters) {
        if (parameter.path != cli::PathKind::artefact) continue;
        const auto paths = paths_of(parameter, parameters);
        if (paths.empty()) continue;
        auto& opened = inputs.by_name[parameter.name];
        for (const auto& path : paths) opened.push_back(open_input(parameter, path));
    }
    return inputs;
}

std::vector<RawInput> find_raw_inputs(const cli::StepSchema& schema, const Json& parameters) {
    std::vector<RawInput> raw;
    for (const auto& parameter : schema.parameters) {
        if (parameter.path != cli::PathKind::raw) continue;
        const auto paths = paths_of(parameter, parameters);
        for (std::size_t i = 0; i < paths.size(); ++i) {
            std::error_code error;
            const bool present = std::filesystem::exists(paths[i], error);
            if (!present && !parameter.may_be_absent)
                throw Error(
                    Exit::bad_input,
                    (parameter.positional ? parameter.value : parameter.flag) + " " + printable(paths[i]) +
                        (error ? " cannot be opened: " + error.message() + "." : " does not exist; check the path."));
            if (parameter.affects_content)
                raw.push_back({entry_name(parameter, i), parameter.name, paths[i], present,
                               artefact_at(paths[i], entry_name(parameter, i))});
        }
    }
    return raw;
}

std::vector<store::InputRecord> input_records(const cli::StepSchema& schema, const Inputs& inputs) {
    std::vector<store::InputRecord> records;
    for (const auto& parameter : schema.parameters) {
        const auto& opened = inputs.all(parameter.name);
        for (std::size_t i = 0; i < opened.size(); ++i)
            records.push_back({entry_name(parameter, i), opened[i].manifest.kind, opened[i].manifest.digest.text()});
    }
    return records;
}

std::optional<store::Privacy> least_private(const Inputs& inputs) {
    std::optional<store::Privacy> level;
    for (const auto& [name, opened] : inputs.by_name)
        for (const auto& input : opened)
            level = std::min(level.value_or(input.manifest.privacy), input.manifest.privacy);
    return level;
}

}  // namespace cohort::step
