#include "core/deflate.h"

#include <zlib.h>
#ifdef COHORT_HAS_LIBDEFLATE
#include <libdeflate.h>
#endif

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "core/error.h"

namespace cohort {

namespace {

z_const Bytef* zbytes(std::span<const std::byte> bytes) {
    return const_cast<z_const Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
}

[[noreturn]] void out_of_memory() {
    throw Error(Exit::resources, "There is not enough memory to compress; lower --threads.");
}

#ifdef COHORT_HAS_LIBDEFLATE

struct FreeCompressor {
    void operator()(libdeflate_compressor* c) const { libdeflate_free_compressor(c); }
};
struct FreeDecompressor {
    void operator()(libdeflate_decompressor* d) const { libdeflate_free_decompressor(d); }
};

/// Allocated once per thread and level (making one costs more than packing a chunk); it keeps no state between calls.
libdeflate_compressor* compressor(int level) {
    thread_local std::array<std::unique_ptr<libdeflate_compressor, FreeCompressor>, 13> kept;
    auto& slot = kept.at(static_cast<std::size_t>(level));
    if (!slot) slot.reset(libdeflate_alloc_compressor(level));
    if (!slot) out_of_memory();
    return slot.get();
}

libdeflate_decompressor* decompressor() {
    thread_local std::unique_ptr<libdeflate_decompressor, FreeDecompressor> kept;
    if (!kept) kept.reset(libdeflate_alloc_decompressor());
    if (!kept) out_of_memory();
    return kept.get();
}

#else

Bytes zlib_pack(std::span<const std::byte> plain, int level, int window_bits) {
    z_stream stream{};
    if (deflateInit2(&stream, std::min(level, 9), Z_DEFLATED, window_bits, 9, Z_DEFAULT_STRATEGY) != Z_OK) out_of_memory();
    Bytes packed(deflateBound(&stream, static_cast<uLong>(plain.size())) + 32);
    std::size_t put = 0;
    int state = Z_OK;
    // zlib counts in 32 bits: feed at most 1 GiB at a time.
    for (std::size_t fed = 0; state == Z_OK;) {
        if (stream.avail_in == 0 && fed < plain.size()) {
            const auto part = std::min<std::size_t>(plain.size() - fed, std::size_t{1} << 30);
            stream.next_in = zbytes(plain.subspan(fed, part));
            stream.avail_in = static_cast<uInt>(part);
            fed += part;
        }
        stream.next_out = reinterpret_cast<Bytef*>(packed.data() + put);
        const auto room = std::min<std::size_t>(packed.size() - put, std::size_t{1} << 30);
        stream.avail_out = static_cast<uInt>(room);
        state = deflate(&stream, fed == plain.size() ? Z_FINISH : Z_NO_FLUSH);
        put += room - stream.avail_out;
    }
    deflateEnd(&stream);
    packed.resize(put);
    return packed;
}

#endif

/// zlib's streaming inflate of one gzip member (window_bits 31): used for prefixes and for members that do not fit.
class GzipStream {
public:
    explicit GzipStream(std::span<const std::byte> packed) : packed_(packed) {
        if (inflateInit2(&stream_, 31) != Z_OK) out_of_memory();
    }
    ~GzipStream() { inflateEnd(&stream_); }
    GzipStream(const GzipStream&) = delete;
    GzipStream& operator=(const GzipStream&) = delete;

    enum class End { more_room_needed, member_ended, input_ended, damaged, crc_wrong };

    /// Unpacks into `into` until it is full or something ends; `got` receives the bytes put. After more_room_needed it
    /// goes on with the next call.
    End read(std::span<std::byte> into, std::size_t& got) {
        got = 0;
        if (spare_ && !into.empty()) {
            into[got++] = std::byte{*spare_};
            spare_.reset();
            if (ended_) return End::member_ended;
        }
        for (;;) {
            if (stream_.avail_in == 0 && fed_ < packed_.size()) {
                const auto part = std::min<std::size_t>(packed_.size() - fed_, std::size_t{1} << 30);
                stream_.next_in = zbytes(packed_.subspan(fed_, part));
                stream_.avail_in = static_cast<uInt>(part);
                fed_ += part;
            }
            const auto room = std::min<std::size_t>(into.size() - got, std::size_t{1} << 30);
            // With no room left one spare byte tells the member's end from more data.
            Bytef spare = 0;
            stream_.next_out = room ? reinterpret_cast<Bytef*>(into.data() + got) : &spare;
            stream_.avail_out = room ? static_cast<uInt>(room) : 1;
            const auto before = stream_.avail_out;
            const int state = inflate(&stream_, Z_NO_FLUSH);
            const std::size_t put = before - stream_.avail_out;
            if (room) got += put;
            if (!room && put) {
                spare_ = spare;
                ended_ = state == Z_STREAM_END;
                return End::more_room_needed;
            }
            if (state == Z_STREAM_END) return End::member_ended;
            if (state == Z_DATA_ERROR) {
                const bool trailer = stream_.msg && (std::strstr(stream_.msg, "data check") || std::strstr(stream_.msg, "length check"));
                return trailer ? End::crc_wrong : End::damaged;
            }
            if (state == Z_BUF_ERROR || (state == Z_OK && stream_.avail_in == 0 && fed_ == packed_.size() && put == 0))
                return End::input_ended;
            if (state != Z_OK) return End::damaged;
        }
    }
    std::size_t consumed() const { return fed_ - stream_.avail_in; }

private:
    z_stream stream_{};
    std::span<const std::byte> packed_;
    std::size_t fed_ = 0;
    std::optional<Bytef> spare_;  ///< unpacked already, for the next call
    bool ended_ = false;          ///< it was the member's last byte
};

bool starts_member(std::span<const std::byte> bytes) {
    return bytes.size() >= 2 && bytes[0] == std::byte{0x1F} && bytes[1] == std::byte{0x8B};
}

}  // namespace

#ifdef COHORT_HAS_LIBDEFLATE

Bytes zlib_compress(std::span<const std::byte> plain, int level) {
    auto* with = compressor(level);
    Bytes packed(libdeflate_zlib_compress_bound(with, plain.size()));
    packed.resize(libdeflate_zlib_compress(with, plain.data(), plain.size(), packed.data(), packed.size()));
    return packed;
}

bool zlib_decompress(std::span<const std::byte> packed, std::span<std::byte> plain) {
    std::size_t got = 0;
    const auto state = libdeflate_zlib_decompress(decompressor(), packed.data(), packed.size(), plain.data(), plain.size(), &got);
    return state == LIBDEFLATE_SUCCESS && got == plain.size();
}

bool inflate_raw(std::span<const std::byte> packed, std::span<std::byte> plain) {
    std::size_t got = 0;
    const auto state = libdeflate_deflate_decompress(decompressor(), packed.data(), packed.size(), plain.data(), plain.size(), &got);
    return state == LIBDEFLATE_SUCCESS && got == plain.size();
}

Bytes gzip_compress(std::span<const std::byte> plain, int level) {
    auto* with = compressor(level);
    Bytes packed(libdeflate_gzip_compress_bound(with, plain.size()));
    packed.resize(libdeflate_gzip_compress(with, plain.data(), plain.size(), packed.data(), packed.size()));
    return packed;
}

std::uint32_t adler32(std::span<const std::byte> bytes) { return bytes.empty() ? 1 : libdeflate_adler32(1, bytes.data(), bytes.size()); }

std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t so_far) {
    if (bytes.empty()) return so_far;  // a null pointer means "begin anew" there, and in zlib
    return libdeflate_crc32(so_far, bytes.data(), bytes.size());
}

#else

Bytes zlib_compress(std::span<const std::byte> plain, int level) { return zlib_pack(plain, level, 15); }
Bytes gzip_compress(std::span<const std::byte> plain, int level) { return zlib_pack(plain, level, 31); }

bool zlib_decompress(std::span<const std::byte> packed, std::span<std::byte> plain) {
    uLongf got = static_cast<uLongf>(plain.size());
    return ::uncompress(reinterpret_cast<Bytef*>(plain.data()), &got, zbytes(packed), static_cast<uLong>(packed.size())) == Z_OK &&
           got == plain.size();
}

bool inflate_raw(std::span<const std::byte> packed, std::span<std::byte> plain) {
    // zlib counts in 32 bits, which is more than any chunk has.
    if (packed.size() > (std::size_t{1} << 30) || plain.size() > (std::size_t{1} << 30)) return false;
    z_stream stream{};
    if (inflateInit2(&stream, -15) != Z_OK) out_of_memory();
    stream.next_in = zbytes(packed);
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(plain.data());
    stream.avail_out = static_cast<uInt>(plain.size());
    const int state = inflate(&stream, Z_FINISH);
    inflateEnd(&stream);
    return state == Z_STREAM_END && stream.avail_out == 0;
}

std::uint32_t adler32(std::span<const std::byte> bytes) {
    return bytes.empty() ? 1 : static_cast<std::uint32_t>(::adler32_z(1, zbytes(bytes), bytes.size()));
}

std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t so_far) {
    if (bytes.empty()) return so_far;
    return static_cast<std::uint32_t>(::crc32_z(so_far, zbytes(bytes), bytes.size()));
}

#endif

Gunzipped gunzip_into(std::span<const std::byte> packed, std::span<std::byte> plain) {
    Gunzipped result;
    result.whole = true;
    while (!packed.empty()) {
        if (!starts_member(packed)) {
            // gzip allows zero padding after the last member; anything else is garbage.
            result.trailing_garbage = std::any_of(packed.begin(), packed.end(), [](std::byte b) { return b != std::byte{0}; });
            break;
        }
        const auto rest = plain.subspan(result.bytes);
#ifdef COHORT_HAS_LIBDEFLATE
        std::size_t used = 0, got = 0;
        if (libdeflate_gzip_decompress_ex(decompressor(), packed.data(), packed.size(), rest.data(), rest.size(), &used, &got) ==
            LIBDEFLATE_SUCCESS) {
            result.bytes += got;
            packed = packed.subspan(used);
            continue;
        }
#endif
        // Larger than asked for, cut short, or damaged: the streaming reader tells which, and gives what can be had.
        GzipStream stream(packed);
        std::size_t put = 0;
        const auto end = stream.read(rest, put);
        result.bytes += put;
        if (end == GzipStream::End::member_ended) {
            packed = packed.subspan(stream.consumed());
            continue;
        }
        if (end == GzipStream::End::more_room_needed) return result;
        result.whole = false;
        result.truncated = end == GzipStream::End::input_ended;
        result.crc_wrong = end == GzipStream::End::crc_wrong;
        return result;
    }
    return result;
}

Bytes gunzip_prefix(std::span<const std::byte> packed, std::size_t most) {
    Bytes prefix(most);
    std::size_t total = 0;
    while (total < most && starts_member(packed)) {
        GzipStream stream(packed);
        std::size_t got = 0;
        const auto end = stream.read(std::span(prefix).subspan(total), got);
        total += got;
        if (end != GzipStream::End::member_ended) break;
        packed = packed.subspan(stream.consumed());
    }
    prefix.resize(total);
    return prefix;
}

std::optional<Bytes> gunzip_all(std::span<const std::byte> packed, std::size_t most) {
    // One byte of room more than allowed tells "exactly fits" from "larger".
    const std::size_t cap = most + 1;
    Bytes plain;
    for (std::size_t room = std::min(cap, std::max<std::size_t>(4096, packed.size() * 4));; room = std::min(cap, room * 2)) {
        plain.resize(room);
        const Gunzipped got = gunzip_into(packed, plain);
        if (!got.whole || got.trailing_garbage || got.bytes > most) return std::nullopt;
        if (got.bytes < room) {
            plain.resize(got.bytes);
            return plain;
        }
    }
}

bool gunzip_blocks(std::span<const std::byte> packed, const std::function<void(std::span<const std::byte>)>& sink) {
    Bytes block(std::size_t{1} << 20);
    while (starts_member(packed)) {
        GzipStream stream(packed);
        for (;;) {
            std::size_t got = 0;
            const auto end = stream.read(block, got);
            sink(std::span(block).first(got));
            if (end == GzipStream::End::member_ended) break;
            if (end != GzipStream::End::more_room_needed) return false;
        }
        packed = packed.subspan(stream.consumed());
    }
    return std::all_of(packed.begin(), packed.end(), [](std::byte b) { return b == std::byte{0}; });
}

}  // namespace cohort
