// A picture in memory: 8-bit RGB, rows from the top.
#pragma once

#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace cohort::pictures {

struct Rgb {
    std::uint8_t r = 0, g = 0, b = 0;
    friend bool operator==(Rgb, Rgb) = default;
};

/// `share` of `over`, the rest of `under`; share 0–1.
inline Rgb blend(Rgb under, Rgb over, double share) {
    const auto mix = [share](std::uint8_t a, std::uint8_t b) {
        return static_cast<std::uint8_t>(std::lround(a + (b - a) * share));
    };
    return {mix(under.r, over.r), mix(under.g, over.g), mix(under.b, over.b)};
}

/// Owns its pixels.
class Raster {
public:
    Raster() = default;
    Raster(int width, int height, Rgb fill = {})
        : width_(width),
          height_(height),
          pixels_(static_cast<std::size_t>(width) * static_cast<std::size_t>(height), fill) {}

    int width() const { return width_; }
    int height() const { return height_; }
    Rgb& at(int x, int y) { return pixels_[index(x, y)]; }
    Rgb at(int x, int y) const { return pixels_[index(x, y)]; }
    const std::vector<Rgb>& pixels() const { return pixels_; }

    /// Copies `other` with its top left corner at (x, y); what lies outside is cut off.
    void paste(const Raster& other, int x, int y);

private:
    std::size_t index(int x, int y) const {
        assert(x >= 0 && y >= 0 && x < width_ && y < height_);
        return static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) + static_cast<std::size_t>(x);
    }
    int width_ = 0, height_ = 0;
    std::vector<Rgb> pixels_;
};

}  // namespace cohort::pictures
