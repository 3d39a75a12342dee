// content.labels of a dataset: which values its labels may have.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/json.h"

namespace cohort::curate {

/// Names by array and value. Empty when the dataset names no labels.
struct LabelTable {
    std::map<std::string, std::map<std::int64_t, std::string>> arrays;

    /// The values of an array; null where the table does not mention it.
    const std::map<std::int64_t, std::string>* of(const std::string& array) const {
        const auto place = arrays.find(array);
        return place == arrays.end() ? nullptr : &place->second;
    }
};
LabelTable label_table(const Json& content);  ///< Error(bad_input) when content.labels has another shape

/// A channel of the dataset, in training order.
struct Channel {
    std::string name, array;
    std::int64_t index = 0;  ///< along c
};
std::vector<Channel> channel_table(const Json& content);  ///< empty when content.channels is absent

}  // namespace cohort::curate
