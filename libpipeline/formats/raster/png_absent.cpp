// Stands in for png_reader.cpp where libpng is not part of the build.
#include "core/files.h"
#include "formats/raster/png_reader.h"

namespace cohort::raster {

bool is_png_name(std::string_view name) { return name.ends_with(".png") || name.ends_with(".PNG"); }

ReadImage read_png(std::string_view name, std::span<const std::byte>, const ReadOptions&) {
    return Quarantined{"unsupported", printable(name) + ": reading PNG is not in this build.", Json::object()};
}

std::uint64_t promised_png_bytes(std::span<const std::byte>, std::uint64_t) { return 0; }

}  // namespace cohort::raster
