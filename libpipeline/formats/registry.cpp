#include "formats/registry.h"

#include <array>

#include "core/files.h"
#include "formats/nifti/nifti_reader.h"
#include "formats/raster/png_reader.h"

namespace cohort::formats {

namespace {

using Span = std::span<const std::byte>;

constexpr std::array formats{
    Format{"nifti", "NIfTI-1 and NIfTI-2: .nii, .hdr with .img, each also gzip-compressed.", nifti::is_nifti_name,
           nifti::read_nifti, nifti::promised_bytes},
    Format{"png", "PNG, 1 to 16 bits, grey, colour or palette.", raster::is_png_name,
           [](std::string_view name, Span file, std::optional<Span>, const ReadOptions& options) {
               return raster::read_png(name, file, options);
           },
           [](std::string_view, Span beginning, std::uint64_t file_bytes) {
               return raster::promised_png_bytes(beginning, file_bytes);
           }},
};

}  // namespace

std::span<const Format> all_formats() { return formats; }

const Format* format_for(std::string_view name) {
    for (const auto& format : formats)
        if (format.takes(name)) return &format;
    return nullptr;
}

ReadImage read_image(std::string_view name, Span file, std::optional<Span> second, const ReadOptions& options) {
    if (const auto* format = format_for(name)) return format->read(name, file, second, options);
    return Quarantined{"unsupported", printable(name) + ": no format of this program has this kind of name.",
                       Json::object()};
}

}  // namespace cohort::formats
