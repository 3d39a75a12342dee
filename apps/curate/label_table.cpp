#include "apps/curate/label_table.h"

namespace cohort::curate {

LabelTable label_table(const Json& content) {
    LabelTable table;
    if (!content.contains("labels") || content["labels"].is_null()) return table;
    for (const auto& entry : content["labels"]) {
        const std::string where = "content.labels of the dataset's manifest";
        const auto name = entry.contains("name") && entry["name"].is_string() ? entry["name"].get<std::string>() : "";
        table.arrays[text_member(entry, "array", where)][integer_member(entry, "value", where)] = name;
    }
    return table;
}

std::vector<Channel> channel_table(const Json& content) {
    std::vector<Channel> channels;
    if (!content.contains("channels") || content["channels"].is_null()) return channels;
    for (const auto& entry : content["channels"]) {
        const std::string where = "content.channels of the dataset's manifest";
        const auto index = entry.contains("index") && entry["index"].is_number_integer() ? entry["index"].get<std::int64_t>() : 0;
        channels.push_back({text_member(entry, "name", where), text_member(entry, "array", where), index});
    }
    return channels;
}

}  // namespace cohort::curate
