#include <catch2/catch.hpp>
#include <set>

#include "measure/metric.h"

using namespace cohort::measure;

TEST_CASE("every metric has a name of its own within its convention, a description and a unit in its name") {
    for (const Convention& convention : all_conventions()) {
        INFO(convention.name);
        std::set<std::string_view> names;
        for (const Metric& metric : convention.metrics) {
            INFO(metric.name);
            CHECK(names.insert(metric.name).second);
            CHECK_FALSE(metric.about.empty());
            CHECK(metric.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos);
            if (metric.unit == "mm" || metric.unit == "mm3")
                CHECK(metric.name.ends_with("_" + std::string(metric.unit)));
            CHECK(metric_named(convention, metric.name) == &metric);
        }
        CHECK(convention_named(convention.name) == &convention);
        CHECK(convention.about.ends_with("."));
        CHECK(empty_rule_text(convention, {}).find("empty") != std::string::npos);
    }
    CHECK(convention_named("simpleitk") == convention_named("seg-metrics"));
    CHECK(convention_named("unheard-of") == nullptr);
}
