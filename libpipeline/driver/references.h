// References in a pipeline's texts: ${name}, ${steps.S}, ${steps.S.*}.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cohort::driver {

struct ReferencePiece {
    enum class Kind { text, name, step, gather } kind = Kind::text;
    std::string text;  ///< the text itself, or the name of the variable, matrix key or step
};

struct ReferenceText {
    std::vector<ReferencePiece> pieces;  ///< texts are never empty and never stand side by side
    std::string fault;                   ///< a sentence when the text is malformed
};

/// "$${" stands for a literal "${". Blanks around a name are allowed.
ReferenceText parse_references(std::string_view text);

}  // namespace cohort::driver
