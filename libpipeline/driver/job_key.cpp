#include "driver/job_key.h"

#include <algorithm>
#include <map>
#include <optional>

#include "cli/validator.h"
#include "core/json.h"
#include "store/cache_key.h"

namespace cohort::driver {
namespace {

bool counts(const cli::Parameter& parameter) {
    return parameter.affects_content && parameter.path != cli::PathKind::output;
}

}  // namespace

StepKey::StepKey(const StepModel& step, const StepJobs& jobs, const Job& example, unsigned cores,
                 const std::string& device) {
    // Values that are the same for all jobs, and for the others a hole, under the parameter's name.
    std::map<std::string, std::optional<Hole>> parameters;
    Json values = Json::object();
    const auto place = [&](const Argument& argument, bool is_constant, std::size_t index) {
        const auto& parameter = *argument.parameter;
        values[parameter.name] = argument.value;
        const bool known = is_constant && parameter.path == cli::PathKind::none;
        parameters[parameter.name] = known ? std::nullopt : std::optional(Hole{false, is_constant, index});
    };
    for (std::size_t i = 0; i < jobs.constant.size(); ++i) place(jobs.constant[i], true, i);
    for (std::size_t i = 0; i < example.varying.size(); ++i) place(example.varying[i], false, i);
    values = cli::with_defaults(*step.schema, std::move(values));
    for (const auto& [name, value] : values.items()) parameters.emplace(name, std::nullopt);

    std::string text;
    const auto hole = [&](Hole h) {
        texts_.push_back(std::move(text));
        text.clear();
        holes_.push_back(h);
    };
    const auto parameters_text = [&] {
        text += '{';
        bool first = true;
        for (const auto& [name, place_of] : parameters) {  // names are ASCII: byte order is RFC 8785's
            const auto* parameter = step.schema->parameter(name);
            if (parameter == nullptr || !counts(*parameter)) continue;
            text += (first ? "\"" : ",\"") + name + "\":";
            first = false;
            if (place_of)
                hole(*place_of);
            else
                text += canonical_json(values[name]);
        }
        text += '}';
    };

    Json rest = step.schema->uses_device ? store::device_extras(cores, device) : Json::object();
    rest["step"] = step.schema->name;
    rest["content_version"] = step.schema->content_version;
    rest["parameters"] = nullptr;
    rest["seed"] = nullptr;
    text = "{";
    for (const auto& [name, value] : rest.items()) {
        text += (text.size() == 1 && holes_.empty() ? "\"" : ",\"") + name + "\":";
        if (name == "parameters")
            parameters_text();
        else if (name == "seed")
            hole({true, false, 0});
        else
            text += canonical_json(value);
    }
    text += '}';
    texts_.push_back(std::move(text));
}

HoleText StepKey::compose(const std::vector<const HoleText*>& fillings) const {
    HoleText result;
    for (std::size_t i = 0; i < holes_.size(); ++i) {
        result.key += texts_[i];
        result.shape += texts_[i];
        result.key += fillings[i]->key;
        result.shape += fillings[i]->shape;
    }
    result.key += texts_.back();
    result.shape += texts_.back();
    return result;
}

std::uint64_t shape_hash(std::string_view text) {
    // FNV-1a, 64 bits.
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    return hash;
}

}  // namespace cohort::driver
