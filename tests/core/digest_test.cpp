#include "core/digest.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/deflate.h"
#include "core/error.h"

using namespace cohort;

TEST_CASE("SHA-256 gives FIPS 180-4's example digests") {
    CHECK(sha256("").hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sha256("abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(Sha256().update("a").update("bc").finish() == sha256("abc"));
}

TEST_CASE("a digest survives its text, and other texts are refused") {
    const Digest digest = sha256("x");
    CHECK(digest_from_text(digest.text()) == digest);
    CHECK_FALSE(digest_from_text("sha256:12"));
    CHECK_FALSE(digest_from_text("sha512:" + digest.hex()));
    CHECK_FALSE(digest_from_text("sha256:" + std::string(64, 'g')));
}

namespace {

Volume ramp(std::int64_t n) {
    Volume volume(VoxelType::f32, {n, 5, 1}, axes_named("xyz"));
    float next = 0;
    for (float& value : volume.values<float>()) value = next++;
    return volume;
}

}  // namespace

TEST_CASE("an array's digest is the definition's, and does not depend on threads") {
    Volume volume = ramp(600000);  // 12 MB: three blocks
    const Json head{{"type", "f32"}, {"shape", {600000, 5, 1}}, {"axes", {"x", "y", "z"}}, {"geometry", nullptr}, {"scale", nullptr}};
    Sha256 expected;
    expected.update(canonical_json(head));
    constexpr std::size_t block = 4 << 20;
    for (std::size_t at = 0; at < volume.bytes().size(); at += block) {
        const Digest part = sha256(volume.bytes().subspan(at, std::min(block, volume.bytes().size() - at)));
        expected.update(std::as_bytes(std::span(part.bytes)));
    }
    const Digest one = array_digest(volume, {}, {}, 1);
    CHECK(one == expected.finish());
    CHECK(one == array_digest(volume, {}, {}, 3));
}

TEST_CASE("every bit, the shape, the axes, the geometry and the scale count") {
    Volume volume = ramp(4);
    const Digest base = array_digest(volume, {}, {});
    CHECK(array_digest(volume, Geometry{Affine{}}, {}) != base);
    CHECK(array_digest(volume, {}, Scale{{2}, {0}}) != base);
    volume.set_axes(axes_named("xyt"));
    CHECK(array_digest(volume, {}, {}) != base);
    volume.set_axes(axes_named("xyz"));
    CHECK(array_digest(volume, {}, {}) == base);
    volume.values<float>()[0] = -0.0F;
    CHECK(array_digest(volume, {}, {}) != base);
    volume.values<float>()[0] = std::numeric_limits<float>::quiet_NaN();
    const Digest quiet = array_digest(volume, {}, {});
    std::uint32_t payload = 0x7fc00001;
    std::memcpy(volume.bytes().data(), &payload, 4);
    CHECK(array_digest(volume, {}, {}) != quiet);
}

TEST_CASE("axes and scales survive JSON") {
    const std::vector<Axis> axes{{"x"}, {"echo", {0.005, 0.01}, "s"}, {"c", {}, "", {"FLAIR", "T1w"}}};
    CHECK(axes_from_json(to_json(axes)) == axes);
    for (const Scale& scale : {Scale{}, Scale{{2}, {-1}}, Scale{{1, 2}, {0, 3}, "t"}}) CHECK(scale_from_json(to_json(scale)) == scale);
    CHECK_THROWS_AS(scale_from_json(parse_json(R"({"slope":[1,2],"offset":[0]})", "t")), Error);
    CHECK_THROWS_AS(axes_from_json(parse_json("[3]", "t")), Error);
}
