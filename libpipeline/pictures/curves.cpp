#include "pictures/curves.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/json.h"

namespace cohort::pictures {
namespace {

constexpr double width = 720, panel_height = 300, left = 72, right = 150, top = 36, bottom = 48;
constexpr std::array<std::string_view, 8> line_colours{"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                       "#e69f00", "#56b4e9", "#5d3a9b", "#555555"};

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '"')
            out += "&quot;";
        else if (static_cast<unsigned char>(c) < 0x20)
            out += ' ';  // control bytes are not allowed in XML
        else
            out += c;
    }
    return out;
}

/// Hundredths of a pixel are enough, and keep the text short.
std::string pixel(double value) { return shortest(std::round(value * 100) / 100); }

/// Beyond this a range's width could overflow; no curve of ours comes near.
bool drawable(const Point& p) { return std::abs(p.x) < 1e300 && std::abs(p.y) < 1e300; }

struct Range {
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();
    void take(double value) {
        low = std::min(low, value);
        high = std::max(high, value);
    }
    bool empty() const { return low > high; }
    void widen_if_flat() {
        if (high > low) return;
        const double by = low == 0 ? 1 : std::abs(low) * 0.1;
        low -= by;
        high += by;
    }
};

/// Multiples of 1, 2 or 5 times a power of ten within the range, four to nine of them.
std::vector<double> ticks(const Range& range) {
    const double span = range.high - range.low;
    double step = std::pow(10.0, std::floor(std::log10(span / 4)));
    for (const double factor : {5.0, 2.0})
        if (span / (step * factor) >= 4) {
            step *= factor;
            break;
        }
    std::vector<double> at;
    const double first = std::ceil(range.low / step - 1e-9);
    for (int i = 0; i < 20; ++i) {
        const double value = (first + i) * step;
        if (value > range.high + step * 1e-9) break;
        at.push_back(value);
    }
    return at;
}

/// Ten significant digits hide the last-bit noise of multiples (0.30000000000000004).
std::string tick_text(double value) {
    if (value == 0) return "0";
    const double scale = std::pow(10.0, 9 - std::floor(std::log10(std::abs(value))));
    if (!std::isfinite(scale) || scale == 0) return shortest(value);
    const double rounded = std::round(value * scale) / scale;
    return shortest(std::isfinite(rounded) ? rounded : value);
}

std::string text_at(double x, double y, std::string_view anchor, std::string_view text, std::string_view more = "") {
    return "<text x=\"" + pixel(x) + "\" y=\"" + pixel(y) + "\" text-anchor=\"" + std::string(anchor) + "\"" +
           std::string(more) + ">" + escaped(text) + "</text>\n";
}

/// Maps a panel's data to pixels and draws it with its upper edge at `y0`.
class PanelDrawing {
public:
    PanelDrawing(const Panel& panel, double y0) : panel_(panel), y0_(y0) {
        for (const Series& series : panel.series)
            for (const Point& p : series.points)
                if (drawable(p)) {
                    x_.take(p.x);
                    y_.take(p.y);
                }
        has_data_ = !x_.empty();
        if (!has_data_) return;
        if (panel.y_low) y_.low = *panel.y_low;
        if (panel.y_high) y_.high = *panel.y_high;
        x_.widen_if_flat();
        y_.widen_if_flat();
    }

    std::string svg() const {
        std::string out = text_at(left, y0_ + 20, "start", panel_.title, " font-weight=\"bold\"");
        if (!has_data_) return out + text_at(width / 2, y0_ + panel_height / 2, "middle", "no data");
        out += axes();
        for (std::size_t i = 0; i < panel_.series.size(); ++i) out += line(i);
        return out;
    }

private:
    double px(double x) const { return left + (x - x_.low) / (x_.high - x_.low) * (width - left - right); }
    double py(double y) const {
        const double share = std::clamp((y - y_.low) / (y_.high - y_.low), 0.0, 1.0);
        return y0_ + panel_height - bottom - share * (panel_height - top - bottom);
    }

    std::string axes() const {
        const double x_end = width - right, y_end = y0_ + panel_height - bottom;
        std::string out;
        for (const double t : ticks(y_)) {
            out += "<path d=\"M" + pixel(left) + " " + pixel(py(t)) + "H" + pixel(x_end) + "\" stroke=\"#e0e0e0\"/>\n";
            out += text_at(left - 6, py(t) + 4, "end", tick_text(t));
        }
        for (const double t : ticks(x_)) {
            out += "<path d=\"M" + pixel(px(t)) + " " + pixel(y_end) + "v5\" stroke=\"#333\"/>\n";
            out += text_at(px(t), y_end + 18, "middle", tick_text(t));
        }
        out += "<path d=\"M" + pixel(left) + " " + pixel(y0_ + top) + "V" + pixel(y_end) + "H" + pixel(x_end) +
               "\" fill=\"none\" stroke=\"#333\"/>\n";
        out += text_at((left + x_end) / 2, y_end + 36, "middle", panel_.x_label);
        const double middle = y0_ + (panel_height + top - bottom) / 2;
        out += text_at(16, middle, "middle", panel_.y_label, " transform=\"rotate(-90 16 " + pixel(middle) + ")\"");
        return out;
    }

    std::string line(std::size_t i) const {
        const Series& series = panel_.series[i];
        const std::string colour(line_colours[i % line_colours.size()]);
        std::string path;
        bool down = false;  // the pen
        for (const Point& p : series.points) {
            if (!drawable(p)) {
                down = false;
                continue;
            }
            path += (down ? "L" : "M") + pixel(px(p.x)) + " " + pixel(py(p.y));
            if (!down) path += "h0";  // a lone point still shows, as a round cap
            down = true;
        }
        const double y = y0_ + top + 8 + 18 * static_cast<double>(i);
        std::string out;
        if (!path.empty())
            out += "<path d=\"" + path + "\" fill=\"none\" stroke=\"" + colour +
                   R"(" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round"/>)"
                   "\n";
        out += "<path d=\"M" + pixel(width - right + 10) + " " + pixel(y) + "h18\" stroke=\"" + colour +
               "\" stroke-width=\"2\"/>\n";
        return out + text_at(width - right + 34, y + 4, "start", series.name);
    }

    const Panel& panel_;
    double y0_;
    Range x_, y_;
    bool has_data_ = false;
};

}  // namespace

std::string curves_svg(std::span<const Panel> panels) {
    const double height = panel_height * static_cast<double>(std::max<std::size_t>(panels.size(), 1));
    std::string out = R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 )" + pixel(width) + " " + pixel(height) +
                      R"(" width=")" + pixel(width) + R"(" height=")" + pixel(height) +
                      R"(" font-family="sans-serif" font-size="12">)"
                      "\n" +
                      R"(<rect width="100%" height="100%" fill="white"/>)"
                      "\n";
    for (std::size_t i = 0; i < panels.size(); ++i)
        out += PanelDrawing(panels[i], panel_height * static_cast<double>(i)).svg();
    return out + "</svg>\n";
}

}  // namespace cohort::pictures
