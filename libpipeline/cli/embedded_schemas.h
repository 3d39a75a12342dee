// The schemas as compiled-in text; the table is generated from schemas/ by scripts/cmake/embed_schemas.cmake.
#pragma once

#include <span>
#include <string_view>

namespace cohort::cli {

struct EmbeddedSchema {
    std::string_view name;  ///< path below schemas/ without ".json": "options", "steps/ingest"
    std::string_view text;
};

std::span<const EmbeddedSchema> embedded_schemas();

}  // namespace cohort::cli
