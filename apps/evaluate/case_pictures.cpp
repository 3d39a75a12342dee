#include "apps/evaluate/case_pictures.h"

#include <algorithm>

#include "core/files.h"
#include "core/spatial_shape.h"
#include "pictures/contact_sheet.h"
#include "pictures/montage.h"
#include "pictures/png_writer.h"

namespace cohort::evaluate {
namespace {

constexpr int side = 256, gap = 6;

const AskedCase* asked_case(const Cases& cases, const std::string& id) {
    const auto found = std::lower_bound(cases.asked.begin(), cases.asked.end(), id,
                                        [](const AskedCase& c, const std::string& wanted) { return c.id < wanted; });
    return found != cases.asked.end() && found->id == id ? &*found : nullptr;
}

/// The first image of the reference that lies on the label's grid; its first volume where it has more axes.
std::vector<float> image_of(const Cases& cases, const AskedCase& asked, const store::ArrayInfo& label,
                            std::size_t voxels) {
    for (const auto& [name, info] : asked.reference->arrays) {
        if (info.role != store::Role::image || is_complex(info.type)) continue;
        if (!same_grid(label.geometry, spatial_shape(label.shape, label.axes), info.geometry,
                       spatial_shape(info.shape, info.axes)))
            continue;
        const Volume scaled = scaled_f32(cases.reference->read(asked.id, name, info), info.scale);
        const auto values = scaled.values<float>();
        if (values.size() >= voxels) return {values.begin(), values.begin() + static_cast<std::ptrdiff_t>(voxels)};
    }
    return {};
}

pictures::Raster draw(const Cases& cases, const CaseScorer& scorer, const AskedCase& asked) {
    const auto maps = scorer.read(asked);
    const auto* reference = std::get_if<measure::LabelMap>(&maps.reference);
    if (reference == nullptr) return pictures::Raster(side, side);
    const store::ArrayInfo& label = *asked.reference->array(cases.array);
    const auto image = image_of(cases, asked, label, reference->values.size());
    pictures::CaseView view;
    view.shape = reference->shape;
    view.geometry = label.geometry;
    view.image = image;
    view.filled = reference->values;
    if (maps.prediction)
        if (const auto* prediction = std::get_if<measure::LabelMap>(&*maps.prediction))
            view.outlined = prediction->values;
    return pictures::draw_case(view, side);
}

}  // namespace

std::vector<std::string> write_pictures(const std::filesystem::path& file, const Cases& cases, const CaseScorer& scorer,
                                        const measure::Evaluation& evaluation, const MemoryBudget& memory) {
    const auto extremes = measure::extremes_of(evaluation);
    std::vector<pictures::Raster> rows;
    std::vector<std::string> captions;
    for (const auto& [word, index] :
         {std::pair{"worst", extremes.worst}, {"median", extremes.median}, {"best", extremes.best}}) {
        if (!index) continue;
        const auto& scores = evaluation.cases[*index];
        const AskedCase* asked = asked_case(cases, scores.id);
        if (asked == nullptr || !asked->reference) continue;
        const auto voxels = static_cast<std::uint64_t>(voxel_count(asked->reference->array(cases.array)->shape));
        const auto held = memory.reserve(voxels * 48, "drawing " + scores.id);
        rows.push_back(draw(cases, scorer, *asked));
        captions.push_back(std::string(word) + ": " + scores.id + ", mean " +
                           std::string(evaluation.metrics[extremes.metric]->name) + " " +
                           measure::number_text(measure::case_mean(evaluation, scores, extremes.metric)) +
                           (scores.failed ? " (failed: no prediction)" : ""));
    }
    if (rows.empty()) rows.emplace_back(side, side);
    const Bytes png = pictures::encode_png(pictures::contact_sheet(rows, 1, gap));
    write_file_atomically(file, std::span<const std::byte>(png));
    return captions;
}

}  // namespace cohort::evaluate
