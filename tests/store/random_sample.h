// Samples for tests: one that is known, and any number that use every part of the shape.
#pragma once

#include <random>

#include "core/files.h"
#include "store/sample.h"

inline cohort::store::ArrayInfo known_array(cohort::store::Role role, cohort::VoxelType type) {
    cohort::store::ArrayInfo info;
    info.role = role;
    info.type = type;
    info.shape = {35, 51, 35};
    info.axes = cohort::axes_named("xyz");
    info.geometry.affine = cohort::Affine{{{{-0.9375, 0, 0, 90}, {0, 1.25, 0, -126}, {0, 0, 1, -72}}}};
    info.digest = cohort::sha256("voxels");
    return info;
}

inline cohort::store::Sample known_sample() {
    cohort::store::Sample sample;
    sample.id = "hippocampus_001";
    sample.subject = "hippocampus_001";
    sample.arrays["image"] = known_array(cohort::store::Role::image, cohort::VoxelType::i16);
    sample.arrays["label"] = known_array(cohort::store::Role::label, cohort::VoxelType::u8);
    sample.values = {{"age", 61.5}, {"sex", "F"}};
    sample.source = {"imagesTr/hippocampus_001.nii.gz", "labelsTr/hippocampus_001.nii.gz"};
    return sample;
}

/// Equal seeds give equal samples. `plain`: printable ASCII only; else texts hold quotes, backslashes, control bytes
/// and characters of every length.
inline cohort::store::Sample random_sample(unsigned seed, bool plain = false) {
    using namespace cohort;
    std::mt19937_64 random(seed);
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    const auto text = [&] {
        static const std::vector<std::string> ascii{"a", "Z", "7", "-", "_", ".", "/", " ", "", "~"};
        static const std::vector<std::string> all{"a",  "Z",  "7",  "-",    "_", ".",  "/",    " ", "\"",
                                                  "\\", "\n", "\t", "\x01", "é", "漢", "🧠", "",  "\x7f"};
        const auto& parts = plain ? ascii : all;
        std::string result;
        for (std::size_t i = below(12); i > 0; --i) result += parts[below(parts.size())];
        return result;
    };
    const auto number = [&]() -> double {
        switch (below(5)) {
            case 0:
                return static_cast<double>(below(1000)) - 500;
            case 1:
                return std::ldexp(static_cast<double>(random()), static_cast<int>(below(200)) - 160);
            case 2:
                return 0.1 * static_cast<double>(below(100));
            case 3:
                return -1.0 / static_cast<double>(1 + below(1000));
            default:
                return 1e300 / static_cast<double>(1 + below(7));
        }
    };
    const auto geometry = [&] {
        Geometry result;
        if (below(3) == 0) return result;
        if (below(4) == 0) {
            result.raster_spacing_mm = Vec3{0.5, 0.25, 1};
            return result;
        }
        Affine affine;
        for (auto& row : affine.m)
            for (double& value : row) value = static_cast<double>(below(20000)) / 64.0 - 100;
        result.affine = affine;
        return result;
    };
    const auto axes_for = [&](const Shape& shape) {
        static const std::vector<std::string> names{"x", "y", "z", "t", "echo", "c", "d7"};
        std::vector<Axis> axes;
        for (std::size_t i = 0; i < shape.size(); ++i) {
            Axis axis{names[i]};
            const auto length = static_cast<std::size_t>(shape[i]);
            if (below(6) == 0)
                for (std::size_t k = 0; k < length; ++k) axis.coordinates.push_back(0.005 * static_cast<double>(k));
            if (below(6) == 0) axis.unit = "s";
            if (below(6) == 0)
                for (std::size_t k = 0; k < length; ++k) axis.labels.push_back("c" + std::to_string(k));
            axes.push_back(axis);
        }
        return axes;
    };
    const auto shape = [&] {
        Shape result;
        for (std::size_t i = 1 + below(most_axes); i > 0; --i)
            result.push_back(static_cast<std::int64_t>(1 + below(5)));
        return result;
    };

    const auto name = [&] { return percent_encode(text()); };  // of samples and arrays
    store::Sample sample;
    sample.id = "id-" + std::to_string(seed) + name();
    sample.subject = text();
    if (below(2)) sample.session = text();
    for (std::size_t i = below(4); i > 0; --i) {
        store::ArrayInfo info;
        info.role = static_cast<store::Role>(below(5));
        info.type = static_cast<VoxelType>(below(13));
        info.shape = shape();
        info.axes = axes_for(info.shape);
        info.geometry = geometry();
        if (below(3) == 0) info.scale = Scale{{number()}, {number()}, ""};
        if (below(4) == 0) info.channels = {text(), "T1w"};
        if (below(3) == 0) {
            const Shape native = shape();
            info.native = store::NativeGrid{native, axes_for(native), geometry()};
        }
        info.digest = sha256(std::to_string(random()));
        sample.arrays[name() + std::to_string(i)] = info;
    }
    for (std::size_t i = below(5); i > 0; --i) {
        const std::vector<Json> values{number(),
                                       text(),
                                       true,
                                       nullptr,
                                       static_cast<std::int64_t>(random() >> 12),
                                       Json::array({1, "a", Json::object({{"deep", number()}})}),
                                       -3};
        sample.values[text()] = values[below(values.size())];
    }
    for (std::size_t i = below(3); i > 0; --i) sample.source.push_back(text());
    for (std::size_t i = below(3); i > 0; --i) sample.flags.push_back({text(), text()});
    return sample;
}
