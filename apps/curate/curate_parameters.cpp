#include "apps/curate/curate_parameters.h"

#include <algorithm>

#include "core/error.h"

namespace cohort::curate {
namespace {

std::vector<std::string> check_names() {
    std::vector<std::string> names;
    for (const auto& check : all_checks()) names.emplace_back(check.name);
    return names;
}

std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

/// Applies one NAME=ACTION; a sentence when it cannot be.
std::string apply(const std::string& entry, CurateParameters& parameters, std::vector<bool>& named) {
    const auto equals = entry.find('=');
    const auto name = entry.substr(0, equals);
    const auto names = check_names();
    const auto place = std::find(names.begin(), names.end(), name);
    if (place == names.end())
        return "--check " + entry + ": there is no check '" + name + "'. " + did_you_mean(name, names) + "Checks: " +
               listed(names) + ".";
    const auto action = equals == std::string::npos ? std::nullopt : action_named(entry.substr(equals + 1));
    if (!action) return "--check " + entry + ": write " + name + "=quarantine, flag, fail or off.";
    const auto number = static_cast<std::size_t>(place - names.begin());
    if (named[number]) return "--check " + name + " is given twice; give it once.";
    named[number] = true;
    if (!all_checks()[number].may_pass && (*action == Action::flag || *action == Action::off))
        return "--check " + entry + ": what is damaged cannot be used; choose quarantine or fail.";
    parameters.actions[number] = *action;
    return {};
}

}  // namespace

CurateParameters curate_parameters(const Json& json, std::vector<std::string>* faults) {
    CurateParameters parameters;
    for (const auto& check : all_checks()) parameters.actions.push_back(check.action);
    std::vector<bool> named(parameters.actions.size(), false);
    for (const auto& entry : json.at("check")) {
        const auto fault = apply(entry.get<std::string>(), parameters, named);
        if (fault.empty()) continue;
        if (!faults) throw Error(Exit::usage, fault);
        faults->push_back(fault);
    }
    return parameters;
}

}  // namespace cohort::curate
