// What file names say: stems, ids, subjects, sessions.
#pragma once

#include <string>
#include <string_view>

namespace cohort::layouts {

/// Without .nii, .nii.gz, .hdr, .hdr.gz, .img, .img.gz, .png (any case); other names lose what follows their last dot.
std::string_view without_extension(std::string_view path);

/// A sample's id out of any text: `/` becomes `.`, bytes beyond [A-Za-z0-9._-] are percent-encoded, and so are the dots
/// of a text that has nothing else.
std::string id_of_text(std::string_view text);

/// Relative path without extension, `/` as `.`, bytes beyond [A-Za-z0-9._-] percent-encoded.
std::string id_of_path(std::string_view path);

/// The first run `sub-…` (or `ses-…`) between `/` and `_`, prefix included, or "".
std::string entity(std::string_view path, std::string_view prefix);

/// Any part of the path begins with a dot (.git, ._resource, .DS_Store).
bool is_hidden(std::string_view path);

/// The folder part ("" at the root) and the last part.
std::string_view folder_of(std::string_view path);
std::string_view file_of(std::string_view path);

}  // namespace cohort::layouts
