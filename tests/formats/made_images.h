// Small NIfTI files, made by formula.
#pragma once

#include <cstring>
#include <functional>
#include <string>

#include "formats/nifti/nifti_writer.h"
#include "tests/formats/test_data.h"

namespace test_data {

struct MadeImage {
    cohort::Shape shape{6, 5, 4};
    cohort::VoxelType type = cohort::VoxelType::i16;
    double spacing = 1;
    cohort::Scale scale = {};
    std::function<double(std::int64_t)> value = [](std::int64_t i) { return static_cast<double>(i % 97); };
};

inline void write_nifti_file(const TemporaryFolder& folder, const std::string& name, const MadeImage& made = {}) {
    using namespace cohort;
    static const std::vector<Axis> names{{"x"}, {"y"}, {"z"}, {"t"}, {"v"}};
    Volume voxels(made.type, made.shape, {names.begin(), names.begin() + static_cast<long>(made.shape.size())});
    visit(voxels, [&]<class T>(std::span<T> values) {
        if constexpr (std::is_arithmetic_v<T>)
            for (std::size_t i = 0; i < values.size(); ++i)
                values[i] = static_cast<T>(made.value(static_cast<std::int64_t>(i)));
    });
    Geometry geometry;
    geometry.affine = Affine{{{{made.spacing, 0, 0, -3}, {0, made.spacing, 0, -2}, {0, 0, made.spacing, 5}}}};
    const bool gz = name.ends_with(".gz");
    const auto files =
        nifti::write_nifti(voxels, geometry, made.scale, nullptr, gz ? nifti::Packing::gzip : nifti::Packing::plain);
    folder.write(name, text_of(files.at(0).bytes));
}

inline MadeImage label(std::function<double(std::int64_t)> value = [](std::int64_t i) {
    return static_cast<double>(i % 3);
}) {
    return {.type = cohort::VoxelType::u8, .value = std::move(value)};
}

}  // namespace test_data
