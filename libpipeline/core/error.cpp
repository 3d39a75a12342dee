#include "core/error.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/files.h"

namespace cohort {

Error::Error(Exit code, const std::string& sentence) : code_(code), sentence_(printable_text(sentence)) { compose(); }

void Error::add_context(const std::string& doing) {
    context_.push_back("while " + printable_text(doing));
    compose();
}

void Error::compose() {
    text_ = sentence_;
    if (context_.empty()) return;
    text_ += " [";
    for (std::size_t i = 0; i < context_.size(); ++i) text_ += (i ? ", " : "") + context_[i];
    text_ += "]";
}

namespace {

/// Levenshtein distance with adjacent transpositions (optimal string alignment): "fodls" is one slip from "folds".
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1), previous(b.size() + 1), current(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) previous[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        current[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
            current[j] = std::min({previous[j] + 1, current[j - 1] + 1, previous[j - 1] + change});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                current[j] = std::min(current[j], before[j - 2] + 1);
        }
        std::swap(before, previous);
        std::swap(previous, current);
    }
    return previous[b.size()];
}

}  // namespace

std::string did_you_mean(std::string_view typed, const std::vector<std::string>& known) {
    if (typed.size() > 200) return "";
    std::size_t nearest = std::max<std::size_t>(1, typed.size() / 3) + 1;
    const std::string* best = nullptr;
    for (const auto& name : known) {
        const auto distance = edit_distance(typed, name);
        if (distance < nearest) nearest = distance, best = &name;
    }
    return best ? "did you mean '" + *best + "'? " : "";
}

std::string errno_text(int number) {
    char buffer[256];
    return strerror_r(number, buffer, sizeof buffer);  // GNU variant: returns the text, reentrant
}

Exit exit_for_write(int number) {
    return number == ENOSPC || number == EDQUOT || number == EFBIG ? Exit::resources : Exit::output;
}

}  // namespace cohort
