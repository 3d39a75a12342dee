// What a checked header means: axes, scale, place in the world, extensions, fields by name.
#include <cmath>

#include "core/checked_math.h"
#include "core/files.h"
#include "formats/nifti/nifti_fields.h"
#include "formats/nifti/nifti_header.h"

namespace cohort::nifti {

std::vector<Axis> axes_of(const Header& header, std::int64_t channels) {
    static constexpr std::array<const char*, 7> names{"x", "y", "z", "t", "v", "d6", "d7"};
    const auto rank = static_cast<std::size_t>(header.dim[0]);
    const auto colours = header.stored().colours;
    std::vector<Axis> axes;
    for (std::size_t i = 0; i < rank; ++i) axes.push_back({names[i]});
    if (rank >= 4 && channels > 0 && header.dim[4] == channels && colours == 0) axes[3].name = "c";
    if (colours != 0) {
        std::vector<std::string> labels{"red", "green", "blue", "alpha"};
        labels.resize(static_cast<std::size_t>(colours));
        axes.push_back({"c", {}, colour_unit, labels});
    }
    return axes;
}

Scale scale_of(const Header& header) {
    Scale scale;
    if (!std::isfinite(header.scl_slope) || header.scl_slope == 0 || header.stored().colours != 0) return scale;
    scale.slope = {header.scl_slope};
    scale.offset = {header.scl_inter};
    return scale;
}

namespace {

/// NIfTI-1's appendix "quaternion → rotation", with nibabel's tolerance on the length (3 float32 epsilons).
std::optional<Affine> affine_of_qform(const Header& h) {
    auto [b, c, d] = h.quatern;
    const double squared = 1.0 - (b * b + c * c + d * d);
    constexpr double tolerance = 3 * 1.1920928955078125e-07;
    if (squared < -tolerance) return std::nullopt;
    const double a = std::abs(squared) < tolerance ? 0 : std::sqrt(squared);
    const double norm = a * a + b * b + c * c + d * d;
    const double s = 2 / norm;
    const std::array<Vec3, 3> r{{{1 - s * (c * c + d * d), s * (b * c - a * d), s * (b * d + a * c)},
                                 {s * (b * c + a * d), 1 - s * (b * b + d * d), s * (c * d - a * b)},
                                 {s * (b * d - a * c), s * (c * d + a * b), 1 - s * (b * b + c * c)}}};
    const double handedness = h.pixdim[0] == -1 ? -1 : 1;  // any other qfac counts as 1
    Affine affine;
    for (std::size_t row = 0; row < 3; ++row) {
        for (std::size_t column = 0; column < 3; ++column) {
            const double zoom = h.pixdim[column + 1] == 0 ? 1 : std::abs(h.pixdim[column + 1]);
            affine.m[row][column] = r[row][column] * (column == 2 ? handedness : 1) * zoom;
        }
        affine.m[row][3] = h.qoffset[row];
    }
    return affine;
}

/// Neither form: as nibabel, x grows to the left and the middle of the grid is the origin.
Affine affine_of_pixdim(const Header& h) {
    Affine affine;
    for (std::size_t i = 0; i < 3; ++i) {
        const bool present = i < static_cast<std::size_t>(h.dim[0]);
        double zoom = present ? std::abs(h.pixdim[i + 1]) : 1;
        if (zoom == 0) zoom = 1;
        if (i == 0) zoom = -zoom;
        affine.m[i][i] = zoom;
        affine.m[i][3] = -static_cast<double>((present ? h.dim[i + 1] : 1) - 1) / 2 * zoom;
    }
    return affine;
}

/// Header text is in no stated encoding: what is not printable ASCII is shown as \xNN.
std::string shown(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c >= 0x20 && c < 0x7F && c != '\\') {
            out += c;
            continue;
        }
        static constexpr std::string_view digits = "0123456789ABCDEF";
        const auto byte = static_cast<unsigned char>(c);
        out += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    }
    return out;
}

template <std::size_t n>
Json numbers(const std::array<double, n>& values) {
    Json list = Json::array();
    for (const double value : values) list.push_back(null_if_not_finite(value));
    return list;
}

}  // namespace

std::optional<Affine> affine_of(const Header& header) {
    if (header.sform_code > 0) return Affine{header.srow};
    if (header.qform_code > 0) return affine_of_qform(header);
    return affine_of_pixdim(header);
}

std::variant<std::vector<Extension>, Quarantined> parse_extensions(std::span<const std::byte> after_header,
                                                                   ByteOrder order, std::string_view name) {
    std::vector<Extension> extensions;
    if (after_header.size() < 4 || after_header[0] == std::byte{0}) return extensions;
    const FieldReader in(after_header, order);
    for (std::size_t at = 4; after_header.size() - at >= 16;) {
        const auto bytes = in.get<std::int32_t>(at);
        const auto code = in.get<std::int32_t>(at + 4);
        if (bytes < 16 || bytes % 16 != 0 || static_cast<std::size_t>(bytes) > after_header.size() - at)
            return Quarantined{"bad-header",
                               printable(name) + ": the header extension at byte " + std::to_string(at) +
                                   " behind the header has size " + std::to_string(bytes) +
                                   ", which is no multiple of 16 or goes past the voxels' beginning.",
                               Json::object()};
        extensions.push_back({code, at, static_cast<std::size_t>(bytes)});
        at += static_cast<std::size_t>(bytes);
    }
    return extensions;
}

Json fields_of(const Header& h) {
    Json srow = Json::array();
    for (const auto& row : h.srow) srow.push_back(numbers(row));
    return {{"sizeof_hdr", h.sizeof_hdr},
            {"dim", h.dim},
            {"datatype", h.datatype},
            {"bitpix", h.bitpix},
            {"pixdim", numbers(h.pixdim)},
            {"vox_offset", null_if_not_finite(h.vox_offset)},
            {"scl_slope", null_if_not_finite(h.scl_slope)},
            {"scl_inter", null_if_not_finite(h.scl_inter)},
            {"cal_max", null_if_not_finite(h.cal_max)},
            {"cal_min", null_if_not_finite(h.cal_min)},
            {"slice_duration", null_if_not_finite(h.slice_duration)},
            {"toffset", null_if_not_finite(h.toffset)},
            {"slice_start", h.slice_start},
            {"slice_end", h.slice_end},
            {"slice_code", h.slice_code},
            {"dim_info", h.dim_info},
            {"xyzt_units", h.xyzt_units},
            {"intent_code", h.intent_code},
            {"intent_name", shown(h.intent_name)},
            {"intent_p", numbers(h.intent_p)},
            {"qform_code", h.qform_code},
            {"sform_code", h.sform_code},
            {"quatern", numbers(h.quatern)},
            {"qoffset", numbers(h.qoffset)},
            {"srow", srow},
            {"descrip", shown(h.descrip)},
            {"aux_file", shown(h.aux_file)}};
}

}  // namespace cohort::nifti
