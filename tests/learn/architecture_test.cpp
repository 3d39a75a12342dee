#include "learn/networks/architecture.h"  // before Catch: torch brings a CHECK of its own, and the last one counts

#include <catch2/catch.hpp>
#include <set>

#include "learn/plan/network_names.h"

using namespace cohort::learn;

TEST_CASE("the networks that a plan may name are those that are compiled in, each once, with a sentence") {
    const auto names = all_networks();
    const auto architectures = all_architectures();
    REQUIRE(names.size() == architectures.size());
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < names.size(); ++i) {
        CHECK(names[i].name == architectures[i].name);
        CHECK(names[i].about.ends_with("."));
        CHECK(seen.insert(names[i].name).second);
        CHECK(architecture_named(names[i].name).wanted == architectures[i].wanted);
    }
}
