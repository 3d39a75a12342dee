#include "core/volume.h"

#include <catch2/catch.hpp>

#include "core/error.h"

using namespace cohort;

TEST_CASE("voxel types have the names, sizes and classes of the file format") {
    const std::vector<std::pair<std::string, std::size_t>> expected{{"u8", 1},  {"i8", 1},  {"u16", 2}, {"i16", 2}, {"u32", 4},
                                                                    {"i32", 4}, {"u64", 8}, {"i64", 8}, {"f32", 4}, {"f64", 8},
                                                                    {"c64", 8}, {"c128", 16}, {"bool", 1}};
    for (const auto& [name, size] : expected) {
        const auto type = voxel_type_named(name);
        REQUIRE(type);
        CHECK(name_of(*type) == name);
        CHECK(size_of(*type) == size);
        CHECK((is_integer(*type) + is_float(*type) + is_complex(*type)) == 1);
    }
    CHECK_FALSE(voxel_type_named("float"));
}

TEST_CASE("a volume knows its extents by name and refuses shapes that do not fit") {
    const Volume volume(VoxelType::i16, {4, 3, 2}, axes_named("xyt"));
    CHECK(volume.size() == 24);
    CHECK(volume.bytes().size() == 48);
    CHECK(volume.extent("t") == 2);
    CHECK(volume.extent("z") == 1);
    CHECK_THROWS_AS(Volume(VoxelType::u8, {4, 0}, axes_named("xy")), Error);
    CHECK_THROWS_AS(Volume(VoxelType::u8, {4}, axes_named("xy")), Error);
    try {
        const Volume huge(VoxelType::c128, {INT64_MAX / 2, 3}, axes_named("xy"));
        FAIL("was allocated");
    } catch (const Error& error) {
        CHECK(error.code() == Exit::resources);
    }
}

TEST_CASE("scaling is per array or per index of one axis") {
    Volume volume(VoxelType::u8, {2, 1, 3}, axes_named("xyt"));
    std::uint8_t next = 0;
    for (auto& value : volume.values<std::uint8_t>()) value = next++;
    const Volume whole = scaled_f32(volume, Scale{{2}, {1}});
    CHECK(whole.values<float>()[5] == 11);
    const Volume per = scaled_f32(volume, Scale{{1, 10, 100}, {0, 0, 1}, "t"});
    const auto values = per.values<float>();
    CHECK(std::vector<float>(values.begin(), values.end()) == std::vector<float>{0, 1, 20, 30, 401, 501});
}
