#include <set>

#include "apps/export/target.h"
#include "core/files.h"
#include "formats/layouts/names.h"

namespace cohort::exporting {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// "imagesTr/x_0000.nii.gz" → "x": a prediction is no image of a training folder, and belongs to all channels.
std::string plain_stem(std::string_view source) {
    std::string stem(layouts::without_extension(source));
    for (const std::string_view folder : {"imagesTr/", "imagesTs/", "labelsTr/"})
        if (stem.starts_with(folder)) {
            stem.erase(0, folder.size());
            if (const auto n = stem.size(); n > 5 && stem[n - 5] == '_' && is_digit(stem[n - 4]) &&
                                            is_digit(stem[n - 3]) && is_digit(stem[n - 2]) && is_digit(stem[n - 1]))
                stem.erase(n - 5);
            break;
        }
    return stem;
}

/// `image`: the source of the image on whose grid the array lies, if that is known. A copy by augment goes by its id:
/// the source's name is its original's.
std::string base_stem(const store::Sample& sample, const std::optional<std::string>& image) {
    if (!sample.copy_of().empty()) return sample.id;
    const std::string stem = image                   ? plain_stem(*image)
                             : sample.source.empty() ? std::string{}
                                                     : plain_stem(sample.source.front());
    return !stem.empty() && is_inside(stem) ? stem : sample.id;
}

std::optional<std::string> source_of(const std::optional<Json>& header) {
    if (!header || !header->contains("source") || !(*header)["source"].is_string()) return std::nullopt;
    const auto source = (*header)["source"].get<std::string>();
    return is_inside(source) ? std::optional(source) : std::nullopt;
}

}  // namespace

Targets nifti_targets(const store::Sample& sample, const store::Dataset& dataset, const ExportParameters& parameters) {
    std::size_t labels = 0;
    for (const auto& [name, info] : sample.arrays) labels += info.role == store::Role::label;
    std::vector<Target> targets;
    std::set<std::string> taken;
    for (const auto& [name, info] : sample.arrays) {
        if (!parameters.wants(name)) continue;
        Target target{.stem = {}, .array = name, .channel = std::nullopt, .header = dataset.header(sample.id, name)};
        const auto source = source_of(target.header);
        if (source) {
            const bool plain = source->ends_with(".nii") || source->ends_with(".hdr");
            target.packing = plain ? nifti::Packing::plain : nifti::Packing::gzip;
        }
        if (source && !target.header->contains("grid_of") && sample.copy_of().empty()) {
            const bool from_labels = target.header->value("input", "") == "labels";
            target.stem = (from_labels ? "labels/" : "") + std::string(layouts::without_extension(*source));
        } else {
            const bool only_label = info.role == store::Role::label && labels == 1;
            target.stem = base_stem(sample, source) + (only_label ? "" : "_" + name);
        }
        if (!taken.insert(target.stem).second) target.stem += "_" + name;
        targets.push_back(std::move(target));
    }
    return targets;
}

}  // namespace cohort::exporting
