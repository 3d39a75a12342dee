#include "formats/layouts/names.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "core/files.h"

namespace cohort::layouts {

namespace {

bool ends_with_any_case(std::string_view text, std::string_view ending) {
    return text.size() > ending.size() && std::equal(ending.rbegin(), ending.rend(), text.rbegin(), [](char a, char b) {
               return a == std::tolower(static_cast<unsigned char>(b));
           });
}

}  // namespace

std::string_view folder_of(std::string_view path) {
    const auto slash = path.rfind('/');
    return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

std::string_view file_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::string_view without_extension(std::string_view path) {
    for (const std::string_view ending : {".nii.gz", ".hdr.gz", ".img.gz", ".nii", ".hdr", ".img", ".png"})
        if (ends_with_any_case(file_of(path), ending)) return path.substr(0, path.size() - ending.size());
    const auto dot = file_of(path).rfind('.');
    if (dot == std::string_view::npos || dot == 0) return path;
    return path.substr(0, path.size() - file_of(path).size() + dot);
}

std::string id_of_text(std::string_view text) {
    std::string dotted(text);
    std::replace(dotted.begin(), dotted.end(), '/', '.');
    if (dotted.find_first_not_of('.') != std::string::npos) return percent_encode(dotted);
    // Dots alone would name a folder in a shard, not a sample.
    std::string encoded;
    for (std::size_t i = 0; i < dotted.size(); ++i) encoded += "%2E";
    return encoded;
}

std::string id_of_path(std::string_view path) { return id_of_text(without_extension(path)); }

std::string entity(std::string_view path, std::string_view prefix) {
    const auto is_border = [](char c) { return c == '/' || c == '_'; };
    const std::string_view stem = without_extension(path);
    for (std::size_t begin = 0; begin < stem.size();) {
        const auto end = static_cast<std::size_t>(
            std::find_if(stem.begin() + static_cast<std::ptrdiff_t>(begin), stem.end(), is_border) - stem.begin());
        const auto part = stem.substr(begin, end - begin);
        if (part.size() > prefix.size() && part.starts_with(prefix)) return std::string(part);
        begin = end + 1;
    }
    return {};
}

bool is_hidden(std::string_view path) { return path.starts_with('.') || path.find("/.") != std::string_view::npos; }

}  // namespace cohort::layouts
