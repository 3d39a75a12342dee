#include <catch2/catch.hpp>
#include <cmath>
#include <map>

#include "facts.h"
#include "masks.h"
#include "measure/metric.h"

using namespace cohort;
using namespace cohort::measure;

namespace {

/// Oracle arrays are C order; axis 0 becomes x here.
LabelMap from_runs(const Json& oracle, const char* runs) {
    Extent3 shape{1, 1, 1};
    Vec3 spacing{1, 1, 1};
    const auto dimensions = oracle.at("shape").size();
    for (std::size_t a = 0; a < dimensions; ++a) {
        shape[a] = oracle["shape"][a].get<std::int64_t>();
        spacing[a] = oracle["spacing_mm"][a].get<double>();
    }
    LabelMap map = empty_map(shape, spacing, static_cast<int>(dimensions));
    for (const Json& run : oracle.at(runs))
        for (std::int64_t k = 0; k < run[1].get<std::int64_t>(); ++k) {
            const std::int64_t i = run[0].get<std::int64_t>() + k;
            voxel(map, i / (shape[1] * shape[2]), i / shape[2] % shape[1], i % shape[2]) = run[2].get<std::int32_t>();
        }
    return map;
}

struct Checker {
    const CasePair& pair;
    const Target& target;

    void operator()(std::string_view convention, std::string_view metric, const Json& expected,
                    double tolerance_mm = 1) const {
        const Convention* c = convention_named(convention);
        REQUIRE(c != nullptr);
        const Metric* m = metric_named(*c, metric);
        INFO(convention << " " << metric);
        REQUIRE(m != nullptr);
        Rules rules;
        rules.tolerance_mm = tolerance_mm;
        CaseLabel label(pair, target, rules);
        const Score got = score(*m, label);
        if (expected.is_null()) {
            CHECK(got.reason == "convention_raises");
            return;
        }
        INFO("got " << got.value << " expected " << expected.dump());
        CHECK(agrees(got.value, oracle_number(expected)));
        CHECK(std::isnan(got.value) == !got.reason.empty());
    }
};

void check_overlap(const Checker& check, const Json& label) {
    for (const auto& [name, value] : label.at("overlap").items()) check("cohort", name, value);
    for (const auto& [convention, values] : label.at("overlap_compat").items())
        for (const auto& [name, value] : values.items())
            check(convention, name == "volume_similarity_signed" ? "volume_similarity" : name, value);
}

void check_surfaces(const Checker& check, const Json& label) {
    const std::map<std::string, std::string> names{{"hd", "hd_mm"},
                                                   {"hd95", "hd95_mm"},
                                                   {"assd", "assd_mm"},
                                                   {"masd", "masd_mm"},
                                                   {"msd", "msd_mm"},
                                                   {"asd_pred_to_ref", "asd_pred_to_ref_mm"},
                                                   {"asd_ref_to_pred", "asd_ref_to_pred_mm"},
                                                   {"assd_conn_full", "assd_full_connectivity_mm"}};
    for (const auto& [oracle_name, values] : label.at("surface").items()) {
        const std::string convention = oracle_name == "default" ? "cohort" : oracle_name;
        if (values.is_null()) {  // medpy raises
            for (const auto* metric : {"hd_mm", "hd95_mm", "assd_mm"}) check(convention, metric, Json());
            continue;
        }
        for (const auto& [name, value] : values.items()) {
            if (name == "nsd" || name == "nsd_subvoxel")
                for (const auto& [tolerance, expected] : value.items())
                    check(convention, name == "nsd" ? "surface_dice" : "surface_dice_subvoxel", expected,
                          std::stod(tolerance));
            else if (names.contains(name) && metric_named(*convention_named(convention), names.at(name)))
                check(convention, names.at(name), value);
        }
    }
}

/// What stands in the oracle beside the metrics: numbers of border voxels, one-sided means, areas.
void check_details(const CasePair& pair, const Target& target, const Json& surface) {
    const Rules rules;
    CaseLabel label(pair, target, rules);
    const Json& ours = surface.at("default");
    if (ours.contains("n_border_ref")) {
        CHECK(label.borders().ref_to_pred.size() == ours["n_border_ref"].get<std::size_t>());
        CHECK(label.borders().pred_to_ref.size() == ours["n_border_pred"].get<std::size_t>());
    }
    if (surface.contains("deepmind") && surface["deepmind"].contains("area_ref")) {
        const auto area = [](const std::vector<Surfel>& surfels) {
            double sum = 0;
            for (const Surfel& s : surfels) sum += s.area;
            return sum;
        };
        CHECK(agrees(area(label.surfels().ref_to_pred), oracle_number(surface["deepmind"]["area_ref"])));
        CHECK(agrees(area(label.surfels().pred_to_ref), oracle_number(surface["deepmind"]["area_pred"])));
    }
    if (ours.contains("hd_penalty_diagonal")) {
        Rules diagonal;
        diagonal.empty_distance = EmptyDistance::diagonal;
        CaseLabel penalised(pair, target, diagonal);
        for (const auto* metric : {"hd_mm", "hd95_mm", "assd_mm"})
            CHECK(agrees(score(*metric_named(*convention_named("cohort"), metric), penalised).value,
                         oracle_number(ours["hd_penalty_diagonal"])));
    }
}

}  // namespace

TEST_CASE("every segmentation case of the oracles is met, in every convention", "[data]") {
    const Json* oracles = metric_oracles();
    if (!oracles) return;
    std::size_t cases = 0;
    for (const Json& oracle : oracles->at("segmentation")) {
        INFO(oracle.at("id").get<std::string>());
        const CasePair pair(from_runs(oracle, "ref_runs"), from_runs(oracle, "pred_runs"));
        CHECK(agrees(pair.diagonal_mm(), oracle.at("image_diagonal_mm").get<double>()));
        for (const auto& [value, label] : oracle.at("labels").items()) {
            INFO("label " << value);
            const Target target = label_target(std::stoi(value));
            const Counts counts = pair.counts(target);
            const Json& n = label.at("counts");
            CHECK(counts == Counts{n["tp"], n["fp"], n["fn"], n["tn"]});
            const Checker check{pair, target};
            check_overlap(check, label);
            check_surfaces(check, label);
            check_details(pair, target, label.at("surface"));
        }
        ++cases;
    }
    CHECK(cases == 52);
}
