// SHA-256 (OpenSSL's libcrypto behind this one header).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/geometry.h"
#include "core/volume.h"

namespace cohort {

struct Digest {
    std::array<std::uint8_t, 32> bytes{};
    std::string hex() const;
    std::string text() const { return "sha256:" + hex(); }
    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the 0 inside a defaulted comparison for a pointer
    friend auto operator<=>(const Digest&, const Digest&) = default;
};
std::optional<Digest> digest_from_text(std::string_view text);  ///< "sha256:…64 hex digits"

/// Incremental hashing. One thread at a time.
class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;
    Sha256& update(std::span<const std::byte> bytes);
    Sha256& update(std::string_view text);
    Digest finish();  ///< may be called once

private:
    void* state_;
};

Digest sha256(std::span<const std::byte> bytes);
Digest sha256(std::string_view text);

struct FileDigest {
    std::uint64_t bytes = 0;
    Digest digest;
};
/// Streams the file (Error bad_input if it cannot be read).
FileDigest sha256_file(const std::filesystem::path& file);

/// Digest of an array: SHA-256 over canonical JSON {axes, geometry, scale, shape, type} followed by the SHA-256 of each
/// 4 MiB block of its little-endian voxels, x fastest. Bits count: NaN payloads and −0.0 differ.
/// Blocks are hashed by up to `threads` threads; the result does not depend on how many.
Digest array_digest(const Volume& volume, const Geometry& geometry, const Scale& scale, unsigned threads = 1);

Json to_json(const std::vector<Axis>& axes);  ///< ["x", {"name": "echo", "coordinates": […], "unit": "s"}, …]
std::vector<Axis> axes_from_json(const Json& json);
Json to_json(const Scale& scale);  ///< null for the identity, else {"slope": s, "offset": o} or lists with "axis"
Scale scale_from_json(const Json& json);

}  // namespace cohort
