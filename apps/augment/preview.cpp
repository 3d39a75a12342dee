#include "apps/augment/preview.h"

#include <cmath>

#include "apps/augment/copied_sample.h"
#include "core/files.h"
#include "grid/axis_map.h"
#include "pictures/contact_sheet.h"
#include "pictures/montage.h"
#include "pictures/png_writer.h"

namespace cohort::augmentation {
namespace {

constexpr std::size_t most_rows = 6;
constexpr std::uint64_t most_copies = 8;
constexpr int side = 192, gap = 6;

/// First volume of the image and of the label that are drawn; empty where there is none.
struct Shown {
    std::vector<float> image;
    std::vector<std::int32_t> labels;
};

std::vector<float> first_volume(const Volume& voxels, const Scale& scale, std::size_t count) {
    const Volume scaled = scaled_f32(voxels, scale);
    const auto values = scaled.values<float>();
    return {values.begin(), values.begin() + static_cast<std::ptrdiff_t>(std::min(count, values.size()))};
}

std::vector<std::int32_t> rounded(const std::vector<float>& values) {
    std::vector<std::int32_t> labels(values.size(), 0);
    for (std::size_t i = 0; i < values.size(); ++i)
        if (std::abs(values[i]) < 2e9f) labels[i] = static_cast<std::int32_t>(std::lround(values[i]));
    return labels;
}

/// Names of the arrays to draw: the first image (else map, else probability) and the first label (else mask).
struct Drawn {
    std::string image, label;
};

Drawn drawn_of(const store::Sample& sample) {
    Drawn drawn;
    const auto first = [&](store::Role role, std::string& name) {
        for (const auto& [array, info] : sample.arrays)
            if (name.empty() && info.role == role) name = array;
    };
    for (const auto role : {store::Role::image, store::Role::map, store::Role::probability}) first(role, drawn.image);
    for (const auto role : {store::Role::label, store::Role::mask}) first(role, drawn.label);
    return drawn;
}

/// `read(name)` gives an array's voxels and its scale.
template <class Read>
Shown shown_of(const Drawn& drawn, std::size_t voxels, const Read& read) {
    Shown shown;
    if (!drawn.image.empty()) {
        const auto [volume, scale] = read(drawn.image);
        shown.image = first_volume(*volume, scale, voxels);
    }
    if (!drawn.label.empty()) {
        const auto [volume, scale] = read(drawn.label);
        shown.labels = rounded(first_volume(*volume, scale, voxels));
    }
    return shown;
}

std::vector<pictures::Raster> draw_row(const AugmentParameters& parameters, const store::Dataset& dataset,
                                       const store::Sample& sample, const CopyPlan& plan,
                                       const step::Context& context) {
    const auto held = context.memory.reserve(
        plan.bytes + static_cast<std::uint64_t>(plan.extent[0] * plan.extent[1] * plan.extent[2]) * 32,
        "drawing " + sample.id);
    const auto drawn = drawn_of(sample);
    const auto voxels = static_cast<std::size_t>(plan.extent[0] * plan.extent[1] * plan.extent[2]);
    const auto original = shown_of(drawn, voxels, [&](const std::string& name) {
        const auto& info = sample.arrays.at(name);
        return std::pair(std::make_shared<Volume>(dataset.read(sample.id, name, info)), info.scale);
    });
    const auto view_of = [&](const Shown& shown) {
        pictures::CaseView view;
        view.shape = plan.extent;
        view.geometry = sample.arrays.begin()->second.geometry;
        view.image = shown.image;
        view.outlined = shown.labels;
        return view;
    };
    const auto view = view_of(original);
    const auto at = pictures::cutting_point(view);
    const auto window = pictures::window_of(view.image);
    std::vector<pictures::Raster> row{pictures::draw_slice(view, at, window, side)};
    const auto has_background = backgrounds(dataset.manifest().content);
    for (std::uint64_t number = 1; number <= std::min(parameters.copies, most_copies); ++number) {
        auto made = make_copy(parameters.recipe, dataset, sample, plan, number, context.seed, has_background);
        if (auto* fault = std::get_if<Quarantined>(&made))
            throw Error(Exit::bad_input, sample.id + ": " + fault->message);
        auto& copy = std::get<Copy>(made);
        const auto shown = shown_of(drawn, voxels, [&](const std::string& name) {
            auto& array = copy.arrays.at(name);
            return std::pair(&*array.voxels, array.info.scale);
        });
        row.push_back(pictures::draw_slice(view_of(shown), at, window, side));
    }
    return row;
}

}  // namespace

std::string write_preview(const AugmentParameters& parameters, const step::Context& context) {
    const store::Dataset dataset(context.inputs.one("dataset").path);
    std::vector<std::pair<store::Sample, CopyPlan>> drawable;
    for (auto& sample : dataset.all_samples()) {
        const auto plan = plan_copies(sample);
        if (!sample.arrays.empty() && std::holds_alternative<CopyPlan>(plan))
            drawable.emplace_back(std::move(sample), std::get<CopyPlan>(plan));
    }
    if (drawable.empty())
        throw Error(Exit::bad_input, printable(dataset.folder().string()) +
                                         " has no sample with arrays on one grid; there is nothing to draw.");
    const auto shown = std::min(drawable.size(), most_rows);
    std::vector<pictures::Raster> tiles;
    std::string names;
    int columns = 1;
    context.progress.start("drawing", shown, "samples");
    for (std::size_t i = 0; i < shown && !context.stop.stop_requested(); ++i) {
        const auto& [sample, plan] = drawable[i * drawable.size() / shown];
        auto row = draw_row(parameters, dataset, sample, plan, context);
        columns = static_cast<int>(row.size());
        std::move(row.begin(), row.end(), std::back_inserter(tiles));
        names += (names.empty() ? "" : ", ") + sample.id;
        context.progress.advance();
    }
    if (context.stop.stop_requested()) return {};
    const Bytes png = pictures::encode_png(pictures::contact_sheet(tiles, columns, gap));
    write_file_atomically(parameters.preview, std::span<const std::byte>(png));
    return printable(parameters.preview) + " shows " + names + " row by row: the original, then " +
           (columns == 2 ? "one copy" : std::to_string(columns - 1) + " copies") + " by the recipe " +
           parameters.recipe_name + ".";
}

}  // namespace cohort::augmentation
