// libFuzzer target: any bytes are read as PNG, with colours and as indices.
#include <cstdint>

#include "formats/raster/png_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
    (void)cohort::raster::promised_png_bytes(bytes, size);
    for (const bool as_index : {false, true})
        (void)cohort::raster::read_png("a.png", bytes, {.fourth_axis_channels = 0, .palette_as_index = as_index});
    return 0;
}
