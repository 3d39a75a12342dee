#include "formats/layouts/pattern.h"

#include <algorithm>

#include "core/error.h"
#include "core/files.h"

namespace cohort::layouts {

namespace {

const std::vector<std::string>& known_fields() {
    static const std::vector<std::string> fields{"channel", "id", "session", "subject"};
    return fields;
}

constexpr std::size_t most_fields = 12;
/// Backtracking over hostile names ends here; ordinary names need a few dozen steps.
constexpr std::size_t most_steps = 200'000;

}  // namespace

struct Pattern::Attempt {
    std::string_view path;
    std::map<std::string, std::string> fields;
    std::size_t steps = 0;
};

Pattern::Pattern(std::string text) {
    const auto wrong = [&](const std::string& what) {
        return Error(Exit::usage, "--pattern " + printable(text) + ": " + what);
    };
    for (std::size_t at = 0; at < text.size();) {
        const auto open = std::min(text.find('{', at), text.size());
        if (open > at) parts_.push_back({text.substr(at, open - at), false});
        if (open == text.size()) break;
        const auto close = text.find('}', open);
        if (close == std::string::npos) throw wrong("a '{' is not closed.");
        const auto name = text.substr(open + 1, close - open - 1);
        const auto& known = known_fields();
        if (std::find(known.begin(), known.end(), name) == known.end())
            throw wrong("there is no field {" + printable(name) + "}; " + did_you_mean(name, known) +
                        "the fields are {id}, {subject}, {session} and {channel}.");
        parts_.push_back({name, true});
        at = close + 1;
    }
    if (!has("id") && !has("subject")) throw wrong("it needs {id} or {subject}.");
    if (parts_.size() > 2 * most_fields) throw wrong("it has too many fields.");
}

bool Pattern::has(std::string_view field) const {
    return std::any_of(parts_.begin(), parts_.end(),
                       [&](const Part& part) { return part.is_field && part.text == field; });
}

Pattern Pattern::without_channel() const {
    Pattern shorter;
    for (const auto& part : parts_) {
        if (!part.is_field || part.text != "channel") {
            shorter.parts_.push_back(part);
            continue;
        }
        if (shorter.parts_.empty() || shorter.parts_.back().is_field) continue;
        auto& before = shorter.parts_.back().text;
        if (before.ends_with('_') || before.ends_with('-') || before.ends_with('.')) before.pop_back();
        if (before.empty()) shorter.parts_.pop_back();
    }
    return shorter;
}

bool Pattern::match_from(Attempt& attempt, std::size_t index, std::size_t at) const {
    if (++attempt.steps > most_steps) return false;
    if (index == parts_.size()) return at == attempt.path.size();
    const Part& part = parts_[index];
    const auto rest = attempt.path.substr(at);
    if (!part.is_field) return rest.starts_with(part.text) && match_from(attempt, index + 1, at + part.text.size());
    if (const auto known = attempt.fields.find(part.text); known != attempt.fields.end())
        return rest.starts_with(known->second) && match_from(attempt, index + 1, at + known->second.size());
    const auto longest = std::min(rest.find('/'), rest.size());
    for (std::size_t length = 1; length <= longest; ++length) {
        attempt.fields[part.text] = rest.substr(0, length);
        if (match_from(attempt, index + 1, at + length)) return true;
    }
    attempt.fields.erase(part.text);
    return false;
}

std::optional<std::map<std::string, std::string>> Pattern::match(std::string_view path) const {
    Attempt attempt{path, {}, 0};
    if (!match_from(attempt, 0, 0)) return std::nullopt;
    return attempt.fields;
}

}  // namespace cohort::layouts
