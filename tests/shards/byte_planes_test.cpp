#include "store/byte_planes.h"

#include <zlib.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <random>

using namespace cohort;
using namespace cohort::store;

namespace {

Bytes noise(std::size_t count, unsigned values, std::mt19937_64& random) {
    Bytes bytes(count);
    for (auto& byte : bytes) byte = static_cast<std::byte>(random() % values);
    return bytes;
}

constexpr std::array codings{PlaneCoding::deflate_1, PlaneCoding::deflate_9, PlaneCoding::literals};

Bytes zlib_planes(std::span<const std::byte> planes, std::size_t plane, std::size_t stored, PlaneCoding coding) {
    Bytes packed;
    append_zlib_planes(planes, plane, stored, coding, packed);
    return packed;
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
            REQUIRE(out == Bytes(voxels.begin() + static_cast<std::ptrdiff_t>(first * size),
                                 voxels.begin() + static_cast<std::ptrdiff_t>((first + run) * size)));
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
            for (const PlaneCoding coding : codings) {
                const Bytes packed = zlib_planes(plain, 32768, stored, coding);
                INFO(total << " bytes, " << stored << " stored, coding " << static_cast<int>(coding));
                Bytes back(total);
                REQUIRE(zlib_decompress(packed, back));
                CHECK(back == plain);
                uLongf got = total;  // zlib itself, which checks the Adler-32 too
                REQUIRE(::uncompress(reinterpret_cast<Bytef*>(back.data()), &got,
                                     reinterpret_cast<const Bytef*>(packed.data()),
                                     static_cast<uLong>(packed.size())) == Z_OK);
                CHECK((got == total && back == plain));
            }
        }
}

TEST_CASE("a stored prefix of the largest bytes has the right checksum") {
    const Bytes plain(1 << 20, std::byte{255});
    Bytes back(plain.size());
    REQUIRE(zlib_decompress(zlib_planes(plain, 65535, plain.size() - 10, PlaneCoding::deflate_1), back));
    CHECK(back == plain);
}

TEST_CASE("the planes of a stream are found, whichever of them are stored, and a cut stream has none") {
    for (const std::size_t size : {2u, 4u, 8u, 16u})
        for (std::size_t stored = 0; stored <= size; ++stored) {
            std::mt19937_64 random(stored);
            const std::size_t count = 1000;
            const Bytes all = noise(size * count, 256, random);
            for (const PlaneCoding coding : codings) {
                const Bytes packed = zlib_planes(all, count, stored * count, coding);
                Bytes room(all.size());
                const auto planes = planes_of(packed, size, count, room);
                INFO(size << " planes, " << stored << " stored, coding " << static_cast<int>(coding));
                REQUIRE(planes);
                for (std::size_t p = 0; p < size; ++p)
                    REQUIRE(std::memcmp((*planes)[p], all.data() + p * count, count) == 0);
                for (const std::size_t cut :
                     {std::size_t{1}, std::size_t{2}, std::size_t{6}, packed.size() / 2, packed.size() - 5})
                    CHECK_FALSE(planes_of(std::span(packed).first(cut), size, count, room));
            }
        }
}

TEST_CASE("entropy is 8 bits for noise, 1 for two equally frequent values, 0 for a constant") {
    std::mt19937_64 random(1);
    CHECK(byte_entropy(count_bytes(noise(1 << 18, 256, random))) > 7.99);
    Bytes two(1000);
    for (std::size_t i = 0; i < two.size(); i += 2) two[i] = std::byte{7};
    CHECK(byte_entropy(count_bytes(two)) == Approx(1));
    CHECK(byte_entropy(count_bytes(Bytes(999))) == 0);
    CHECK(byte_entropy(ByteCounts{}) == 0);
}
