// libFuzzer target: any bytes are read as .nii, .nii.gz and .hdr (with themselves as .img); what was read is written
// and read again, and must be the same.
#include <cstdint>
#include <cstdlib>

#include "formats/nifti/nifti_reader.h"
#include "formats/nifti/nifti_writer.h"

namespace {

void read_twice(std::string_view name, std::span<const std::byte> bytes) {
    using namespace cohort;
    (void)nifti::promised_bytes(name, bytes, bytes.size());
    const auto first = nifti::read_nifti(name, bytes, bytes, {});
    const auto* image = std::get_if<Image>(&first);
    if (!image) return;
    const auto files =
        nifti::write_nifti(image->voxels, image->geometry, image->scale, &image->header, nifti::Packing::plain);
    std::optional<std::span<const std::byte>> voxels;
    if (files.size() == 2) voxels = files[1].bytes;
    const auto second = nifti::read_nifti("again" + files[0].ending, files[0].bytes, voxels, {});
    const auto* again = std::get_if<Image>(&second);
    if (!again || text_of(again->voxels.bytes()) != text_of(image->voxels.bytes()) || again->header != image->header)
        std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
    for (const auto* name : {"a.nii", "a.nii.gz", "a.hdr"}) read_twice(name, bytes);
    return 0;
}
