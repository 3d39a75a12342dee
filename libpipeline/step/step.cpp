#include "step/step.h"

#include "core/error.h"

namespace cohort::step {

const Input& Inputs::one(std::string_view parameter) const {
    const auto& inputs = all(parameter);
    if (inputs.size() != 1)
        throw Error(Exit::bug, "the step asks for one input '" + std::string(parameter) + "', there are " +
                                   std::to_string(inputs.size()) + "; please report this.");
    return inputs.front();
}

const Input* Inputs::optional(std::string_view parameter) const {
    return all(parameter).empty() ? nullptr : &one(parameter);
}

const std::vector<Input>& Inputs::all(std::string_view parameter) const {
    static const std::vector<Input> none;
    const auto found = by_name.find(parameter);
    return found == by_name.end() ? none : found->second;
}

}  // namespace cohort::step
