#include "tests/phantoms/phantom.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/geometry.h"
#include "core/philox.h"

namespace cohort::phantoms {
namespace {

constexpr int textured = 2, plain = 3;
constexpr double stripe_mm = 5;

struct Ellipsoid {
    Vec3 centre{}, radius_mm{};
    std::array<Vec3, 3> axes{};
    bool has_texture = false;
    Vec3 stripes{};  ///< direction, unit length
    double phase = 0;

    /// Below 1 inside.
    double distance(const Vec3& at) const {
        double sum = 0;
        for (std::size_t a = 0; a < 3; ++a) {
            double along = 0;
            for (std::size_t i = 0; i < 3; ++i) along += axes[a][i] * (at[i] - centre[i]);
            sum += along * along / (radius_mm[a] * radius_mm[a]);
        }
        return std::sqrt(sum);
    }
};

/// Uniform over rotations: a normalised quaternion of normal draws (Shoemake's alternative by symmetry).
std::array<Vec3, 3> drawn_rotation(RandomStream& random) {
    double q[4], norm = 0;
    for (auto& part : q) part = random.normal(), norm += part * part;
    for (auto& part : q) part /= std::sqrt(norm);
    const auto [w, x, y, z] = q;
    return {Vec3{1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)},
            Vec3{2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)},
            Vec3{2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)}};
}

/// Ellipsoids that do not touch, all inside a ball around the origin.
std::vector<Ellipsoid> drawn_ellipsoids(RandomStream& random, double room_mm) {
    std::vector<Ellipsoid> placed;
    for (int tries = 0; static_cast<int>(placed.size()) < textured + plain && tries < 10000; ++tries) {
        Ellipsoid e;
        for (auto& c : e.centre) c = random.uniform(-room_mm, room_mm);
        for (auto& r : e.radius_mm) r = random.uniform(5, 8);
        e.axes = drawn_rotation(random);
        e.stripes = drawn_rotation(random)[0];
        e.phase = random.uniform(0, 2 * std::numbers::pi);
        e.has_texture = static_cast<int>(placed.size()) < textured;
        const auto reach = *std::max_element(e.radius_mm.begin(), e.radius_mm.end());
        const auto clear = std::all_of(placed.begin(), placed.end(), [&](const Ellipsoid& other) {
            const auto theirs = *std::max_element(other.radius_mm.begin(), other.radius_mm.end());
            double squares = 0;
            for (std::size_t i = 0; i < 3; ++i)
                squares += (e.centre[i] - other.centre[i]) * (e.centre[i] - other.centre[i]);
            return std::sqrt(squares) > reach + theirs;
        });
        if (clear) placed.push_back(e);
    }
    return placed;
}

}  // namespace

Phantom make_phantom(std::uint64_t seed, std::uint64_t number) {
    RandomStream random(seed, "phantom", number);
    Phantom phantom;
    phantom.shape = {40, 36, 24};
    const Vec3 spacing_mm{random.uniform(0.9, 1.1), random.uniform(0.9, 1.1), random.uniform(1.4, 1.8)};
    const auto rotation = drawn_rotation(random);
    for (std::size_t row = 0; row < 3; ++row) {
        auto& m = phantom.affine[row];
        m[3] = random.uniform(-30, 30);
        for (std::size_t column = 0; column < 3; ++column) {
            m[column] = rotation[row][column] * spacing_mm[column];
            m[3] -= m[column] * static_cast<double>(phantom.shape[column] - 1) / 2;
        }
    }
    const auto objects = drawn_ellipsoids(random, 13);
    const auto slope = drawn_rotation(random)[0];
    phantom.image.reserve(static_cast<std::size_t>(phantom.shape[0] * phantom.shape[1] * phantom.shape[2]));
    for (std::int64_t z = 0; z < phantom.shape[2]; ++z)
        for (std::int64_t y = 0; y < phantom.shape[1]; ++y)
            for (std::int64_t x = 0; x < phantom.shape[0]; ++x) {
                Vec3 at{};  // mm from the grid's middle, along the grid's axes
                const std::array<std::int64_t, 3> index{x, y, z};
                for (std::size_t i = 0; i < 3; ++i)
                    at[i] =
                        (static_cast<double>(index[i]) - static_cast<double>(phantom.shape[i] - 1) / 2) * spacing_mm[i];
                double value = 0.4 + 0.006 * (slope[0] * at[0] + slope[1] * at[1] + slope[2] * at[2]);
                std::uint8_t label = 0;
                for (const auto& e : objects) {
                    if (e.distance(at) >= 1) continue;
                    value = 1.2;
                    if (!e.has_texture) break;
                    const auto along = e.stripes[0] * at[0] + e.stripes[1] * at[1] + e.stripes[2] * at[2];
                    value += 0.35 * std::sin(2 * std::numbers::pi * along / stripe_mm + e.phase);
                    label = 1;
                    break;
                }
                phantom.image.push_back(static_cast<float>(value + 0.08 * random.normal()));
                phantom.label.push_back(label);
            }
    return phantom;
}

ThresholdScore best_threshold(const std::vector<Phantom>& phantoms) {
    ThresholdScore best;
    for (int step = 0; step < 200; ++step) {
        const auto threshold = 0.01 * step;
        double sum = 0;
        for (const auto& phantom : phantoms) {
            std::int64_t both = 0, either = 0;
            for (std::size_t i = 0; i < phantom.image.size(); ++i) {
                const bool found = phantom.image[i] >= static_cast<float>(threshold), truth = phantom.label[i] != 0;
                both += found && truth;
                either += found + truth;
            }
            sum += either > 0 ? 2 * static_cast<double>(both) / static_cast<double>(either) : 1;
        }
        const auto dice = sum / static_cast<double>(phantoms.size());
        if (dice > best.dice) best = {threshold, dice};
    }
    return best;
}

}  // namespace cohort::phantoms
