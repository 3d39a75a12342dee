#include "learn/class_table.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace cohort::learn {

ClassTable::ClassTable(std::vector<LabelValue> labels) : labels_(std::move(labels)) {
    std::sort(labels_.begin(), labels_.end(), [](const auto& a, const auto& b) { return a.value < b.value; });
    for (std::size_t i = 1; i < labels_.size(); ++i)
        if (labels_[i].value == labels_[i - 1].value)
            throw Error(Exit::bad_input, "label value " + std::to_string(labels_[i].value) +
                                             " is listed twice; the table of labels must name each value once.");
}

std::optional<std::int64_t> ClassTable::class_of(double value) const {
    const auto at = std::lower_bound(labels_.begin(), labels_.end(), value, [](const LabelValue& label, double v) {
        return static_cast<double>(label.value) < v;
    });
    if (at == labels_.end() || static_cast<double>(at->value) != value) return std::nullopt;
    return at - labels_.begin();
}

std::vector<std::int64_t> ClassTable::foreground() const {
    std::vector<std::int64_t> result;
    for (std::int64_t c = 0; c < classes(); ++c)
        if (value_of(c) != 0) result.push_back(c);
    return result;
}

ClassTable class_table(const Json& content, const std::string& array, std::string_view where) {
    std::vector<LabelValue> labels;
    if (const auto all = content.find("labels"); all != content.end() && all->is_array())
        for (const auto& entry : *all) {
            const auto of = entry.find("array");
            if (of != entry.end() && of->is_string() && of->get<std::string>() != array) continue;
            labels.push_back({integer_member(entry, "value", where), text_member(entry, "name", where)});
        }
    if (labels.size() < 2)
        throw Error(Exit::bad_input, std::string(where) + " lists " + std::to_string(labels.size()) +
                                         " values of the array '" + array +
                                         "'; learning needs at least two, background among them.");
    if (labels.size() > 1024)
        throw Error(Exit::bad_input, std::string(where) + " lists " + std::to_string(labels.size()) +
                                         " label values; at most 1024 can be learnt at once.");
    return ClassTable(std::move(labels));
}

Json to_json(const ClassTable& table, const std::string& array) {
    Json result = Json::array();
    for (const auto& label : table.labels())
        result.push_back({{"array", array}, {"name", label.name}, {"value", label.value}});
    return result;
}

}  // namespace cohort::learn
