#include <catch2/catch.hpp>

#include <random>
#include <set>

#include "store/chunk_grid.h"
#include "tests/shards/random_volume.h"

using namespace shard_test;

TEST_CASE("chunks follow the rule: about 32 along x, y, z, 128 in thin volumes, 1 along other axes, small arrays whole") {
    const auto xyz = axes_named("xyz");
    CHECK(chunk_shape(VoxelType::i16, {256, 256, 256}, xyz) == Shape{32, 32, 32});
    CHECK(chunk_shape(VoxelType::i16, {100, 130, 65}, xyz) == Shape{25, 26, 22});
    CHECK(chunk_shape(VoxelType::u8, {35, 51, 35}, xyz) == Shape{35, 51, 35});
    CHECK(chunk_shape(VoxelType::i16, {512, 500, 7}, xyz) == Shape{128, 125, 7});
    CHECK(chunk_shape(VoxelType::u8, {1000, 300}, axes_named("xy")) == Shape{125, 100});
    CHECK(chunk_shape(VoxelType::f32, {64, 64, 64, 20}, axes_named("xyzt")) == Shape{32, 32, 32, 1});
    CHECK(chunk_shape(VoxelType::f32, {1, 1, 1, 100000}, axes_named("xyzt")) == Shape{1, 1, 1, 14286});
    CHECK(chunk_shape(VoxelType::u8, {256, 256, 3}, axes_named("xyc")) == Shape{128, 128, 1});
}

TEST_CASE("the parts of a box cover each of its voxels once, from the right chunk") {
    for (unsigned seed = 0; seed < 60; ++seed) {
        std::mt19937_64 random(seed);
        const std::size_t axes = 1 + seed % most_axes;
        Shape shape, chunk, origin, extent;
        for (std::size_t a = 0; a < axes; ++a) {
            shape.push_back(1 + static_cast<std::int64_t>(random() % (axes > 4 ? 4 : 12)));
            chunk.push_back(1 + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(shape[a])));
            origin.push_back(static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(shape[a])));
            extent.push_back(1 + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(shape[a] - origin[a])));
        }
        const ChunkGrid grid = chunk_grid(shape, chunk);
        std::vector<int> seen(static_cast<std::size_t>(voxel_count(extent)), 0);
        std::int64_t last = -1;
        for_each_chunk(grid, origin, extent, [&](const ChunkPart& part) {
            REQUIRE(part.number > last);
            REQUIRE(part.number < grid.chunks);
            last = part.number;
            for_each_row(part, [&](std::int64_t in, std::int64_t out) {
                for (std::int64_t x = 0; x < part.extent[0]; ++x) {
                    // Both numbers must name one voxel of the array.
                    std::int64_t rest_in = in + x, rest_out = out + x, number = part.number;
                    for (std::size_t a = 0; a < axes; ++a) {
                        const std::int64_t by_chunk = number % grid.count[a] * chunk[a] + rest_in % chunk[a];
                        const std::int64_t by_box = origin[a] + rest_out % extent[a];
                        REQUIRE(by_chunk == by_box);
                        number /= grid.count[a];
                        rest_in /= chunk[a];
                        rest_out /= extent[a];
                    }
                    ++seen[static_cast<std::size_t>(out + x)];
                }
            });
        });
        for (const int times : seen) REQUIRE(times == 1);
    }
}

TEST_CASE("a chunk at the edge holds the array's voxels and is padded with its own first voxel") {
    std::mt19937_64 random(3);
    const Volume volume = random_volume(VoxelType::u16, {5, 3}, random, 16);
    const ChunkGrid grid = chunk_grid({5, 3}, {3, 2});
    Bytes chunk(12);
    gather_chunk(volume, grid, 3, chunk);
    const auto v = volume.values<std::uint16_t>();
    const std::vector<std::uint16_t> expected{v[13], v[14], v[13], v[13], v[13], v[13]};
    CHECK(std::memcmp(chunk.data(), expected.data(), 12) == 0);
}
