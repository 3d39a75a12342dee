#include "pictures/curves.h"

#include <catch2/catch.hpp>
#include <limits>

using namespace cohort::pictures;

namespace {
std::size_t count_of(const std::string& text, std::string_view what) {
    std::size_t n = 0;
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
    return n;
}
}  // namespace

TEST_CASE("curves are drawn once per series and named in a legend") {
    const std::vector<Panel> panels{
        {"Loss", "epoch", "loss", {{"train", {{0, 1}, {1, .5}, {2, .25}}}, {"validation", {{0, 1.1}, {2, .4}}}}},
        {"Dice", "epoch", "Dice", {{"mean", {{0, .1}, {2, .8}}}}, 0.0, 1.0}};
    const std::string svg = curves_svg(panels);
    CHECK(svg.starts_with("<svg "));
    CHECK(svg.ends_with("</svg>\n"));
    for (const auto* word : {">train<", ">validation<", ">mean<", ">Loss<", ">Dice<"})
        CHECK(svg.find(word) != std::string::npos);
    CHECK(count_of(svg, "stroke-width=\"1.5\"") == 3);
    CHECK(svg == curves_svg(panels));
}

TEST_CASE("a gap in a curve lifts the pen, and names are escaped") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const std::vector<Panel> panels{{"a<b & \"c\"", "x", "y", {{"s", {{0, 0}, {1, 1}, {2, nan}, {3, 1}, {4, 0}}}}}};
    const std::string svg = curves_svg(panels);
    CHECK(svg.find("a&lt;b &amp; &quot;c&quot;") != std::string::npos);
    const auto at = svg.find("fill=\"none\" stroke=\"#0072b2\"");
    REQUIRE(at != std::string::npos);
    const auto start = svg.rfind("<path", at);
    CHECK(count_of(svg.substr(start, at - start), "M") == 2);
    CHECK(svg.find("nan") == std::string::npos);
}

TEST_CASE("panels without points, with one point, with equal or huge values are still drawn") {
    const double inf = std::numeric_limits<double>::infinity();
    for (const auto& points : std::vector<std::vector<Point>>{{},
                                                              {{1, 1}},
                                                              {{0, 5}, {1, 5}},
                                                              {{0, 1e308}, {1, -1e308}},
                                                              {{0, inf}},
                                                              {{0, 1e299}, {1, -1e299}},
                                                              {{0, 1e-310}, {1, 2e-310}}}) {
        const std::vector<Panel> panels{{"t", "x", "y", {{"s", points}}}};
        const std::string svg = curves_svg(panels);
        CHECK(svg.ends_with("</svg>\n"));
        CHECK(svg.find("inf") == std::string::npos);
        CHECK(svg.find("nan") == std::string::npos);
    }
    CHECK(curves_svg({}).ends_with("</svg>\n"));
}
