#include <catch2/catch.hpp>
#include <cstdlib>
#include <iostream>

#include "core/files.h"
#include "formats/nifti/nifti_reader.h"
#include "measure/evaluation.h"

using namespace cohort;

namespace {

std::filesystem::path data_folder() {
    if (const char* data = std::getenv("COHORT_TEST_DATA"); data && *data) return data;
    if (const char* source = std::getenv("COHORT_SOURCE"); source && *source)
        return std::filesystem::path(source).parent_path() / "shared" / "data";
    return "data";
}

measure::LabelMap read_labels(const std::filesystem::path& file) {
    const Bytes bytes = read_file(file);
    auto image = nifti::read_nifti(file.filename().string(), bytes, std::nullopt, {});
    REQUIRE(std::holds_alternative<Image>(image));
    const auto& read = std::get<Image>(image);
    auto map = measure::label_map(read.voxels, read.scale, read.geometry);
    REQUIRE(std::holds_alternative<measure::LabelMap>(map));
    return std::get<measure::LabelMap>(std::move(map));
}

}  // namespace

TEST_CASE("the spine labels of panoptica give their known Dice", "[data]") {
    const auto folder = data_folder() / "nifti" / "panoptica";
    if (!std::filesystem::exists(folder)) {
        std::cout << "skipped: data not present (panoptica)\n";
        return;
    }
    for (const auto& [name, expected] : std::vector<std::pair<std::string, double>>{
             {"semantic", .97316415}, {"matched_instance", .97443702}, {"unmatched_instance", .97443702}}) {
        INFO(name);
        const measure::CasePair pair(read_labels(folder / name / "ref.nii.gz"),
                                     read_labels(folder / name / "pred.nii.gz"));
        measure::Target all{"all", "", {}};
        for (const auto& values : {pair.reference_values(), pair.predicted_values()})
            for (const auto v : values)
                if (v > 0) all.values.push_back(v);
        std::sort(all.values.begin(), all.values.end());
        all.values.erase(std::unique(all.values.begin(), all.values.end()), all.values.end());
        const measure::Rules rules;
        measure::CaseLabel label(pair, all, rules);
        const auto& dice = *measure::metric_named(*measure::convention_named("cohort"), "dice");
        CHECK(measure::score(dice, label).value == Approx(expected).margin(5e-9));
        if (name != "semantic") continue;
        for (const auto& [value, of_label] : std::vector<std::pair<int, double>>{{26, .969824},
                                                                                 {41, .883646},
                                                                                 {42, .911594},
                                                                                 {43, .866397},
                                                                                 {44, .864936},
                                                                                 {45, .904914},
                                                                                 {46, .893830},
                                                                                 {47, .902748},
                                                                                 {48, .878283},
                                                                                 {49, .971409},
                                                                                 {60, .020156},
                                                                                 {61, .027068},
                                                                                 {62, .679379},
                                                                                 {100, .942357}}) {
            const measure::Target one{std::to_string(value), "", {value}};
            measure::CaseLabel of_one(pair, one, rules);
            CHECK(measure::score(dice, of_one).value == Approx(of_label).margin(5e-7));
        }
    }
}
