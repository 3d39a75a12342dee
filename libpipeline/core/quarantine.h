// A sample that cannot be used: set aside with a stable reason and a sentence, while the batch goes on.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/json.h"

namespace cohort {

/// Why an input was set aside. A reader returns it instead of a value; a step hands it to the quarantine writer.
struct Quarantined {
    std::string reason;   ///< a stable word of all_reasons()
    std::string message;  ///< one sentence for people
    Json details = Json::object();
};

struct Reason {
    std::string_view word;   ///< stable, kebab-case
    std::string_view about;  ///< what it means, a sentence
};

/// Every reason word that a step may use, in one list (documented in apps/README.md).
std::span<const Reason> all_reasons();
bool is_reason(std::string_view word);

}  // namespace cohort
