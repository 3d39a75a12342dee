#include "measure/@name@.h"

#include <catch2/catch.hpp>

#include "measure/case_label.h"

using namespace cohort;
using namespace cohort::measure;

namespace {

LabelMap map_of(std::vector<std::int32_t> values) {
    LabelMap map;
    map.shape = {static_cast<std::int64_t>(values.size()), 1, 1};
    map.values = std::move(values);
    return map;
}

Score score_of(std::vector<std::int32_t> reference, std::vector<std::int32_t> prediction) {
    const CasePair pair(map_of(std::move(reference)), map_of(std::move(prediction)));
    const Target target{"1", "", {1}};
    const Rules rules;
    CaseLabel c(pair, target, rules);
    return @name@(c);
}

}  // namespace

TEST_CASE("@name@ is the share of voxels where both have the label or neither has it") {
    CHECK(score_of({1, 1, 0, 0}, {1, 1, 0, 0}).value == 1);
    CHECK(score_of({1, 1, 0, 0}, {0, 0, 1, 1}).value == 0);
    CHECK(score_of({1, 1, 0, 0}, {1, 0, 0, 0}).value == .75);
    CHECK(score_of({0, 0, 0, 0}, {0, 0, 0, 0}).value == 1);
    CHECK(score_of({2, 2, 0, 0}, {0, 2, 0, 0}).value == 1);  // other labels are background here
}

TEST_CASE("@name@ is listed") { CHECK(metric_named(*convention_named("cohort"), "@name@") != nullptr); }
