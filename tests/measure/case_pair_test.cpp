#include <catch2/catch.hpp>
#include <cmath>
#include <complex>

#include "masks.h"
#include "measure/metric.h"

using namespace cohort;
using namespace cohort::measure;

TEST_CASE("counts equal a count voxel by voxel, for labels, regions, background and an ignore label") {
    const auto seed = GENERATE(range(0u, 40u));
    INFO("seed " << seed);
    std::mt19937 random(seed);
    // Every other one has rows of several blocks, slices of several slabs, and long runs.
    const bool wide = seed % 4 >= 2;
    const Extent3 shape = wide ? Extent3{33 + 7 * seed, 2, 21} : random_shape(random, 9);
    const double density = wide ? .02 : .6;
    const LabelMap r = random_map(random, shape, {1, 1, 1}, 4, density),
                   p = random_map(random, shape, {1, 1, 1}, 5, density);
    const std::optional<std::int32_t> ignore = seed % 2 ? std::optional(4) : std::nullopt;
    const CasePair pair(r, p, ignore, 1 + seed % 3);
    for (const Target& target :
         {label_target(0), label_target(1), label_target(5), label_target(9), Target{"1+2", "", {1, 2}}}) {
        Counts expected;
        for (std::size_t i = 0; i < r.values.size(); ++i) {
            if (r.values[i] == ignore) continue;
            const bool a = target.has(r.values[i]), b = target.has(p.values[i]);
            (a && b ? expected.tp : a ? expected.fn : b ? expected.fp : expected.tn) += 1;
        }
        CHECK(pair.counts(target) == expected);
    }
}

TEST_CASE("the bounds of a label hold it in both maps, and nothing more") {
    LabelMap r = empty_map({9, 8, 7}), p = r;
    voxel(r, 2, 3, 4) = 1;
    voxel(p, 5, 1, 6) = 1;
    voxel(p, 0, 0, 0) = 2;
    const CasePair pair(r, p);
    const Bounds b = pair.bounds(label_target(1));
    CHECK(b.low == Extent3{2, 1, 4});
    CHECK(b.high == Extent3{5, 3, 6});
    CHECK(pair.bounds(label_target(3)).empty());
    CHECK(pair.bounds({"1+2", "", {1, 2}}).low == Extent3{0, 0, 0});
    CHECK(pair.predicted_values() == std::vector<std::int32_t>{0, 1, 2});
    CHECK(pair.reference_values() == std::vector<std::int32_t>{0, 1});
}

TEST_CASE("labels count after scale and must be integers") {
    const auto make = [](double value, Scale scale) {
        Volume v(VoxelType::f32, {2, 1}, axes_named("xy"));
        v.values<float>()[0] = 0;
        v.values<float>()[1] = static_cast<float>(value);
        return label_map(v, scale, {});
    };
    const auto fine = make(1.5, Scale{{2.0}, {1.0}, ""});
    REQUIRE(std::holds_alternative<LabelMap>(fine));
    CHECK(std::get<LabelMap>(fine).values == std::vector<std::int32_t>{1, 4});
    CHECK(std::get<LabelMap>(fine).dimensions == 2);
    for (const double bad : {1.5, std::nan(""), double(INFINITY)}) {
        const auto result = make(bad, {});
        REQUIRE(std::holds_alternative<Quarantined>(result));
        CHECK(std::get<Quarantined>(result).reason == "label-not-integer");
    }
    CHECK(std::get<Quarantined>(make(5e9, {})).reason == "unsupported");
}

TEST_CASE("labels with a fourth axis of more than one entry, or complex ones, are set aside") {
    Volume time(VoxelType::u8, {2, 2, 2, 3}, axes_named("xyzt"));
    std::fill(time.bytes().begin(), time.bytes().end(), std::byte{0});
    CHECK(std::get<Quarantined>(label_map(time, {}, {})).reason == "unsupported");
    Volume complex(VoxelType::c64, {2}, axes_named("x"));
    std::fill(complex.bytes().begin(), complex.bytes().end(), std::byte{0});
    CHECK(std::get<Quarantined>(label_map(complex, {}, {})).reason == "unsupported");
    Volume one(VoxelType::u8, {2, 2, 2, 1}, axes_named("xyzt"));
    std::fill(one.bytes().begin(), one.bytes().end(), std::byte{1});
    CHECK(std::get<LabelMap>(label_map(one, {}, {})).shape == Extent3{2, 2, 2});
}

TEST_CASE("a case without its prediction scores 0 in overlap and counts its reference's volume") {
    LabelMap r = empty_map({4, 4, 4}, {2, 1, 1});
    voxel(r, 1, 1, 1) = 1;
    const CasePair pair = CasePair::without_prediction(r);
    const Convention& ours = *convention_named("cohort");
    Rules rules;
    const Target one = label_target(1), two = label_target(2);
    for (const Target& target : {one, two}) {
        CaseLabel c(pair, target, rules);
        for (const char* name : {"dice", "iou", "sensitivity", "specificity", "precision", "surface_dice"}) {
            INFO(name);
            CHECK(score(*metric_named(ours, name), c).value == 0);
        }
    }
    CaseLabel c(pair, one, rules);
    CHECK(score(*metric_named(ours, "volume_difference_mm3"), c).value == -2);
    CHECK(score(*metric_named(ours, "hd95_mm"), c).reason == "pred_empty");
    rules.empty_distance = EmptyDistance::diagonal;
    CHECK(score(*metric_named(ours, "hd95_mm"), c).value == Approx(std::sqrt(64. + 16 + 16)));
}

TEST_CASE("--empty one makes two empty masks a perfect case, in overlap, surface and distance") {
    const LabelMap nothing = empty_map({3, 3, 3});
    const CasePair pair(nothing, nothing);
    const Convention& ours = *convention_named("cohort");
    const Target target = label_target(1);
    Rules rules;
    for (const bool one : {false, true}) {
        rules.empty = one ? EmptyRule::one : EmptyRule::undefined;
        CaseLabel c(pair, target, rules);
        for (const auto& [name, value] : std::vector<std::pair<const char*, double>>{{"dice", 1},
                                                                                     {"iou", 1},
                                                                                     {"surface_dice", 1},
                                                                                     {"hd_mm", 0},
                                                                                     {"hd95_mm", 0},
                                                                                     {"assd_mm", 0},
                                                                                     {"masd_mm", 0}}) {
            INFO(name);
            const Score s = score(*metric_named(ours, name), c);
            if (one)
                CHECK(s.value == value);
            else
                CHECK((std::isnan(s.value) && s.reason == "both_empty"));
        }
    }
}
