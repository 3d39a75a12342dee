#include "apps/train/train_parameters.h"

namespace cohort::train {
namespace {

template <class T>
std::optional<T> given(const Json& json, const char* name) {
    const auto found = json.find(name);
    if (found == json.end() || found->is_null()) return std::nullopt;
    return found->get<T>();
}

}  // namespace

TrainParameters from_json(const Json& json) {
    TrainParameters p;
    p.fold = given<std::string>(json, "fold").value_or("");
    p.label = json.at("label").get<std::string>();
    p.budget = {given<double>(json, "minutes"), given<double>(json, "epochs"),
                given<std::uint64_t>(json, "iterations")};
    if (const auto patch = given<std::vector<std::int64_t>>(json, "patch"); patch && patch->size() == 3)
        p.wishes.patch = learn::Extent3{(*patch)[0], (*patch)[1], (*patch)[2]};
    p.wishes.stages = given<std::int64_t>(json, "stages");
    p.wishes.width = given<std::int64_t>(json, "width");
    p.wishes.batch = given<std::int64_t>(json, "batch_size");
    if (const auto name = given<std::string>(json, "precision"))
        p.wishes.precision = *name == "bfloat16" ? learn::Precision::bfloat16 : learn::Precision::float32;
    if (const auto name = given<std::string>(json, "optimiser"))
        p.wishes.optimiser = *name == "sgd" ? learn::Optimiser::sgd : learn::Optimiser::adamw;
    if (const auto name = given<std::string>(json, "schedule"))
        p.wishes.schedule = *name == "cosine" ? learn::Schedule::cosine : learn::Schedule::poly;
    p.wishes.learning_rate = given<double>(json, "learning_rate");
    p.wishes.weight_decay = given<double>(json, "weight_decay");
    p.wishes.foreground_share = given<double>(json, "foreground_share");
    if (json.at("deep_supervision").get<bool>()) p.wishes.deep_supervision = true;
    p.wishes.weight_averaging = given<double>(json, "weight_averaging");
    p.wishes.augmentation = given<std::string>(json, "augmentation");
    p.wishes.transforms = json.at("transform").get<std::vector<std::string>>();
    p.validate_every = given<std::uint64_t>(json, "validate_every");
    p.validation_cases = json.at("validation_cases").get<std::uint64_t>();
    p.checkpoint_every = json.at("checkpoint_every").get<std::uint64_t>();
    p.loader_threads = json.at("loader_threads").get<unsigned>();
    return p;
}

}  // namespace cohort::train
