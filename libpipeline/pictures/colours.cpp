#include "pictures/colours.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace cohort::pictures {
namespace {

constexpr std::array<Rgb, 12> palette{{{230, 159, 0},
                                       {86, 180, 233},
                                       {0, 158, 115},
                                       {240, 228, 66},
                                       {0, 114, 178},
                                       {213, 94, 0},
                                       {204, 121, 167},
                                       {170, 120, 255},
                                       {255, 105, 97},
                                       {120, 220, 120},
                                       {200, 170, 120},
                                       {90, 220, 220}}};

/// Full saturation at three quarters of the turn's brightness: readable on grey.
Rgb from_hue(double turn) {
    const auto channel = [&](double shift) {
        const double t = std::abs(std::fmod(turn + shift, 1.0) * 6 - 3) - 1;
        return static_cast<std::uint8_t>(std::lround(60 + 180 * std::clamp(t, 0.0, 1.0)));
    };
    return {channel(0), channel(2.0 / 3), channel(1.0 / 3)};
}

/// Black, violet, red, orange, yellow, white: rises evenly in brightness.
constexpr std::array<Rgb, 6> heat{
    {{0, 0, 0}, {80, 18, 123}, {182, 54, 121}, {251, 136, 97}, {254, 220, 120}, {255, 255, 255}}};

}  // namespace

Rgb label_colour(std::int64_t value) {
    if (value == 0) return {};
    const auto index = static_cast<std::uint64_t>(value < 0 ? -(value + 1) : value - 1);
    if (index < palette.size()) return palette[index];
    constexpr double golden_turn = 0.61803398874989485;
    return from_hue(std::fmod(static_cast<double>(index) * golden_turn, 1.0));
}

Rgb mapped_colour(double value, ColourMap map) {
    const double t = std::isnan(value) ? 0.0 : std::clamp(value, 0.0, 1.0);
    if (map == ColourMap::grey) {
        const auto level = static_cast<std::uint8_t>(std::lround(t * 255));
        return {level, level, level};
    }
    const double place = t * (heat.size() - 1);
    const auto low = std::min<std::size_t>(static_cast<std::size_t>(place), heat.size() - 2);
    return blend(heat[low], heat[low + 1], place - static_cast<double>(low));
}

}  // namespace cohort::pictures
