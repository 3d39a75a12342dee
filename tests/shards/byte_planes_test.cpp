#include <catch2/catch.hpp>

#include <cstring>
#include <random>

#include "store/byte_planes.h"

using namespace cohort;
using namespace cohort::store;

namespace {

Bytes noise(std::size_t count, unsigned values, std::mt19937_64& random) {
    Bytes bytes(count);
    for (auto& byte : bytes) byte = static_cast<std::byte>(random() % values);
    return bytes;
}

}  // namespace

TEST_CASE("shuffling puts byte p of voxel i at place p·n + i, and any run is put back") {
    for (const std::size_t size : {2u, 4u, 8u, 16u}) {
        std::mt19937_64 random(size);
        const std::size_t count = 300;
        const Bytes voxels = noise(count * size, 256, random);
        Bytes planes(voxels.size());
        shuffle_bytes(size, voxels, planes);
        for (std::size_t i = 0; i < count; ++i)
            for (std::size_t p = 0; p < size; ++p) REQUIRE(planes[p * count + i] == voxels[i * size + p]);
        for (int trial = 0; trial < 20; ++trial) {
            const std::size_t first = random() % count, run = 1 + random() % (count - first);
            Bytes out(run * size);
            Planes where{};
            for (std::size_t p = 0; p < size; ++p) where[p] = planes.data() + p * count;
            unshuffle_run(size, where, first, run, out.data());
            REQUIRE(out == Bytes(voxels.begin() + static_cast<std::ptrdiff_t>(first * size), voxels.begin() + static_cast<std::ptrdiff_t>((first + run) * size)));
        }
    }
}

TEST_CASE("a zlib stream with a stored prefix of any length unpacks to the same bytes") {
    for (const std::size_t total : {1u, 5u, 4096u, 65535u, 65536u, 131070u, 200001u})
        for (const double part : {0.0, 0.3, 0.5, 1.0}) {
            std::mt19937_64 random(total);
            Bytes plain = noise(total, 256, random);
            const auto stored = static_cast<std::size_t>(part * static_cast<double>(total));
            for (std::size_t i = stored; i < total; ++i) plain[i] = static_cast<std::byte>(i / 1000);
            const Bytes packed = zlib_with_stored_planes(plain, 32768, stored, 1);
            INFO(total << " bytes, " << stored << " stored");
            Bytes back(total);
            REQUIRE(zlib_decompress(packed, back));
            CHECK(back == plain);
        }
}

TEST_CASE("a stored prefix of the largest bytes has the right checksum") {
    const Bytes plain(1 << 20, std::byte{255});
    Bytes back(plain.size());
    REQUIRE(zlib_decompress(zlib_with_stored_planes(plain, 65535, plain.size() - 10, 1), back));
    CHECK(back == plain);
}

TEST_CASE("the planes of a stream are found, whichever of them are stored, and a cut stream has none") {
    for (const std::size_t size : {2u, 4u, 8u, 16u})
        for (std::size_t stored = 0; stored <= size; ++stored) {
            std::mt19937_64 random(stored);
            const std::size_t count = 1000;
            const Bytes all = noise(size * count, 256, random);
            const Bytes packed = zlib_with_stored_planes(all, count, stored * count, 1);
            Bytes room(all.size());
            const auto planes = planes_of(packed, size, count, room);
            INFO(size << " planes, " << stored << " stored");
            REQUIRE(planes);
            for (std::size_t p = 0; p < size; ++p) REQUIRE(std::memcmp((*planes)[p], all.data() + p * count, count) == 0);
            for (const std::size_t cut : {std::size_t{1}, std::size_t{2}, std::size_t{6}, packed.size() / 2, packed.size() - 5})
                CHECK_FALSE(planes_of(std::span(packed).first(cut), size, count, room));
        }
}

TEST_CASE("entropy is 8 bits for noise, 1 for two equally frequent values, 0 for a constant") {
    std::mt19937_64 random(1);
    CHECK(byte_entropy(noise(1 << 18, 256, random)) > 7.99);
    Bytes two(1000);
    for (std::size_t i = 0; i < two.size(); i += 2) two[i] = std::byte{7};
    CHECK(byte_entropy(two) == Approx(1));
    CHECK(byte_entropy(Bytes(999)) == 0);
    CHECK(byte_entropy({}) == 0);
}
