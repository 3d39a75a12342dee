#include "learn/class_table.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "core/error.h"

using namespace cohort;
using namespace cohort::learn;

TEST_CASE("label values with gaps become classes counted from 0, and come back") {
    const ClassTable table({{205, "b"}, {0, "background"}, {7, "a"}, {-3, "c"}});
    REQUIRE(table.classes() == 4);
    for (std::int64_t c = 0; c < 4; ++c) CHECK(table.class_of(static_cast<double>(table.value_of(c))) == c);
    CHECK(table.value_of(0) == -3);
    CHECK(table.background() == 1);
    CHECK(table.foreground() == std::vector<std::int64_t>{0, 2, 3});
    CHECK_FALSE(table.class_of(8));
    CHECK_FALSE(table.class_of(7.5));
    CHECK_FALSE(table.class_of(std::nan("")));
}

TEST_CASE("a value listed twice is refused, and so is a single class") {
    CHECK_THROWS_AS(ClassTable({{1, "a"}, {1, "b"}}), Error);
    const Json content{{"labels", {{{"array", "label"}, {"value", 0}, {"name", "background"}}}}};
    CHECK_THROWS_AS(class_table(content, "label", "dataset"), Error);
    CHECK_THROWS_AS(class_table(Json::object(), "label", "dataset"), Error);
}

TEST_CASE("only the entries of the array asked for are taken") {
    const Json content{{"labels",
                        {{{"array", "label"}, {"value", 0}, {"name", "background"}},
                         {{"array", "label"}, {"value", 2}, {"name", "liver"}},
                         {{"array", "other"}, {"value", 9}, {"name", "spleen"}}}}};
    const auto table = class_table(content, "label", "dataset");
    CHECK(table.classes() == 2);
    CHECK(to_json(table, "label").size() == 2);
}
