// Line plots as SVG text: a training's history, a reliability curve. No times, no host, no fonts beyond the viewer's
// own.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cohort::pictures {

struct Point {
    double x = 0;
    double y = 0;
};

/// One line. Points are joined in the order given; a point that is not finite is a gap.
struct Series {
    std::string name;
    std::vector<Point> points;
};

/// One pair of axes. Ranges follow the points unless given; a panel without a finite point says "no data".
struct Panel {
    std::string title = {};
    std::string x_label = {};
    std::string y_label = {};
    std::vector<Series> series = {};
    std::optional<double> y_low = std::nullopt;
    std::optional<double> y_high = std::nullopt;
};

/// The panels, one below the other, 720 pixels wide, as one standalone SVG document (ends with a newline).
/// Equal panels give equal text. Names may hold any UTF-8; they are escaped. Never fails.
std::string curves_svg(std::span<const Panel> panels);

}  // namespace cohort::pictures
