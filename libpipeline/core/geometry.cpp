#include "core/geometry.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/spatial_shape.h"

namespace cohort {

Vec3 Affine::apply(const Vec3& p) const {
    Vec3 out{};
    for (std::size_t r = 0; r < 3; ++r) out[r] = m[r][0] * p[0] + m[r][1] * p[1] + m[r][2] * p[2] + m[r][3];
    return out;
}

double Affine::determinant() const {
    return m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) +
           m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
}

namespace {
double length(const Vec3& v) { return std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]); }
}  // namespace

bool Affine::is_usable() const {
    for (const auto& row : m)
        for (const double value : row)
            if (!std::isfinite(value)) return false;
    const double box = length(column(0)) * length(column(1)) * length(column(2));
    return box > 0 && std::isfinite(box) && std::abs(determinant()) > 1e-12 * box;
}

std::optional<Affine> Affine::inverse() const {
    if (!is_usable()) return std::nullopt;
    const double d = determinant();
    Affine out;
    for (std::size_t r = 0; r < 3; ++r)
        for (std::size_t c = 0; c < 3; ++c) {
            const std::size_t r1 = (c + 1) % 3, r2 = (c + 2) % 3, c1 = (r + 1) % 3, c2 = (r + 2) % 3;
            out.m[r][c] = (m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1]) / d;
        }
    for (std::size_t r = 0; r < 3; ++r)
        out.m[r][3] = -(out.m[r][0] * m[0][3] + out.m[r][1] * m[1][3] + out.m[r][2] * m[2][3]);
    return out;
}

Affine operator*(const Affine& a, const Affine& b) {
    Affine out;
    for (std::size_t r = 0; r < 3; ++r)
        for (std::size_t c = 0; c < 4; ++c)
            out.m[r][c] = a.m[r][0] * b.m[0][c] + a.m[r][1] * b.m[1][c] + a.m[r][2] * b.m[2][c] + (c == 3 ? a.m[r][3] : 0);
    return out;
}

Vec3 Geometry::spacing_mm() const {
    if (affine) return {length(affine->column(0)), length(affine->column(1)), length(affine->column(2))};
    return raster_spacing_mm.value_or(Vec3{1, 1, 1});
}

double corner_distance_mm(const Geometry& a, const Geometry& b, const Shape& shape) {
    if (!a.affine && !b.affine) return 0;
    if (!a.affine || !b.affine) return std::numeric_limits<double>::infinity();
    double worst = 0;
    for (unsigned corner = 0; corner < 8; ++corner) {
        Vec3 index{};
        for (std::size_t axis = 0; axis < 3; ++axis)
            if (corner >> axis & 1U) index[axis] = axis < shape.size() ? static_cast<double>(shape[axis] - 1) : 0;
        const Vec3 p = a.affine->apply(index), q = b.affine->apply(index);
        worst = std::max(worst, length({p[0] - q[0], p[1] - q[1], p[2] - q[2]}));
    }
    return worst;
}

bool same_grid(const Geometry& a, const Shape& shape_a, const Geometry& b, const Shape& shape_b) {
    const auto extent = [](const Shape& shape, std::size_t axis) { return axis < shape.size() ? shape[axis] : 1; };
    for (std::size_t axis = 0; axis < 3; ++axis)
        if (extent(shape_a, axis) != extent(shape_b, axis)) return false;
    const Vec3 sa = a.spacing_mm(), sb = b.spacing_mm();
    const double smallest = std::min({sa[0], sa[1], sa[2], sb[0], sb[1], sb[2]});
    return corner_distance_mm(a, b, shape_a) <= 0.01 * smallest;
}

Shape spatial_shape(const Shape& shape, const std::vector<Axis>& axes) {
    constexpr std::string_view names = "xyz";
    Shape extents{1, 1, 1};
    for (std::size_t a = 0; a < std::min(shape.size(), axes.size()); ++a) {
        const auto place = axes[a].name.size() == 1 ? names.find(axes[a].name[0]) : std::string_view::npos;
        if (place != std::string_view::npos) extents[place] = shape[a];
    }
    return extents;
}

Json to_json(const Geometry& geometry) {
    if (geometry.affine) {
        Json rows = Json::array();
        for (const auto& row : geometry.affine->m) rows.push_back(Json(row));
        return Json{{"affine", rows}};
    }
    if (geometry.raster_spacing_mm) return Json{{"spacing", *geometry.raster_spacing_mm}};
    return nullptr;
}

Geometry geometry_from_json(const Json& json) {
    Geometry geometry;
    if (json.is_null()) return geometry;
    const auto refuse = [] { throw Error(Exit::bad_input, "A geometry is neither null, an affine of 3 × 4 numbers nor a spacing of 3."); };
    const auto number = [&](const Json& value) {
        if (!value.is_number()) refuse();
        return value.get<double>();
    };
    if (!json.is_object()) refuse();
    if (const auto rows = json.find("affine"); rows != json.end()) {
        if (!rows->is_array() || rows->size() != 3) refuse();
        geometry.affine.emplace();
        for (std::size_t r = 0; r < 3; ++r) {
            if (!(*rows)[r].is_array() || (*rows)[r].size() != 4) refuse();
            for (std::size_t c = 0; c < 4; ++c) geometry.affine->m[r][c] = number((*rows)[r][c]);
        }
    } else if (const auto spacing = json.find("spacing"); spacing != json.end()) {
        if (!spacing->is_array() || spacing->size() != 3) refuse();
        geometry.raster_spacing_mm = Vec3{number((*spacing)[0]), number((*spacing)[1]), number((*spacing)[2])};
    } else {
        refuse();
    }
    return geometry;
}

}  // namespace cohort
