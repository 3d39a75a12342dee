#include <catch2/catch.hpp>

#include <hdf5.h>

#include <cstring>
#include <limits>
#include <random>

#include "store/hdf5_file.h"
#include "store/scale_offset.h"
#include "tests/core/temporary_folder.h"

using namespace cohort;
using namespace cohort::store;

namespace {

const std::vector<VoxelType> types{VoxelType::u8, VoxelType::i8, VoxelType::u16, VoxelType::i16, VoxelType::u32, VoxelType::i32};

/// `count` voxels whose differences fill `bits`, at any place of the type's range.
Bytes random_voxels(VoxelType type, std::size_t count, unsigned bits, std::mt19937_64& random) {
    const std::size_t size = size_of(type);
    Bytes plain(count * size);
    const std::uint64_t base = random(), mask = bits == 0 ? 0 : ~std::uint64_t{0} >> (64 - bits);
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint64_t value = base + (random() & mask);
        std::memcpy(plain.data() + i * size, &value, size);
    }
    return plain;
}

Bytes with_slack(Bytes packed) {
    packed.resize(packed.size() + scale_offset_slack, std::byte{0xEE});
    return packed;
}

Bytes unpacked(VoxelType type, std::size_t count, const Bytes& packed, Kernels kernels) {
    const Bytes room = with_slack(packed);
    const auto chunk = ScaleOffsetChunk::open(type, static_cast<std::int64_t>(count), std::span(room).first(packed.size()), kernels);
    REQUIRE(chunk);
    Bytes plain(count * size_of(type));
    chunk->unpack({0, static_cast<std::int64_t>(count), 1, 0, plain.data(), 0});
    return plain;
}

/// A chunked dataset with the filter as we set it, in a file of its own.
struct Hdf5Chunk {
    TemporaryFolder folder;
    Hdf5Id file, type, dataset;
    hsize_t origin = 0;
    Hdf5Chunk(VoxelType voxel, std::size_t count, Filters filters = Filters::scale_offset)
        : file(create_hdf5(folder.path / "a.h5")), type(hdf5_type(voxel, "a.h5")),
          dataset(create_chunked(file.get(), "a", voxel, {count}, {count}, filters, "a.h5")) {}

    Bytes written_by_hdf5(const Bytes& plain) {
        REQUIRE(H5Dwrite(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, plain.data()) >= 0);
        REQUIRE(H5Fflush(file.get(), H5F_SCOPE_GLOBAL) >= 0);
        hsize_t bytes = 0;
        REQUIRE(H5Dget_chunk_storage_size(dataset.get(), &origin, &bytes) >= 0);
        Bytes packed(bytes);
        std::uint32_t mask = 0;
        REQUIRE(H5Dread_chunk(dataset.get(), H5P_DEFAULT, &origin, &mask, packed.data()) >= 0);
        REQUIRE(mask == 0);
        return packed;
    }
    Bytes read_by_hdf5(const Bytes& packed, std::size_t bytes) {
        REQUIRE(H5Dwrite_chunk(dataset.get(), H5P_DEFAULT, 0, &origin, packed.size(), packed.data()) >= 0);
        // HDF5 1.10 passes over the filters of a single chunk that was written directly, until the file is opened again.
        dataset.close();
        file.close();
        const Hdf5Id again(H5Fopen((folder.path / "a.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose, "a.h5", "open it");
        dataset = Hdf5Id(H5Dopen2(again.get(), "a", H5P_DEFAULT), H5Dclose, "a.h5", "open a dataset");
        Bytes plain(bytes);
        REQUIRE(H5Dread(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, plain.data()) >= 0);
        return plain;
    }
};

}  // namespace

TEST_CASE("scale-offset gives back every voxel for any width and count, and both kernels write the same bytes") {
    for (const VoxelType type : types)
        for (unsigned bits = 0; bits <= 8 * size_of(type); ++bits) {
            std::mt19937_64 random(bits);
            const std::size_t count = 1 + random() % 700;
            INFO(name_of(type) << " " << bits << " bits, " << count << " voxels");
            const Bytes plain = random_voxels(type, count, bits, random);
            Bytes portable, fast;
            scale_offset_pack(type, plain, portable, Kernels::portable);
            REQUIRE(unpacked(type, count, portable, Kernels::portable) == plain);
            if (!kernels_available(Kernels::avx2)) continue;
            scale_offset_pack(type, plain, fast, Kernels::avx2);
            REQUIRE(fast == portable);
            REQUIRE(unpacked(type, count, portable, Kernels::avx2) == plain);
        }
}

TEST_CASE("any run of voxels unpacks to what the whole chunk holds there, and nothing beside it is touched") {
    for (const VoxelType type : types)
        for (unsigned bits = 0; bits <= 8 * size_of(type); ++bits) {
            std::mt19937_64 random(1000 + bits);
            const std::size_t count = 1000, size = size_of(type);
            const Bytes plain = random_voxels(type, count, bits, random);
            Bytes packed;
            scale_offset_pack(type, plain, packed);
            const std::size_t bytes = packed.size();
            packed = with_slack(packed);
            const auto chunk = ScaleOffsetChunk::open(type, count, std::span(packed).first(bytes));
            REQUIRE(chunk);
            for (int i = 0; i < 30; ++i) {
                const std::size_t first = random() % count, run = 1 + random() % (i % 2 ? count - first : std::min<std::size_t>(40, count - first));
                Bytes out((run + 2) * size, std::byte{0x55});
                chunk->unpack({static_cast<std::int64_t>(first), static_cast<std::int64_t>(run), 1, 0, out.data() + size, 0});
                INFO(name_of(type) << " " << bits << " bits, from " << first << ", " << run);
                REQUIRE(std::memcmp(out.data() + size, plain.data() + first * size, run * size) == 0);
                for (std::size_t k = 0; k < size; ++k) REQUIRE((out[k] == std::byte{0x55} && out[out.size() - 1 - k] == std::byte{0x55}));
            }
        }
}

TEST_CASE("HDF5's own filter writes the bytes that we write, and reads them") {
    for (const VoxelType type : types)
        for (unsigned bits = 0; bits <= 8 * size_of(type); ++bits) {
            std::mt19937_64 random(2000 + bits);
            const std::size_t count = 1 + random() % 100;
            INFO(name_of(type) << " " << bits << " bits, " << count << " voxels");
            const Bytes plain = random_voxels(type, count, bits, random);
            Bytes ours;
            scale_offset_pack(type, plain, ours);
            Bytes theirs = Hdf5Chunk(type, count).written_by_hdf5(plain);
            if (theirs[0] == std::byte{0}) theirs.back() = std::byte{0};  // of a constant chunk HDF5 leaves the last byte as it was
            CHECK(theirs == ours);
            CHECK(Hdf5Chunk(type, count).read_by_hdf5(ours, plain.size()) == plain);
        }
}

TEST_CASE("at the ends of a type's range we write what HDF5 writes") {
    const auto check = [](VoxelType type, auto low, auto high) {
        const decltype(low) values[3] = {low, high, low};
        Bytes plain(sizeof values), ours;
        std::memcpy(plain.data(), values, sizeof values);
        scale_offset_pack(type, plain, ours);
        INFO(name_of(type) << " " << +low << " to " << +high);
        CHECK(Hdf5Chunk(type, 3).written_by_hdf5(plain) == ours);
        CHECK(unpacked(type, 3, ours, Kernels::portable) == plain);
    };
    const auto ends = [&]<class T>(VoxelType type) {
        using Limits = std::numeric_limits<T>;
        for (int a = 0; a < 4; ++a)
            for (int b = 0; b < 4; ++b) check(type, static_cast<T>(Limits::min() + a), static_cast<T>(Limits::max() - b));
    };
    ends.operator()<std::uint8_t>(VoxelType::u8);
    ends.operator()<std::int8_t>(VoxelType::i8);
    ends.operator()<std::uint16_t>(VoxelType::u16);
    ends.operator()<std::int16_t>(VoxelType::i16);
    ends.operator()<std::uint32_t>(VoxelType::u32);
    ends.operator()<std::int32_t>(VoxelType::i32);
}

TEST_CASE("whole floats are packed as HDF5's decimal form packs them, and read by it and by us to the same bits") {
    for (unsigned bits = 0; bits <= 24; ++bits) {
        std::mt19937_64 random(3000 + bits);
        const std::size_t count = 1 + random() % 300;
        std::vector<float> values(count);
        const auto base = static_cast<std::int64_t>(random() % 1000) - (bits == 24 ? 8388608 : 500);
        for (float& value : values) value = static_cast<float>(std::min<std::int64_t>(8388608, base + (bits == 0 ? 0 : static_cast<std::int64_t>(random() >> (64 - bits)))));
        for (float& value : values) value = value == 0 ? 0.0f : value;
        INFO(bits << " bits, " << count << " voxels from " << base);
        REQUIRE(holds_whole_numbers(values));
        const auto plain_span = std::as_bytes(std::span(std::as_const(values)));
        const Bytes plain(plain_span.begin(), plain_span.end());
        Bytes ours;
        whole_float_pack(plain, ours);
        Bytes portable;
        whole_float_pack(plain, portable, Kernels::portable);
        CHECK(portable == ours);
        Bytes theirs = Hdf5Chunk(VoxelType::f32, count, Filters::scale_offset_whole_floats).written_by_hdf5(plain);
        if (theirs[0] == std::byte{0}) theirs.back() = std::byte{0};
        CHECK(theirs == ours);
        CHECK(Hdf5Chunk(VoxelType::f32, count, Filters::scale_offset_whole_floats).read_by_hdf5(ours, plain.size()) == plain);
        const Bytes room = with_slack(ours);
        const auto chunk = WholeFloatChunk::open(static_cast<std::int64_t>(count), std::span(room).first(ours.size()));
        REQUIRE(chunk);
        for (int trial = 0; trial < 20; ++trial) {
            const std::size_t first = random() % count, run = 1 + random() % (count - first);
            Bytes out(run * 4);
            chunk->unpack({static_cast<std::int64_t>(first), static_cast<std::int64_t>(run), 1, 0, out.data(), 0});
            REQUIRE(std::memcmp(out.data(), plain.data() + first * 4, run * 4) == 0);
        }
    }
}

TEST_CASE("a packed chunk of another length, width or type is refused") {
    std::mt19937_64 random(5);
    const Bytes plain = random_voxels(VoxelType::i16, 100, 9, random);
    Bytes packed;
    scale_offset_pack(VoxelType::i16, plain, packed);
    const auto opens = [](VoxelType type, std::int64_t voxels, const Bytes& bytes) {
        const Bytes room = with_slack(bytes);
        return ScaleOffsetChunk::open(type, voxels, std::span(room).first(bytes.size())).has_value();
    };
    CHECK(opens(VoxelType::i16, 100, packed));
    CHECK_FALSE(opens(VoxelType::i16, 101, packed));
    CHECK_FALSE(opens(VoxelType::f32, 100, packed));
    CHECK_FALSE(opens(VoxelType::i8, 100, packed));
    for (const std::size_t bytes : {std::size_t{0}, std::size_t{20}, packed.size() - 1}) CHECK_FALSE(opens(VoxelType::i16, 100, Bytes(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(bytes))));
    packed[0] = std::byte{17};
    CHECK_FALSE(opens(VoxelType::i16, 100, packed));
}
