#include "apps/curate/content_digest.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "apps/curate/channel_values.h"
#include "core/deflate.h"

namespace cohort::curate {
namespace {

enum class Form { u8, i16, i32, f32, f64, as_stored };

std::string header(const Volume& volume, std::string_view form) {
    auto shape = volume.shape();
    while (shape.size() > 1 && shape.back() == 1) shape.pop_back();
    return canonical_json(Json{{"form", form}, {"shape", shape}});
}

/// The narrowest form, from what the values turn out to be.
struct Range {
    double minimum = std::numeric_limits<double>::infinity(), maximum = -minimum;
    bool integers = true, floats = true;

    void see(double value) {
        minimum = std::min(minimum, value);
        maximum = std::max(maximum, value);
        integers = integers && value == std::trunc(value);  // false for NaN
        const auto narrow = static_cast<double>(static_cast<float>(value));
        floats = floats && (narrow == value || std::isnan(value));
    }
    template <class T>
    bool fits() const {
        return minimum >= static_cast<double>(std::numeric_limits<T>::min()) &&
               maximum <= static_cast<double>(std::numeric_limits<T>::max());
    }
    Form form() const {
        if (integers && fits<std::uint8_t>()) return Form::u8;
        if (integers && fits<std::int16_t>()) return Form::i16;
        if (integers && fits<std::int32_t>()) return Form::i32;
        return floats ? Form::f32 : Form::f64;
    }
};

template <class To>
To canonical(double value) {
    if constexpr (std::is_floating_point_v<To>) {
        if (std::isnan(value)) return std::numeric_limits<To>::quiet_NaN();
        return static_cast<To>(value) + To{0};  // −0 + 0 is 0
    } else {
        return static_cast<To>(value);
    }
}

template <class To, class From>
void hash_as(Sha256& hash, std::span<const From> voxels, const ScaleAt& scale, bool identity) {
    if constexpr (std::is_same_v<To, From> && std::is_integral_v<To>) {
        if (identity) {
            hash.update(std::as_bytes(voxels));
            return;
        }
    }
    constexpr std::size_t block = 16384;
    std::vector<To> values(std::min(block, voxels.size()));
    for (std::size_t at = 0; at < voxels.size(); at += block) {
        const auto n = std::min(block, voxels.size() - at);
        for (std::size_t i = 0; i < n; ++i)
            values[i] = canonical<To>(scale(as_double(voxels[at + i]), static_cast<std::int64_t>(at + i)));
        hash.update(std::as_bytes(std::span(values).first(n)));
    }
}

template <class T>
Form form_of(const Volume& volume, std::span<const T> voxels, const ScaleAt& scale, const Scale& stored) {
    if (is_complex(volume.type())) return Form::as_stored;
    constexpr double exact = 9007199254740992.0;  // 2^53
    Range range;
    for (std::size_t i = 0; i < voxels.size(); ++i) {
        const double value = as_double(voxels[i]);
        if constexpr (std::is_integral_v<T> && sizeof(T) == 8)
            if (std::abs(value) > exact) return Form::as_stored;
        range.see(stored.is_identity() ? value : scale(value, static_cast<std::int64_t>(i)));
    }
    return range.form();
}

}  // namespace

Digest content_digest(const Volume& volume, const Scale& scale) {
    const ScaleAt at(volume, scale);
    const bool identity = scale.is_identity();
    Sha256 hash;
    visit(volume, [&]<class T>(std::span<const T> voxels) {
        const auto as = [&]<class To>(std::string_view name) {
            hash.update(header(volume, name));
            if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, BoolVoxel>)
                hash_as<To, T>(hash, voxels, at, identity);
        };
        switch (form_of<T>(volume, voxels, at, scale)) {
            case Form::u8: return as.template operator()<std::uint8_t>("u8");
            case Form::i16: return as.template operator()<std::int16_t>("i16");
            case Form::i32: return as.template operator()<std::int32_t>("i32");
            case Form::f32: return as.template operator()<float>("f32");
            case Form::f64: return as.template operator()<double>("f64");
            case Form::as_stored: break;
        }
        hash.update(header(volume, name_of(volume.type())));
        hash.update(canonical_json(to_json(scale)));
        hash.update(volume.bytes());
    });
    return hash.finish();
}

}  // namespace cohort::curate
