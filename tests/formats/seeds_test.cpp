// Every fuzz seed is read again: whatever once crashed a reader stays harmless.
#include <catch2/catch.hpp>

#include "formats/nifti/nifti_reader.h"
#include "formats/nifti/nifti_writer.h"
#include "formats/raster/png_reader.h"
#include "tests/formats/test_data.h"

using namespace cohort;

namespace {

std::size_t for_each_seed(const std::string& folder, const auto& work) {
    std::size_t seeds = 0;
    const char* source = std::getenv("COHORT_SOURCE");
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(source ? source : ".") /
                                                                 "tests/fuzz-seeds" / folder)) {
        INFO(entry.path());
        work(read_file(entry.path()));
        ++seeds;
    }
    return seeds;
}

}  // namespace

TEST_CASE("every NIfTI seed is read or refused, and what is read comes back from its own header") {
    const auto seeds = for_each_seed("nifti", [](const Bytes& bytes) {
        for (const std::string name : {"a.nii", "a.nii.gz", "a.hdr", "a.hdr.gz"}) {
            (void)nifti::promised_bytes(name, bytes, bytes.size());
            const auto result = nifti::read_nifti(name, bytes, bytes, {});
            if (const auto* fault = std::get_if<Quarantined>(&result)) {
                CHECK(is_reason(fault->reason));
                CHECK(fault->message.ends_with("."));
                continue;
            }
            const auto& image = std::get<Image>(result);
            CHECK(nifti::record_fits(image.header, image.voxels, image.geometry, image.scale));
        }
    });
    CHECK(seeds >= 20);
}

TEST_CASE("every PNG seed is read or refused") {
    const auto seeds = for_each_seed("png", [](const Bytes& bytes) {
        for (const bool as_index : {false, true}) {
            const auto result =
                raster::read_png("a.png", bytes, {.fourth_axis_channels = 0, .palette_as_index = as_index});
            if (const auto* fault = std::get_if<Quarantined>(&result)) CHECK(is_reason(fault->reason));
        }
    });
    CHECK(seeds >= 8);
}
