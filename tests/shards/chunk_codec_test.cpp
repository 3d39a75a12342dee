#include "store/chunk_codec.h"

#include <array>
#include <catch2/catch.hpp>
#include <random>
#include <thread>

#include "store/packed_array.h"
#include "tests/shards/random_volume.h"

using namespace shard_test;

namespace {

Filters chosen(Codec codec, const Volume& volume) { return pack_array("image", volume, codec, 1).form.filters; }

}  // namespace

TEST_CASE("noisy integers are packed by scale-offset, labels and wide types by deflate") {
    std::mt19937_64 random(1);
    const Shape shape{64, 64, 64};
    CHECK(chosen(Codec::fast, random_volume(VoxelType::i16, shape, random, 10)) == Filters::scale_offset);
    CHECK(chosen(Codec::fast, random_volume(VoxelType::u8, shape, random, 6)) == Filters::scale_offset);
    Volume label(VoxelType::u8, shape, axes_named("xyz"));
    for (std::size_t i = 0; i < label.bytes().size(); ++i)
        label.bytes()[i] = static_cast<std::byte>(i % 64 > 40 ? 2 : 0);
    CHECK(chosen(Codec::fast, label) == Filters::deflate_1);
    CHECK(deflate_level(chosen(Codec::fast, random_volume(VoxelType::i64, shape, random, 10))) == 1);
    CHECK(deflate_level(chosen(Codec::fast, random_volume(VoxelType::boolean, shape, random, 1))) == 1);
    CHECK(deflate_level(chosen(Codec::small, random_volume(VoxelType::i16, shape, random, 10))) == 9);
    CHECK(chosen(Codec::none, random_volume(VoxelType::i16, shape, random, 10)) == Filters::none);
}

TEST_CASE("shuffle is used where it makes the middle chunk smaller, and only there") {
    std::mt19937_64 random(2);
    const Shape shape{64, 64, 64};
    Volume smooth(VoxelType::f32, shape, axes_named("xyz")), few(VoxelType::f32, shape, axes_named("xyz"));
    std::normal_distribution<float> normal;
    for (float& value : smooth.values<float>()) value = 100 + normal(random);
    for (float& value : few.values<float>()) value = static_cast<float>(random() % 12) / 7.0f;
    CHECK(chosen(Codec::fast, smooth) == Filters::shuffle_deflate_1);
    CHECK(chosen(Codec::fast, few) == Filters::deflate_1);
}

TEST_CASE("byte planes of noise are stored, and take hardly more room than deflated ones") {
    std::mt19937_64 random(4);
    Volume noise(VoxelType::f32, {64, 64, 64}, axes_named("xyz"));
    std::normal_distribution<float> normal;
    for (float& value : noise.values<float>()) value = normal(random);
    Bytes chunk(32 * 32 * 32 * 4);
    gather_chunk(noise, chunk_grid(noise.shape(), {32, 32, 32}), 0, chunk);
    const ChunkCodec codec = choose_codec(Codec::fast, VoxelType::f32, chunk, false);
    CHECK(codec.stored_planes == 3);  // the fourth holds the sign and most of the exponent
    Bytes stored, deflated;
    encode_chunk(codec, VoxelType::f32, chunk, stored);
    encode_chunk({codec.filters}, VoxelType::f32, chunk, deflated);
    CHECK(static_cast<double>(stored.size()) < 1.02 * static_cast<double>(deflated.size()));
}

TEST_CASE("matches are searched for where they make a chunk a tenth smaller, and not in noise") {
    std::mt19937_64 random(8);
    const Shape shape{32, 32, 32};
    Volume noise(VoxelType::f32, shape, axes_named("xyz")), rows(VoxelType::f32, shape, axes_named("xyz"));
    std::normal_distribution<float> normal;
    for (float& value : noise.values<float>()) value = normal(random);
    for (std::size_t i = 0; i < 32768; ++i) rows.values<float>()[i] = noise.values<float>()[i % 40];
    const ChunkCodec without = choose_codec(Codec::fast, VoxelType::f32, noise.bytes(), false);
    CHECK((without.literals && without.filters == Filters::shuffle_deflate_1));
    CHECK_FALSE(choose_codec(Codec::fast, VoxelType::f32, rows.bytes(), false).literals);
    CHECK_FALSE(choose_codec(Codec::small, VoxelType::f32, noise.bytes(), false).literals);
    // A constant chunk of a noisy array is still a few hundred bytes.
    Bytes packed;
    encode_chunk(without, VoxelType::f32, Bytes(131072), packed);
    CHECK(packed.size() < 1000);
}

TEST_CASE("floats that are all whole numbers are packed like integers; a single other one, or −0, forbids it") {
    std::mt19937_64 random(5);
    Volume volume(VoxelType::f32, {64, 64, 64}, axes_named("xyz"));
    for (float& value : volume.values<float>()) value = static_cast<float>(random() % 700) - 200;
    CHECK(chosen(Codec::fast, volume) == Filters::scale_offset_whole_floats);
    CHECK(chosen(Codec::small, volume) != Filters::scale_offset_whole_floats);
    for (const float odd : {0.5f, -0.0f, 8388609.0f, std::nanf("")}) {
        const float kept = std::exchange(volume.values<float>()[100000], odd);
        CHECK(chosen(Codec::fast, volume) == Filters::shuffle_deflate_1);
        volume.values<float>()[100000] = kept;
    }
}

TEST_CASE("a constant middle chunk is passed over by the trial") {
    std::mt19937_64 random(6);
    Volume volume = random_volume(VoxelType::u8, {96, 96, 96}, random, 1);
    auto values = volume.values<std::uint8_t>();
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = static_cast<std::uint8_t>(i / 96 / 96 < 90 ? 0 : (i % 96) / 48);  // labels in the last slices
    CHECK(chosen(Codec::fast, volume) == Filters::deflate_1);
}

TEST_CASE("a packed array is the same for any number of threads") {
    std::mt19937_64 random(7);
    const Volume volume = random_volume(VoxelType::f32, {100, 90, 70}, random, 20);
    const PackedArray one = pack_array("image", volume, Codec::fast, 1),
                      four = pack_array("image", volume, Codec::fast, 4);
    CHECK(one.blocks == four.blocks);
    REQUIRE(one.chunks.size() == four.chunks.size());
    for (std::size_t i = 0; i < one.chunks.size(); ++i) CHECK(one.chunks[i].crc == four.chunks[i].crc);
}

TEST_CASE("20,000 chunks of many kinds, packed by two threads and once more, have equal bytes") {
    constexpr std::size_t chunks = 20000;
    const auto digests = [&] {
        std::vector<Digest> packed(chunks);
        const auto pack = [&](std::size_t first) {
            for (std::size_t i = first; i < chunks; i += 2) {
                // Chunks repeat every 500: a state that outlives a call would show.
                std::mt19937_64 random(i % 500);
                const auto type =
                    std::array{VoxelType::f32, VoxelType::u8, VoxelType::i16, VoxelType::f64, VoxelType::f32}[i % 5];
                const Volume volume = random_volume(type, {16, 16, 8}, random, static_cast<unsigned>(i % 11));
                Bytes bytes;
                for (const ChunkCodec& codec :
                     {ChunkCodec{Filters::deflate_1}, ChunkCodec{Filters::shuffle_deflate_1, 1, false},
                      ChunkCodec{Filters::shuffle_deflate_1, 1, true}})
                    if (can_hold(codec.filters, type)) encode_chunk(codec, type, volume.bytes(), bytes);
                packed[i] = sha256(bytes);
            }
        };
        std::jthread other(pack, std::size_t{1});
        pack(0);
        other.join();
        return packed;
    };
    const auto first = digests(), second = digests();
    CHECK(first == second);
    for (std::size_t i = 500 * 11; i < chunks; ++i)
        REQUIRE(first[i] == first[i - 5500]);  // 5500: same seed, type and bits
}
