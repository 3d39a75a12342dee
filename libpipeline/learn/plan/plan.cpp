#include "learn/plan/plan.h"

#include <cmath>

#include "core/error.h"
#include "core/files.h"
#include "learn/plan/network_names.h"

namespace cohort::learn {
namespace {

constexpr std::int64_t most_features = 4096;
constexpr std::int64_t longest_edge = 2048;

[[noreturn]] void refuse(std::string_view where, const std::string& what) {
    throw Error(Exit::bad_input, std::string(where) + ": " + what);
}

Json choice(const Plan& plan, const std::string& name, Json value) {
    const auto reason = plan.reasons.find(name);
    return {{"value", std::move(value)}, {"reason", reason == plan.reasons.end() ? "given" : reason->second}};
}

/// Reads choices out of plan.json; every sentence names the file and the choice.
class Choices {
public:
    Choices(const Json& choices, std::string_view where, Plan& plan) : choices_(choices), where_(where), plan_(plan) {}

    const Json& value(const std::string& name) {
        const auto& entry = member(choices_, name, where_);
        plan_.reasons[name] = text_member(entry, "reason", where_);
        return member(entry, "value", where_);
    }
    std::int64_t integer(const std::string& name, std::int64_t low, std::int64_t high) {
        return integer_of(value(name), name, low, high);
    }
    std::int64_t integer_of(const Json& json, const std::string& name, std::int64_t low, std::int64_t high) const {
        if (!json.is_number_integer()) refuse(where_, name + " must be an integer.");
        const auto number = json.get<std::int64_t>();
        if (number < low || number > high)
            refuse(where_, name + " is " + std::to_string(number) + ", but must lie between " + std::to_string(low) +
                               " and " + std::to_string(high) + ".");
        return number;
    }
    double number(const std::string& name, double low, double high) {
        const auto& json = value(name);
        if (!json.is_number()) refuse(where_, name + " must be a number.");
        const auto found = json.get<double>();
        if (!(found >= low && found <= high))
            refuse(where_, name + " is " + shortest(found) + ", but must lie between " + shortest(low) + " and " +
                               shortest(high) + ".");
        return found;
    }
    std::string text(const std::string& name) {
        const auto& json = value(name);
        if (!json.is_string()) refuse(where_, name + " must be text.");
        return json.get<std::string>();
    }
    bool flag(const std::string& name) {
        const auto& json = value(name);
        if (!json.is_boolean()) refuse(where_, name + " must be true or false.");
        return json.get<bool>();
    }
    std::vector<std::string> texts(const std::string& name) {
        const auto& json = value(name);
        const bool all_text = json.is_array() && std::all_of(json.begin(), json.end(),
                                                             [](const Json& entry) { return entry.is_string(); });
        if (!all_text) refuse(where_, name + " must be a list of texts.");
        return json.get<std::vector<std::string>>();
    }
    Extent3 extent_of(const Json& json, const std::string& name, std::int64_t high) const {
        if (!json.is_array() || json.size() != 3) refuse(where_, name + " must be three integers, along x, y, z.");
        Extent3 extent{};
        for (std::size_t axis = 0; axis < 3; ++axis) extent[axis] = integer_of(json[axis], name, 1, high);
        return extent;
    }

private:
    const Json& choices_;
    std::string_view where_;
    Plan& plan_;
};

std::vector<Stage> stages_of(Choices& choices, std::string_view where) {
    const Json features = choices.value("features");
    const Json strides = choices.value("strides");
    const Json kernels = choices.value("kernels");
    if (!features.is_array() || !strides.is_array() || !kernels.is_array() || features.size() != strides.size() ||
        features.size() != kernels.size() || features.size() < 2 || features.size() > 8)
        refuse(where,
               "features, strides and kernels must be lists of equal length, one entry for each of 2 to 8 stages.");
    std::vector<Stage> stages(features.size());
    for (std::size_t i = 0; i < stages.size(); ++i) {
        stages[i].features = choices.integer_of(features[i], "features", 1, most_features);
        stages[i].stride = choices.extent_of(strides[i], "strides", 4);
        stages[i].kernel = choices.extent_of(kernels[i], "kernels", 7);
        for (const auto edge : stages[i].kernel)
            if (edge % 2 == 0) refuse(where, "kernels must be odd along every axis.");
    }
    if (stages.front().stride != Extent3{1, 1, 1}) refuse(where, "the first stage must have stride 1.");
    return stages;
}

std::string known_network(const std::string& name, std::string_view where) {
    std::vector<std::string> names;
    for (const auto& network : all_networks()) {
        if (network.name == name) return name;
        names.emplace_back(network.name);
    }
    const auto hint = did_you_mean(name, names);
    refuse(where, "there is no network '" + printable(name) + "'; " + (hint.empty() ? "choose another plan." : hint));
}

}  // namespace

std::string_view name_of(Optimiser optimiser) { return optimiser == Optimiser::adamw ? "adamw" : "sgd"; }
std::string_view name_of(Schedule schedule) { return schedule == Schedule::cosine ? "cosine" : "poly"; }

std::string_view name_of(Precision precision) { return precision == Precision::float32 ? "float32" : "bfloat16"; }

Extent3 Plan::total_stride() const {
    Extent3 total{1, 1, 1};
    for (const auto& stage : stages)
        for (std::size_t axis = 0; axis < 3; ++axis) total[axis] *= stage.stride[axis];
    return total;
}

Json to_json(const Plan& plan) {
    Json features = Json::array(), strides = Json::array(), kernels = Json::array();
    for (const auto& stage : plan.stages) {
        features.push_back(stage.features);
        strides.push_back(stage.stride);
        kernels.push_back(stage.kernel);
    }
    Json choices = Json::object();
    const auto put = [&](const std::string& name, Json value) { choices[name] = choice(plan, name, std::move(value)); };
    put("patch_size", plan.patch);
    put("features", features);
    put("strides", strides);
    put("kernels", kernels);
    put("convolutions_per_stage", plan.convolutions);
    put("deep_supervision", plan.deep_supervision);
    put("batch_size", plan.batch);
    put("precision", name_of(plan.precision));
    put("optimiser", name_of(plan.optimiser));
    put("schedule", name_of(plan.schedule));
    put("learning_rate", plan.learning_rate);
    put("weight_decay", plan.weight_decay);
    put("weight_averaging", plan.weight_averaging);
    put("foreground_share", plan.foreground_share);
    put("augmentation", plan.augmentation);
    put("transforms", plan.transforms);
    put("normalisation", "z-score");
    return {{"format", 1}, {"network", plan.network}, {"choices", choices}};
}

Plan plan_from_json(const Json& json, std::string_view where) {
    if (integer_member(json, "format", where) != 1) refuse(where, "its format is not 1; this version cannot read it.");
    Plan plan;
    plan.network = known_network(text_member(json, "network", where), where);
    Choices choices(member(json, "choices", where), where, plan);
    plan.stages = stages_of(choices, where);
    plan.patch = choices.extent_of(choices.value("patch_size"), "patch_size", longest_edge);
    plan.convolutions = choices.integer("convolutions_per_stage", 1, 8);
    plan.deep_supervision = choices.flag("deep_supervision");
    plan.batch = choices.integer("batch_size", 1, 1024);
    const auto precision = choices.text("precision");
    if (precision != "float32" && precision != "bfloat16") refuse(where, "precision must be float32 or bfloat16.");
    plan.precision = precision == "float32" ? Precision::float32 : Precision::bfloat16;
    const auto optimiser = choices.text("optimiser");
    if (optimiser != "adamw" && optimiser != "sgd") refuse(where, "optimiser must be adamw or sgd.");
    plan.optimiser = optimiser == "adamw" ? Optimiser::adamw : Optimiser::sgd;
    const auto schedule = choices.text("schedule");
    if (schedule != "cosine" && schedule != "poly") refuse(where, "schedule must be cosine or poly.");
    plan.schedule = schedule == "cosine" ? Schedule::cosine : Schedule::poly;
    plan.learning_rate = choices.number("learning_rate", 1e-12, 100);
    plan.weight_decay = choices.number("weight_decay", 0, 10);
    plan.weight_averaging = choices.number("weight_averaging", 0, 0.99999);
    plan.foreground_share = choices.number("foreground_share", 0, 1);
    plan.augmentation = choices.text("augmentation");
    plan.transforms = choices.texts("transforms");
    if (choices.text("normalisation") != "z-score") refuse(where, "normalisation must be z-score.");
    const auto total = plan.total_stride();
    for (std::size_t axis = 0; axis < 3; ++axis)
        if (plan.patch[axis] % total[axis] != 0)
            refuse(where, "patch_size must be divisible by the strides: along " + std::string(1, "xyz"[axis]) + " " +
                              std::to_string(plan.patch[axis]) + " is not divisible by " + std::to_string(total[axis]) +
                              ".");
    return plan;
}

Digest plan_digest(const Plan& plan) { return sha256(canonical_json(to_json(plan))); }

NetworkSize network_size(const Plan& plan, std::int64_t channels, std::int64_t classes) {
    NetworkSize size;
    Extent3 extent = plan.patch;
    std::int64_t below = channels;
    std::vector<std::int64_t> voxels;
    for (const auto& stage : plan.stages) {
        std::int64_t taps = 1;
        for (std::size_t axis = 0; axis < 3; ++axis) {
            extent[axis] /= stage.stride[axis];
            taps *= stage.kernel[axis];
        }
        voxels.push_back(extent[0] * extent[1] * extent[2]);
        size.feature_values += plan.convolutions * stage.features * voxels.back();
        size.weights += taps * stage.features * (below + (plan.convolutions - 1) * stage.features);
        below = stage.features;
    }
    for (std::size_t s = plan.stages.size() - 1; s-- > 0;) {
        const auto& stage = plan.stages[s];
        const auto& lower = plan.stages[s + 1];
        const auto taps = stage.kernel[0] * stage.kernel[1] * stage.kernel[2];
        size.feature_values += (plan.convolutions + 2) * stage.features * voxels[s];  // with up-sampling and joining
        size.weights += lower.features * stage.features * lower.stride[0] * lower.stride[1] * lower.stride[2];
        size.weights += taps * stage.features * (plan.convolutions + 1) * stage.features;
    }
    size.feature_values += 3 * classes * voxels.front();
    size.weights += classes * plan.stages.front().features;
    return size;
}

namespace {
constexpr std::uint64_t library_bytes = std::uint64_t{400} << 20;  // LibTorch and its libraries, resident
}

std::uint64_t training_bytes(const Plan& plan, std::int64_t channels, std::int64_t classes) {
    const auto size = network_size(plan, channels, classes);
    // Kept per convolution: its output and the norm's output; while going back: their gradients and oneDNN's scratch.
    return library_bytes + static_cast<std::uint64_t>(size.weights) * 4 * 7 +
           static_cast<std::uint64_t>(plan.batch) * static_cast<std::uint64_t>(size.feature_values) * 4 * 4;
}

std::uint64_t prediction_bytes(const Plan& plan, std::int64_t channels, std::int64_t classes) {
    const auto size = network_size(plan, channels, classes);
    return library_bytes + static_cast<std::uint64_t>(size.weights) * 4 * 2 +
           static_cast<std::uint64_t>(size.feature_values) * 4 * 2;
}

}  // namespace cohort::learn
