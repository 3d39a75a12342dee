// Numbers in headers, in either byte order.
#pragma once

#include <bit>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>

#include "formats/nifti/nifti_header.h"

namespace cohort::nifti {

static_assert(std::endian::native == std::endian::little, "voxels in memory and in shards are little endian");

template <class T>
T swapped(T value) {
    std::array<std::byte, sizeof(T)> bytes;
    std::memcpy(bytes.data(), &value, sizeof(T));
    for (std::size_t i = 0; i < sizeof(T) / 2; ++i) std::swap(bytes[i], bytes[sizeof(T) - 1 - i]);
    std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
}

/// Reads fields at byte offsets; the caller has checked that the header is long enough.
class FieldReader {
public:
    FieldReader(std::span<const std::byte> bytes, ByteOrder order) : bytes_(bytes), order_(order) {}

    template <class T>
    T get(std::size_t offset) const {
        T value;
        std::memcpy(&value, bytes_.data() + offset, sizeof(T));
        return order_ == ByteOrder::big ? swapped(value) : value;
    }
    /// Up to the first NUL.
    std::string text(std::size_t offset, std::size_t most) const {
        const auto* begin = reinterpret_cast<const char*>(bytes_.data()) + offset;
        return std::string(begin, ::strnlen(begin, most));
    }

private:
    std::span<const std::byte> bytes_;
    ByteOrder order_;
};

/// Writes little-endian fields.
class FieldWriter {
public:
    explicit FieldWriter(std::span<std::byte> bytes) : bytes_(bytes) {}
    template <class T>
    void put(std::size_t offset, T value) {
        std::memcpy(bytes_.data() + offset, &value, sizeof(T));
    }
    void text(std::size_t offset, std::string_view value) {
        std::memcpy(bytes_.data() + offset, value.data(), value.size());
    }

private:
    std::span<std::byte> bytes_;
};

}  // namespace cohort::nifti
