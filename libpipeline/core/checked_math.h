// Arithmetic on sizes that come from outside: nothing wraps.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>

namespace cohort {

/// The product, or nothing when it would exceed 2^63 − 1 or a factor is negative.
std::optional<std::int64_t> checked_product(std::span<const std::int64_t> factors);
inline std::optional<std::int64_t> checked_product(std::initializer_list<std::int64_t> factors) {
    return checked_product(std::span<const std::int64_t>(factors.begin(), factors.size()));
}

/// "12 MiB", "1.5 GiB", "17 bytes": for sentences.
std::string human_bytes(std::uint64_t bytes);

/// "8 GiB", "512M", "1e9", "4096" → bytes (K, M, G, T are binary, with or without iB/B). Nothing if malformed.
std::optional<std::uint64_t> parse_bytes(std::string_view text);

}  // namespace cohort
