#include "core/quarantine.h"

#include <algorithm>
#include <array>

namespace cohort {

namespace {

constexpr std::array reasons{
    Reason{"bad-header", "The header contradicts itself or the format's rules."},
    Reason{"damaged", "The bytes disagree with their checksum or cannot be decoded."},
    Reason{"duplicate-content", "The decoded content equals another sample's."},
    Reason{"duplicate-id", "Two inputs lead to the same sample id."},
    Reason{"empty-file", "The file holds no bytes."},
    Reason{"empty-label", "The label holds background only."},
    Reason{"geometry-mismatch", "Arrays of one sample lie on different grids."},
    Reason{"image-missing", "A label without its image."},
    Reason{"image-constant", "Every voxel of the image has the same value."},
    Reason{"image-non-finite", "The image holds NaN or infinite voxels."},
    Reason{"label-missing", "An image without its label, where labels are given."},
    Reason{"label-not-integer", "A label holds values that are no integers after scaling."},
    Reason{"label-unknown", "A label holds a value that the dataset's label table lacks."},
    Reason{"listed-missing", "dataset.json lists a file that is not there."},
    Reason{"no-data", "A header without voxels."},
    Reason{"not-readable", "The file cannot be opened or read."},
    Reason{"spacing-unknown", "A spacing is asked for, but the image's own is not known."},
    Reason{"too-large", "There is not enough memory to decode it."},
    Reason{"truncated", "The file is shorter than its header promises."},
    Reason{"unsupported", "A known format or type that this program does not read."},
    Reason{"wrong-type", "The file is not what its name says."},
};

}  // namespace

std::span<const Reason> all_reasons() { return reasons; }

bool is_reason(std::string_view word) {
    return std::any_of(reasons.begin(), reasons.end(), [&](const Reason& r) { return r.word == word; });
}

}  // namespace cohort
