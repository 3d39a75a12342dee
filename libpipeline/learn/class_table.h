// Label values and the classes that a network counts from 0: gaps in the numbers are fine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"

namespace cohort::learn {

/// One value of the label array. Class numbers are positions in this table, which is sorted by value.
struct LabelValue {
    std::int64_t value = 0;
    std::string name;
    friend bool operator==(const LabelValue&, const LabelValue&) = default;
};

class ClassTable {
public:
    ClassTable() = default;
    explicit ClassTable(std::vector<LabelValue> labels);  ///< sorted here; equal values are Error(bad_input)

    std::int64_t classes() const { return static_cast<std::int64_t>(labels_.size()); }
    const std::vector<LabelValue>& labels() const { return labels_; }
    std::int64_t value_of(std::int64_t class_number) const {
        return labels_[static_cast<std::size_t>(class_number)].value;
    }
    /// Nothing when the table lacks the value, or it is no integer.
    std::optional<std::int64_t> class_of(double value) const;
    /// The class of value 0, if there is one: it does not enter the Dice.
    std::optional<std::int64_t> background() const { return class_of(0); }
    std::vector<std::int64_t> foreground() const;  ///< class numbers but the background's

    friend bool operator==(const ClassTable&, const ClassTable&) = default;

private:
    std::vector<LabelValue> labels_;
};

/// The entries of content.labels that belong to `array`. Error(bad_input) naming `where` when there are fewer than two.
ClassTable class_table(const Json& content, const std::string& array, std::string_view where);
Json to_json(const ClassTable& table, const std::string& array);  ///< [{array, name, value}]

}  // namespace cohort::learn
