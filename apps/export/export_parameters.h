// export's parameters as a struct; described in schemas/steps/export.json.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"

namespace cohort::exporting {

enum class Format { nifti, nnunet };

struct ExportParameters {
    Format format = Format::nifti;
    std::vector<std::string> arrays;  ///< empty: all
    std::optional<std::int64_t> dataset_id;
    std::string dataset_name;
    bool allow_identified = false;

    bool wants(const std::string& array) const {
        return arrays.empty() || std::find(arrays.begin(), arrays.end(), array) != arrays.end();
    }

    static ExportParameters from_json(const Json& json) {
        ExportParameters p;
        p.format = json.value("format", "nifti") == "nnunet" ? Format::nnunet : Format::nifti;
        if (json.contains("arrays")) p.arrays = json["arrays"].get<std::vector<std::string>>();
        if (json.contains("dataset_id")) p.dataset_id = json["dataset_id"].get<std::int64_t>();
        p.dataset_name = json.value("dataset_name", "cohort");
        p.allow_identified = json.value("allow_identified", false);
        return p;
    }
};

}  // namespace cohort::exporting
