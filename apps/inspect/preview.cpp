#include "apps/inspect/preview.h"

#include <cmath>

#include "apps/inspect/summary.h"
#include "core/error.h"
#include "core/files.h"
#include "core/spatial_shape.h"
#include "pictures/contact_sheet.h"
#include "pictures/montage.h"
#include "pictures/png_writer.h"
#include "store/dataset.h"

namespace cohort::inspect {
namespace {

constexpr std::size_t most_samples = 8;
constexpr int single_side = 320, sheet_side = 160, gap = 8;

using Named = std::pair<std::string, const store::ArrayInfo*>;

std::optional<Named> first_of(const store::Sample& sample, std::initializer_list<store::Role> roles) {
    for (const store::Role role : roles)
        for (const auto& [name, info] : sample.arrays)
            if (info.role == role) return Named{name, &info};
    return std::nullopt;
}

/// Extents along x, y and z; absent axes count 1.
std::array<std::int64_t, 3> space_of(const store::ArrayInfo& info) {
    const Shape shape = spatial_shape(info.shape, info.axes);
    return {shape[0], shape[1], shape[2]};
}

/// The first volume of an array, scaled.
std::vector<float> first_volume(const store::Dataset& dataset, const std::string& id, const Named& array) {
    const Volume scaled = scaled_f32(dataset.read(id, array.first, *array.second), array.second->scale);
    const auto values = scaled.values<float>();
    const auto [nx, ny, nz] = space_of(*array.second);
    return {values.begin(),
            values.begin() + std::min<std::ptrdiff_t>(nx * ny * nz, static_cast<std::ptrdiff_t>(values.size()))};
}

std::vector<std::int32_t> rounded(const std::vector<float>& values) {
    std::vector<std::int32_t> labels(values.size(), 0);
    for (std::size_t i = 0; i < values.size(); ++i)
        if (std::abs(values[i]) < 2e9f) labels[i] = static_cast<std::int32_t>(std::lround(values[i]));
    return labels;
}

pictures::Raster draw(const store::Dataset& dataset, const store::Sample& sample, int side,
                      const MemoryBudget& memory) {
    const auto image = first_of(sample, {store::Role::image, store::Role::map, store::Role::probability});
    auto label = first_of(sample, {store::Role::label, store::Role::mask});
    if (!image && !label) return pictures::Raster(side, side);
    const Named& grid = image ? *image : *label;
    if (image && label &&
        !same_grid(grid.second->geometry, spatial_shape(grid.second->shape, grid.second->axes), label->second->geometry,
                   spatial_shape(label->second->shape, label->second->axes)))
        label.reset();
    const auto held =
        memory.reserve(static_cast<std::uint64_t>(voxel_count(grid.second->shape)) * 40, "drawing " + sample.id);
    pictures::CaseView view;
    view.shape = space_of(*grid.second);
    view.geometry = grid.second->geometry;
    std::vector<float> voxels;
    std::vector<std::int32_t> labels;
    if (image) {
        voxels = first_volume(dataset, sample.id, *image);
        view.image = voxels;
        if (image->second->role != store::Role::image) view.colours = pictures::ColourMap::heat;
    }
    if (label) {
        labels = rounded(first_volume(dataset, sample.id, *label));
        view.filled = labels;
    }
    return pictures::draw_case(view, side);
}

}  // namespace

std::string write_preview(const step::Input& input, const std::string& id, const std::filesystem::path& file,
                          const MemoryBudget& memory) {
    const store::Dataset dataset(input.path);
    std::vector<store::Sample> drawable;
    std::vector<std::string> known;
    for (auto& sample : dataset.all_samples()) {
        known.push_back(sample.id);
        if (!sample.arrays.empty() && (id.empty() || sample.id == id)) drawable.push_back(std::move(sample));
    }
    if (drawable.empty() && !id.empty()) refuse_unknown_sample(input, id, known);
    if (drawable.empty())
        throw Error(Exit::bad_input, printable(input.path.string()) + " has no arrays; there is nothing to draw.");
    std::vector<pictures::Raster> rows;
    std::string names;
    const std::size_t shown = std::min(drawable.size(), most_samples);
    for (std::size_t i = 0; i < shown; ++i) {
        const store::Sample& sample = drawable[i * drawable.size() / shown];
        rows.push_back(draw(dataset, sample, shown == 1 ? single_side : sheet_side, memory));
        names += (names.empty() ? "" : ", ") + sample.id;
    }
    const Bytes png = pictures::encode_png(pictures::contact_sheet(rows, shown > 4 ? 2 : 1, gap));
    write_file_atomically(file, std::span<const std::byte>(png));
    return printable(file.string()) + " shows " + names + ", row by row.";
}

}  // namespace cohort::inspect
