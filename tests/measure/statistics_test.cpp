#include <catch2/catch.hpp>
#include <cmath>

#include "facts.h"
#include "measure/distributions.h"
#include "measure/paired.h"

using namespace cohort;
using namespace cohort::measure;

namespace {

std::vector<double> numbers(const Json& list) { return list.get<std::vector<double>>(); }

std::vector<double> differences_of(const Json& oracle) {
    auto a = numbers(oracle.at("a")), b = numbers(oracle.at("b"));
    for (std::size_t i = 0; i < a.size(); ++i) a[i] -= b[i];
    return a;
}

void check(const char* name, double got, const Json& expected, double tolerance = 1e-9) {
    INFO(name << ": got " << got << ", expected " << expected.dump());
    CHECK(std::abs(got - expected.get<double>()) <= tolerance * std::max(1.0, std::abs(expected.get<double>())));
}

/// Means of all n^n resamples, sorted.
std::vector<double> all_means(const std::vector<double>& x) {
    const std::size_t n = x.size();
    std::size_t count = 1;
    for (std::size_t i = 0; i < n; ++i) count *= n;
    std::vector<double> means;
    for (std::size_t k = 0; k < count; ++k) {
        double sum = 0;
        for (std::size_t i = 0, rest = k; i < n; ++i, rest /= n) sum += x[rest % n];
        means.push_back(sum / static_cast<double>(n));
    }
    std::sort(means.begin(), means.end());
    return means;
}

}  // namespace

TEST_CASE("every paired comparison of the oracles is met", "[data]") {
    const Json* oracles = metric_oracles();
    if (!oracles) return;
    std::size_t cases = 0;
    for (const Json& oracle : oracles->at("statistics")) {
        if (oracle.at("kind") != "paired") continue;
        ++cases;
        INFO(oracle.at("id").get<std::string>());
        const Json& v = oracle.at("values");
        const auto d = differences_of(oracle);
        const auto e = paired_effect(d, 2000, 10000, 1, "test");
        check("mean", e.mean, v.at("mean_difference"));
        check("sd", e.sd, v.at("sd_difference"));
        check("permutation", e.permutation.p, v.at("permutation_p_exact_two_sided"));
        CHECK(e.permutation.exact);
        if (!v.contains("t")) continue;
        check("t", e.t, v.at("t"));
        check("t_p", e.t_p, v.at("t_p"));
        check("t_low", e.t_low, v.at("t_ci95").at(0));
        check("t_high", e.t_high, v.at("t_ci95").at(1));
        check("dz", e.dz, v.at("cohen_dz"));
        check("hedges", e.hedges, v.at("hedges_gz"));
        check("rank_biserial", e.rank_biserial, v.at("rank_biserial"));
        check("hodges_lehmann", e.hodges_lehmann, v.at("hodges_lehmann"));
        for (const auto& [name, zeros, which] :
             {std::tuple{"wilcoxon_wilcox_exact", Zeros::wilcoxon, WilcoxonP::exact},
              std::tuple{"wilcoxon_wilcox_approx", Zeros::wilcoxon, WilcoxonP::normal},
              std::tuple{"wilcoxon_pratt_approx", Zeros::pratt, WilcoxonP::normal}}) {
            if (!v.contains(name)) continue;
            INFO(name);
            const auto w = wilcoxon_test(d, zeros, which);
            check("W", w.w(), v.at(name).at("W"));
            check("p", w.p, v.at(name).at("p"));
        }
    }
    CHECK(cases == 5);
}

TEST_CASE("every bootstrap of the oracles is met, exhaustively and by drawing", "[data]") {
    const Json* oracles = metric_oracles();
    if (!oracles) return;
    std::size_t cases = 0;
    for (const Json& oracle : oracles->at("statistics")) {
        if (oracle.at("kind") != "bootstrap") continue;
        ++cases;
        INFO(oracle.at("id").get<std::string>());
        const Json& v = oracle.at("values");
        const auto units = units_of(numbers(oracle.at("x")));
        check("mean", mean_of(units), v.at("mean"));
        const double tolerance = oracle.at("tolerance_monte_carlo").get<double>();
        const auto drawn = bootstrap_means(units, 200000, RandomStream(3, "bootstrap", item_of("test")));
        const auto near = [&](const char* name, const Interval& got, const Json& expected) {
            INFO(name << " " << got.low << " " << got.high << " expected " << expected.dump());
            CHECK(std::abs(got.low - expected.at(0).get<double>()) <= tolerance);
            CHECK(std::abs(got.high - expected.at(1).get<double>()) <= tolerance);
        };
        check("acceleration", bca_parts(units, drawn).acceleration, v.at("bca_acceleration"));
        if (!v.contains("percentile_exhaustive")) {
            near("percentile", percentile_interval(drawn), v.at("monte_carlo_percentile"));
            near("bca", bca_interval(units, drawn), v.at("monte_carlo_bca"));
            continue;
        }
        const auto all = all_means(numbers(oracle.at("x")));
        const auto parts = bca_parts(units, all);
        check("z0", parts.z0, v.at("bca_z0"));
        check("low level", parts.low_level, v.at("bca_levels").at(0));
        check("high level", parts.high_level, v.at("bca_levels").at(1));
        check("percentile low", percentile_interval(all).low, v.at("percentile_exhaustive").at(0));
        check("percentile high", percentile_interval(all).high, v.at("percentile_exhaustive").at(1));
        check("bca low", bca_interval(units, all).low, v.at("bca_exhaustive").at(0));
        check("bca high", bca_interval(units, all).high, v.at("bca_exhaustive").at(1));
        near("percentile drawn", percentile_interval(drawn), v.at("percentile_exhaustive"));
        near("bca drawn", bca_interval(units, drawn), v.at("bca_exhaustive"));
    }
    CHECK(cases == 3);
}

TEST_CASE("Holm's adjustment is that of the oracles, and leaves undefined p values alone", "[data]") {
    CHECK(holm({}).empty());
    const auto some = holm({.02, std::nan(""), .5});
    CHECK(some[0] == .04);
    CHECK(std::isnan(some[1]));
    CHECK(some[2] == .5);
    CHECK(holm({.9, .8}) == std::vector<double>{1, 1});
    const Json* oracles = metric_oracles();
    if (!oracles) return;
    for (const Json& oracle : oracles->at("statistics"))
        if (oracle.at("kind") == "multiple") {
            const auto got = holm(numbers(oracle.at("p")));
            const auto expected = numbers(oracle.at("values").at("holm"));
            REQUIRE(got.size() == expected.size());
            for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i] == Approx(expected[i]).epsilon(1e-12));
        }
}

TEST_CASE("sign flips for more than twenty cases are drawn, and agree with the exact test where both can be had") {
    std::vector<double> d;
    RandomStream random(5, "test", 1);
    for (int i = 0; i < 20; ++i) d.push_back(random.normal() + .4);
    const double exact = sign_flip_test(d, 0, RandomStream(1, "permutation", 1)).p;
    auto longer = d;
    longer.push_back(0);  // a 0 changes nothing but the number of cases
    const auto drawn = sign_flip_test(longer, 200000, RandomStream(1, "permutation", 1));
    CHECK_FALSE(drawn.exact);
    CHECK(std::abs(drawn.p - exact) < 5 * std::sqrt(exact * (1 - exact) / 200000) + 1e-5);
    CHECK(sign_flip_test(longer, 1000, RandomStream(1, "permutation", 1)).p ==
          sign_flip_test(longer, 1000, RandomStream(1, "permutation", 1)).p);
    std::vector<double> all_one(40, 1.0);
    CHECK(sign_flip_test(all_one, 999, RandomStream(1, "permutation", 1)).p == Approx(1.0 / 1000));
}

TEST_CASE("the exact rank test counts subsets as a walk over all signs does") {
    std::vector<double> d{.3, -.1, .5, .7, -.2, .9, .4};
    const auto w = wilcoxon_test(d);
    REQUIRE(w.exact);
    const std::vector<double> ranks{3, 1, 5, 6, 2, 7, 4};
    int reached = 0;
    for (unsigned signs = 0; signs < 128; ++signs) {
        double plus = 0;
        for (unsigned i = 0; i < 7; ++i)
            if (signs >> i & 1u) plus += ranks[i];
        reached += std::min(plus, 28 - plus) <= w.w();
    }
    CHECK(w.p == Approx(reached / 128.0));
}

TEST_CASE("few, equal or infinite values give a stated interval, not a wrong one") {
    CHECK(bootstrap_interval(units_of(std::vector<double>{.5}), 100, 1, "x").method == "undefined");
    const auto point = bootstrap_interval(units_of(std::vector<double>{.5, .5, .5}), 100, 1, "x");
    CHECK(point.method == "point");
    CHECK(point.low == .5);
    CHECK(point.high == .5);
    CHECK(bootstrap_interval(units_of(std::vector<double>{.5, INFINITY}), 100, 1, "x").method == "undefined");
    const auto units = units_of(std::vector<double>{1, 2, 3});
    CHECK(bca_interval(units, std::vector<double>{5, 5, 6}).method == "percentile");
}

TEST_CASE("subjects are resampled whole") {
    const std::vector<double> values{1, 1, 5, 9};
    const auto units = units_of(values, {"a", "a", "b", "c"});
    REQUIRE(units.size() == 3);
    CHECK(mean_of(units) == 4);
    for (const double m : bootstrap_means(units, 500, RandomStream(1, "bootstrap", 1))) {
        // every resample holds both scans of a or none
        bool possible = false;
        for (int a = 0; a <= 3; ++a)
            for (int b = 0; a + b <= 3; ++b) {
                const int c = 3 - a - b;
                possible = possible || std::abs(m - (2.0 * a + 5 * b + 9 * c) / (2 * a + b + c)) < 1e-12;
            }
        CHECK(possible);
    }
}

TEST_CASE("distribution functions agree with tables") {
    CHECK(normal_cdf(1.959963984540054) == Approx(.975).epsilon(1e-14));
    for (const double p : {1e-300, 1e-10, .001, .02, .03, .25, .5, .8, .98, .999999})
        CHECK(normal_cdf(normal_quantile(p)) == Approx(p).epsilon(1e-13));
    CHECK(normal_quantile(0) == -INFINITY);
    CHECK(student_two_sided(12.706204736174698, 1) == Approx(.05).epsilon(1e-12));
    CHECK(student_two_sided_quantile(.05, 4) == Approx(2.7764451051977987).epsilon(1e-12));
    CHECK(student_two_sided_quantile(.05, 1000) == Approx(1.9623390808264078).epsilon(1e-12));
    CHECK(student_two_sided(0, 3) == 1);
}
