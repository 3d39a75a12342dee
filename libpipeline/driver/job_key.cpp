#include "driver/job_key.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "cli/validator.h"
#include "core/json.h"
#include "store/cache_key.h"

namespace cohort::driver {
namespace {

bool counts(const cli::Parameter& parameter) {
    return parameter.affects_content && parameter.path != cli::PathKind::output;
}

/// The parameters with their defaults, and which of them are holes.
struct KeyParameters {
    Json values = Json::object();
    std::map<std::string, std::optional<StepKey::Hole>> holes;  ///< by name; nothing: the same for all jobs
};

KeyParameters parameters_of(const StepModel& step, const StepJobs& jobs, const Job& example) {
    KeyParameters all;
    const auto place = [&](const Argument& argument, bool is_constant, std::size_t index) {
        const auto& parameter = *argument.parameter;
        all.values[parameter.name] = argument.value;
        const bool known = is_constant && parameter.path == cli::PathKind::none;
        all.holes[parameter.name] = known ? std::nullopt : std::optional(StepKey::Hole{false, is_constant, index});
    };
    for (std::size_t i = 0; i < jobs.constant.size(); ++i) place(jobs.constant[i], true, i);
    for (std::size_t i = 0; i < example.varying.size(); ++i) place(example.varying[i], false, i);
    all.values = cli::with_defaults(*step.schema, std::move(all.values));
    for (const auto& [name, value] : all.values.items()) all.holes.emplace(name, std::nullopt);
    return all;
}

/// Text that is cut at every hole.
class CutText {
public:
    void add(std::string_view text) { text_ += text; }
    /// A member's name, after a comma unless it is the first of its object.
    void add_name(const std::string& name, bool first) {
        text_.append(first ? "\"" : ",\"").append(name).append("\":");
    }
    void cut(StepKey::Hole hole) {
        texts.push_back(std::move(text_));
        text_.clear();
        holes.push_back(hole);
    }
    void end() { texts.push_back(std::move(text_)); }

    std::vector<std::string> texts;
    std::vector<StepKey::Hole> holes;

private:
    std::string text_;
};

void add_parameters(CutText& text, const StepModel& step, const KeyParameters& parameters) {
    text.add("{");
    bool first = true;
    for (const auto& [name, hole] : parameters.holes) {  // names are ASCII: byte order is RFC 8785's
        const auto* parameter = step.schema->parameter(name);
        if (parameter == nullptr || !counts(*parameter)) continue;
        text.add_name(name, std::exchange(first, false));
        if (hole)
            text.cut(*hole);
        else
            text.add(canonical_json(parameters.values[name]));
    }
    text.add("}");
}

}  // namespace

StepKey::StepKey(const StepModel& step, const StepJobs& jobs, const Job& example, unsigned cores,
                 const std::string& device) {
    Json rest = step.schema->uses_device ? store::device_extras(cores, device) : Json::object();
    rest["step"] = step.schema->name;
    rest["content_version"] = step.schema->content_version;
    rest["parameters"] = nullptr;
    rest["seed"] = nullptr;
    CutText text;
    text.add("{");
    bool first = true;
    for (const auto& [name, value] : rest.items()) {
        text.add_name(name, std::exchange(first, false));
        if (name == "parameters")
            add_parameters(text, step, parameters_of(step, jobs, example));
        else if (name == "seed")
            text.cut({true, false, 0});
        else
            text.add(canonical_json(value));
    }
    text.add("}");
    text.end();
    texts_ = std::move(text.texts);
    holes_ = std::move(text.holes);
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
