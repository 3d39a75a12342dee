#include "core/deflate.h"

#include <catch2/catch.hpp>

#include "core/philox.h"

using namespace cohort;

namespace {

Bytes noise(std::size_t size, std::uint64_t values) {
    RandomStream random(size, "deflate", values);
    Bytes bytes(size);
    for (auto& byte : bytes) byte = static_cast<std::byte>(random.below(values));
    return bytes;
}

Bytes joined(const Bytes& a, const Bytes& b) {
    Bytes both = a;
    both.insert(both.end(), b.begin(), b.end());
    return both;
}

/// Bit by bit, straight from the polynomial.
std::uint32_t crc32c_by_definition(std::span<const std::byte> bytes) {
    std::uint32_t crc = 0xFFFFFFFF;
    for (const auto byte : bytes) {
        crc ^= static_cast<std::uint32_t>(byte);
        for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0x82F63B78 : crc >> 1;
    }
    return ~crc;
}

}  // namespace

TEST_CASE("zlib streams come back whole, and damaged ones do not come back") {
    for (const std::size_t size : {0UL, 1UL, 1000UL, 300000UL})
        for (const int level : {1, 6, 9}) {
            const Bytes plain = noise(size, 5);
            Bytes packed = zlib_compress(plain, level);
            Bytes back(size);
            REQUIRE(zlib_decompress(packed, back));
            CHECK(back == plain);
            CHECK_FALSE(zlib_decompress(std::span(packed).first(packed.size() - 1), back));
            Bytes longer(size + 1);
            CHECK_FALSE(zlib_decompress(packed, longer));
        }
}

TEST_CASE("gunzip tells whole, truncated, wrong CRC, several members, garbage and padding apart") {
    const Bytes plain = noise(100000, 40), packed = gzip_compress(plain, 6);
    Bytes into(plain.size());
    CHECK(gunzip_into(packed, into).whole);
    CHECK(into == plain);

    const Bytes two = joined(packed, packed);
    Bytes twice(2 * plain.size());
    const auto both = gunzip_into(two, twice);
    CHECK((both.whole && both.bytes == twice.size()));
    CHECK(twice == joined(plain, plain));

    const auto cut = gunzip_into(std::span(packed).first(packed.size() / 2), into);
    CHECK((cut.truncated && !cut.whole && cut.bytes < plain.size()));

    Bytes wrong = packed;
    wrong[wrong.size() - 8] ^= std::byte{1};
    const auto crc = gunzip_into(wrong, into);
    CHECK((crc.crc_wrong && !crc.whole));

    CHECK(gunzip_into(joined(packed, noise(20, 200)), into).trailing_garbage);
    CHECK_FALSE(gunzip_into(joined(packed, Bytes(20)), into).trailing_garbage);

    Bytes part(1000);
    const auto prefix = gunzip_into(packed, part);
    CHECK((prefix.bytes == 1000 && prefix.whole));
    CHECK(std::equal(part.begin(), part.end(), plain.begin()));
}

TEST_CASE("gunzip_all keeps to its limit, gunzip_prefix never fails") {
    const Bytes plain = noise(50000, 3), packed = gzip_compress(plain, 9);
    CHECK(gunzip_all(packed, 50000) == plain);
    CHECK_FALSE(gunzip_all(packed, 49999));
    CHECK(gunzip_all(joined(packed, packed), 100000) == joined(plain, plain));
    CHECK(gunzip_prefix(packed, 100) == Bytes(plain.begin(), plain.begin() + 100));
    CHECK(gunzip_prefix(std::span(packed).first(5), 100).empty());
    CHECK(gunzip_prefix(noise(100, 200), 100).empty());
}

TEST_CASE("CRC-32, CRC-32C and Adler-32 give their check values, and CRC-32C its definition at every length") {
    CHECK(adler32(bytes_of("Wikipedia")) == 0x11E60398);
    CHECK(adler32({}) == 1);
    CHECK(crc32(bytes_of("123456789")) == 0xCBF43926);
    CHECK(crc32c(bytes_of("123456789")) == 0xE3069283);
    const Bytes bytes = noise(10000, 256);
    for (const std::size_t size : {0UL, 1UL, 7UL, 8UL, 9UL, 3071UL, 3072UL, 3073UL, 6150UL, 10000UL}) {
        const auto part = std::span(bytes).first(size);
        CHECK(crc32c(part) == crc32c_by_definition(part));
        CHECK(crc32c(part.subspan(size / 3), crc32c(part.first(size / 3))) == crc32c(part));
    }
}

TEST_CASE("blocks of a gzip file together are what unpacking it at once gives, for any size and number of members") {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{1} << 20, (std::size_t{1} << 20) + 1, std::size_t{5'000'000}}) {
        std::string plain(size, 'x');
        for (std::size_t i = 0; i < size; i += 7) plain[i] = static_cast<char>('a' + (i * i / 5) % 26);
        Bytes packed = gzip_compress(bytes_of(plain), 1);
        const Bytes second = gzip_compress(bytes_of("the end"), 6);
        packed.insert(packed.end(), second.begin(), second.end());
        std::string got;
        CHECK(gunzip_blocks(packed, [&](std::span<const std::byte> block) { got += text_of(block); }));
        CHECK((got == plain + "the end"));
        packed.resize(packed.size() - 3);
        CHECK_FALSE(gunzip_blocks(packed, [](std::span<const std::byte>) {}));
    }
}
