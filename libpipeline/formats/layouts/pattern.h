// Name templates: {subject}/{session}/{id}_{channel}.nii.gz
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cohort::layouts {

/// A template over whole relative paths. A field is the shortest run of one or more characters without `/` that lets
/// the rest match; a field that occurs twice must be the same text both times.
class Pattern {
public:
    /// Error(usage): an unknown field, a brace that is not closed, neither {id} nor {subject}, more than 12 fields.
    explicit Pattern(std::string text);

    /// Field → text, or nothing when the path does not match.
    std::optional<std::map<std::string, std::string>> match(std::string_view path) const;

    bool has(std::string_view field) const;
    /// The same without {channel} and the `_`, `-` or `.` before it: how the label of such images is named.
    Pattern without_channel() const;

private:
    struct Part {
        std::string text;
        bool is_field = false;
    };
    Pattern() = default;
    struct Attempt;
    bool match_from(Attempt& attempt, std::size_t part, std::size_t at) const;
    std::vector<Part> parts_;
};

}  // namespace cohort::layouts
