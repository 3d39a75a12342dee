#include "core/checked_math.h"

#include <array>
#include <charconv>
#include <cmath>

namespace cohort {

std::optional<std::int64_t> checked_product(std::span<const std::int64_t> factors) {
    std::int64_t product = 1;
    for (const auto factor : factors)
        if (factor < 0 || __builtin_mul_overflow(product, factor, &product)) return std::nullopt;
    return product;
}

std::string human_bytes(std::uint64_t bytes) {
    if (bytes < 1024) return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes");
    constexpr std::array units{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = static_cast<double>(bytes) / 1024.0;
    std::size_t unit = 0;
    while (value >= 1024.0 && unit + 1 < units.size()) value /= 1024.0, ++unit;
    std::array<char, 64> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed,
                                   value < 10 ? 1 : 0);
    std::string text(buffer.data(), end.ptr);
    if (text.ends_with(".0")) text.resize(text.size() - 2);
    return text + " " + units[unit];
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
    double number = 0;
    const auto [rest, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (fault != std::errc{} || !std::isfinite(number) || number < 0) return std::nullopt;
    std::string_view unit(rest, static_cast<std::size_t>(text.data() + text.size() - rest));
    while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
    double factor = 1;
    if (!unit.empty() && unit != "B") {
        const auto power = std::string_view("KMGTP").find(static_cast<char>(unit.front() & ~0x20));
        if (power == std::string_view::npos) return std::nullopt;
        for (std::size_t i = 0; i <= power; ++i) factor *= 1024;
        unit.remove_prefix(1);
        if (!unit.empty() && unit != "B" && unit != "iB" && unit != "b" && unit != "ib") return std::nullopt;
    }
    const double bytes = number * factor;
    if (bytes >= 9.2e18) return std::nullopt;
    return static_cast<std::uint64_t>(bytes);
}

}  // namespace cohort
