// The networks that a plan may name (known without torch; what they are stands in learn/networks).
#pragma once

#include <span>
#include <string_view>

namespace cohort::learn {

struct NetworkName {
    std::string_view name;
    std::string_view about;  ///< a sentence
};

/// In the order of learn/networks/registry.cpp.
std::span<const NetworkName> all_networks();

}  // namespace cohort::learn
