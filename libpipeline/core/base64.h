// Base64 (RFC 4648, section 4, with padding): raw header bytes inside JSON.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/deflate.h"

namespace cohort {

inline constexpr std::string_view base64_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

inline std::string base64(std::span<const std::byte> bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const auto at = [&](std::size_t k) {
            return i + k < bytes.size() ? std::to_integer<std::uint32_t>(bytes[i + k]) : 0u;
        };
        const std::uint32_t group = at(0) << 16 | at(1) << 8 | at(2);
        text += base64_letters[group >> 18];
        text += base64_letters[group >> 12 & 63];
        text += i + 1 < bytes.size() ? base64_letters[group >> 6 & 63] : '=';
        text += i + 2 < bytes.size() ? base64_letters[group & 63] : '=';
    }
    return text;
}

/// Nothing unless `text` is exactly what base64() writes.
inline std::optional<Bytes> bytes_of_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::array<int, 256> value{};
    value.fill(-1);
    for (std::size_t i = 0; i < base64_letters.size(); ++i)
        value[static_cast<unsigned char>(base64_letters[i])] = static_cast<int>(i);
    Bytes bytes;
    bytes.reserve(text.size() / 4 * 3);
    for (std::size_t i = 0; i < text.size(); i += 4) {
        const bool last = i + 4 == text.size();
        const std::size_t padding = !last || text[i + 3] != '=' ? 0 : text[i + 2] != '=' ? 1 : 2;
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 4; ++k) {
            const int bits = k < 4 - padding ? value[static_cast<unsigned char>(text[i + k])] : 0;
            if (bits < 0) return std::nullopt;
            group = group << 6 | static_cast<std::uint32_t>(bits);
        }
        const std::uint32_t unused = padding == 0 ? 0 : padding == 1 ? group & 0xFF : group & 0xFFFF;
        if (unused != 0) return std::nullopt;
        for (std::size_t k = 0; k < 3 - padding; ++k)
            bytes.push_back(static_cast<std::byte>(group >> (16 - 8 * k) & 0xFF));
    }
    return bytes;
}

}  // namespace cohort
