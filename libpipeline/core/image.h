// An image as a format's reader hands it over, and what a reader may be told.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/geometry.h"
#include "core/json.h"
#include "core/quarantine.h"
#include "core/volume.h"

namespace cohort {

/// Something worth saying about a file that was read all the same; becomes a flag of its sample.
struct Remark {
    std::string check;    ///< a stable word, kebab-case
    std::string message;  ///< one sentence
    friend bool operator==(const Remark&, const Remark&) = default;
};

/// Voxels exactly as stored (type and value), and what the file says about them.
struct Image {
    Volume voxels;
    Geometry geometry;  ///< world in RAS+ mm, or none
    Scale scale;        ///< stored value × slope + offset
    std::vector<Remark> remarks;
    Json header = Json::object();  ///< {format, fields, …}: enough to write the same header again
};

using ReadImage = std::variant<Image, Quarantined>;

/// What the caller knows and the file does not say.
struct ReadOptions {
    std::int64_t fourth_axis_channels = 0;  ///< NIfTI's dim 4 is `c` when it is this long; 0: always `t`
    bool palette_as_index = false;          ///< PNG palettes give their indices (labels), not their colours
};

/// Marks an axis `c` of 3 or 4 as colour (red, green, blue, alpha): its unit.
inline constexpr const char* colour_unit = "colour";

}  // namespace cohort
