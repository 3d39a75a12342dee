#include "apps/preprocess/preprocess_parameters.h"

#include <algorithm>

namespace cohort::preprocess {

grid::Preparation preparation_from_parameters(const Json& json, std::vector<step::Finding>* findings) {
    const auto refuse = [&](const char* parameter, const char* sentence) {
        if (!findings) throw Error(Exit::usage, sentence);
        findings->push_back({parameter, sentence, Exit::usage});
    };
    grid::Preparation how;
    how.canonical = json.at("orientation") == "canonical";
    how.crop_to_non_zero = json.at("crop") == "non-zero";
    how.interpolation = json.at("interpolation") == "cubic" ? grid::Interpolation::cubic : grid::Interpolation::linear;
    how.labels = json.at("label_interpolation") == "linear" ? grid::LabelInterpolation::linear
                                                            : grid::LabelInterpolation::nearest;
    if (const auto given = json.find("spacing_mm"); given != json.end() && !given->is_null()) {
        const auto spacing = given->get<std::vector<double>>();
        if (spacing.size() == 1)
            how.spacing_mm.fill(spacing[0]);
        else if (spacing.size() == 3)
            std::copy(spacing.begin(), spacing.end(), how.spacing_mm.begin());
        else
            refuse("spacing_mm", "give one number for all axes, or three for x, y and z.");
    }
    auto& normalisation = how.normalisation;
    normalisation.intensity =
        grid::intensity_named(json.at("normalise").get<std::string>()).value_or(grid::Intensity::none);
    const auto percentiles = json.at("percentiles").get<std::vector<double>>();
    if (percentiles.size() == 2 && percentiles[0] < percentiles[1])
        normalisation.percentiles = {percentiles[0], percentiles[1]};
    else
        refuse("percentiles", "give two numbers, the lower one first.");
    normalisation.window_centre = json.at("window_centre").get<double>();
    normalisation.window_width = json.at("window_width").get<double>();

    const bool nothing =
        !how.canonical && !how.crop_to_non_zero && !how.resamples() && normalisation.intensity == grid::Intensity::none;
    if (nothing) refuse("", "nothing is asked for: give --spacing-mm, --normalise, --crop or --orientation canonical.");
    return how;
}

}  // namespace cohort::preprocess
