// libFuzzer target: any bytes are read or refused; what was read is written and read again, and must be the same.
#include <cstdint>
#include <cstdlib>

#include "formats/@name@/@name@_reader.h"
#include "formats/@name@/@name@_writer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace cohort;
    const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
    const auto promised = @name@::promised_@name@_bytes(bytes, size);
    const auto first = @name@::read_@name@("a.@name@", bytes, {});
    const auto* image = std::get_if<Image>(&first);
    if (!image) return 0;
    if (promised < image->voxels.bytes().size()) std::abort();
    const auto second = @name@::read_@name@("b.@name@", @name@::write_@name@(image->voxels, image->geometry), {});
    const auto* again = std::get_if<Image>(&second);
    if (!again || text_of(again->voxels.bytes()) != text_of(image->voxels.bytes()) || again->geometry != image->geometry)
        std::abort();
    return 0;
}
