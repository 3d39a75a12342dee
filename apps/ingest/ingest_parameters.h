// ingest's parameters as a struct; described in schemas/steps/ingest.json.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "step/step.h"
#include "store/dataset_writer.h"
#include "store/manifest.h"

namespace cohort::ingest {

struct IngestParameters {
    std::optional<std::filesystem::path> input, labels, table;
    std::string layout = "auto";
    std::string pattern;
    bool keep_unlabelled = false;
    std::vector<std::string> label_names;  ///< as typed: VALUE=NAME
    std::optional<store::Privacy> privacy;
    store::Codec codec = store::Codec::fast;

    static IngestParameters from_json(const Json& parameters);

    /// value → name; Error(usage) for what is not VALUE=NAME, and for a value named twice.
    std::map<std::int64_t, std::string> names_by_value() const;
};

/// Faults that the schema cannot express.
std::vector<step::Finding> findings_of(const IngestParameters& parameters);

}  // namespace cohort::ingest
