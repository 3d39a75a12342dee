// Deflate in its three wrappings (libdeflate and zlib behind this one header). Same input and level → same bytes.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cohort {

using Bytes = std::vector<std::byte>;

inline std::span<const std::byte> bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
inline std::string_view text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// zlib stream (what HDF5's deflate filter reads). Levels 1–9.
Bytes zlib_compress(std::span<const std::byte> plain, int level);
/// Unpacks exactly into `plain`; false when the stream is damaged or holds another number of bytes.
[[nodiscard]] bool zlib_decompress(std::span<const std::byte> packed, std::span<std::byte> plain);
/// The same for a bare deflate stream, without header and checksum.
[[nodiscard]] bool inflate_raw(std::span<const std::byte> packed, std::span<std::byte> plain);

/// One gzip member without name or time.
Bytes gzip_compress(std::span<const std::byte> plain, int level);

/// What came of unpacking a gzip file.
struct Gunzipped {
    std::size_t bytes = 0;       ///< unpacked, over all members
    bool whole = false;          ///< every member ended with a right CRC and length
    bool truncated = false;      ///< the packed bytes ended within a member
    bool crc_wrong = false;      ///< a trailer disagrees with the data
    bool trailing_garbage = false;  ///< bytes after the last member that are no member (zero padding does not count)
};
/// Unpacks the members of `packed` one after the other into `plain`, and stops when it is full.
/// Then bytes == plain.size() and `whole` says only whether the members seen so far agree with their trailers.
Gunzipped gunzip_into(std::span<const std::byte> packed, std::span<std::byte> plain);
/// The first `most` bytes at most (headers); never fails, gives what could be unpacked.
Bytes gunzip_prefix(std::span<const std::byte> packed, std::size_t most);
/// Everything, up to `most` bytes; nothing when damaged or larger.
std::optional<Bytes> gunzip_all(std::span<const std::byte> packed, std::size_t most);
/// Everything, block by block in bounded memory; false when damaged (the blocks so far have been given then).
[[nodiscard]] bool gunzip_blocks(std::span<const std::byte> packed, const std::function<void(std::span<const std::byte>)>& sink);

/// Adler-32 (zlib streams), CRC-32 (gzip, PNG) and CRC-32C (shard index).
std::uint32_t adler32(std::span<const std::byte> bytes);
std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t so_far = 0);
std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t so_far = 0);

}  // namespace cohort
