#include "apps/augment/augment_parameters.h"

#include "core/error.h"

namespace cohort::augmentation {

AugmentParameters augment_parameters(const Json& json, std::vector<std::string>* faults) {
    AugmentParameters parameters;
    parameters.recipe_name = json.at("recipe").get<std::string>();
    parameters.recipe = augment::recipe_named(parameters.recipe_name);
    for (const auto& entry : json.at("transform")) {
        const auto fault = augment::change_recipe(parameters.recipe, entry.get<std::string>());
        if (fault.empty()) continue;
        if (!faults) throw Error(Exit::usage, "--transform: " + fault);
        faults->push_back(fault);
    }
    parameters.copies = json.at("copies").get<std::uint64_t>();
    parameters.keeps_originals = !json.at("drop_originals").get<bool>();
    parameters.preview = json.value("preview", std::string());
    return parameters;
}

}  // namespace cohort::augmentation
