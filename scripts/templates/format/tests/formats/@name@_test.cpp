#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "core/files.h"
#include "formats/@name@/@name@_reader.h"
#include "formats/@name@/@name@_writer.h"
#include "formats/registry.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

using namespace cohort;

namespace {

ReadImage read(std::string_view text) { return @name@::read_@name@("a.@name@", bytes_of(text), {}); }

std::string refusal(std::string_view text) {
    const auto result = read(text);
    const auto* quarantined = std::get_if<Quarantined>(&result);
    if (!quarantined) return "read";
    CHECK(is_reason(quarantined->reason));
    CHECK(quarantined->message.starts_with("a.@name@: "));
    return quarantined->reason;
}

}  // namespace

TEST_CASE("a .@name@ file is read with its voxels and spacing, and written the same") {
    const std::string_view text = "@name@ 3 2 1 0.5 1 2\nabcdef";
    const auto result = read(text);
    REQUIRE(std::holds_alternative<Image>(result));
    const auto& image = std::get<Image>(result);
    CHECK(image.voxels.shape() == Shape{3, 2, 1});
    CHECK(image.voxels.values<std::uint8_t>()[4] == 'e');
    CHECK(image.geometry.spacing_mm() == Vec3{.5, 1, 2});
    CHECK(!image.geometry.affine);
    CHECK(text_of(@name@::write_@name@(image.voxels, image.geometry)) == text);
}

TEST_CASE("a .@name@ file that is cut, hostile or another one is set aside with its reason") {
    CHECK(refusal("") == "empty-file");
    CHECK(refusal("P5 3 2 1\n") == "wrong-type");
    CHECK(refusal("@name@ 3 2 1 0.5 1 2\nabcde") == "truncated");
    CHECK(refusal("@name@ 100000 100000 100 1 1 1\nabc") == "truncated");
    CHECK(refusal("@name@ 9223372036854775807 9223372036854775807 2 1 1 1\n") == "bad-header");
    CHECK(refusal("@name@ 0 2 1 1 1 1\n") == "bad-header");
    CHECK(refusal("@name@ 3 2 1 nan 1 1\nabcdef") == "bad-header");
    CHECK(refusal("@name@ 3 2 1 1 1 1 9\nabcdef") == "bad-header");
    CHECK(refusal("@name@ 3 2 1 1 1 1") == "bad-header");
}

TEST_CASE("bytes after a .@name@ file's last voxel are remarked, not read") {
    const auto result = read("@name@ 1 1 1 1 1 1\nab");
    REQUIRE(std::holds_alternative<Image>(result));
    CHECK(std::get<Image>(result).remarks.size() == 1);
}

TEST_CASE("the format @name@ is listed") {
    const auto* format = formats::format_for("x.@name@");
    REQUIRE(format != nullptr);
    CHECK(format->name == "@name@");
}

TEST_CASE("every fuzz seed of @name@ is read or refused") {
    const char* const source = std::getenv("COHORT_SOURCE");
    if (source == nullptr) {
        std::cout << "skipped: COHORT_SOURCE is not set (fuzz seeds of @name@)\n";
        return;
    }
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(source) / "tests/fuzz-seeds/@name@")) {
        const auto bytes = read_file(entry.path());
        CHECK(LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()) == 0);
    }
}
