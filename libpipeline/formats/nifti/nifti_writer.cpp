#include "formats/nifti/nifti_writer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/base64.h"
#include "core/error.h"
#include "formats/nifti/nifti_fields.h"
#include "formats/nifti/nifti_header.h"

namespace cohort::nifti {

namespace {

/// libdeflate's level 4: a third of level 6's time for a few per cent of size.
constexpr int gzip_level = 4;

/// Header bytes as they will stand in the file, and what the voxels must look like behind them.
struct Front {
    Bytes before_voxels = {};  // single: header … gap; pair: what precedes the voxels in the .img
    Bytes header_file = {};    // pair: the .hdr
    Storage storage = Storage::single;
    ByteOrder byte_order = ByteOrder::little;
    std::size_t component_bytes = 1;
    std::size_t colours = 0;
};

bool is_colour(const Volume& voxels) {
    const auto& axes = voxels.axes();
    return !axes.empty() && voxels.type() == VoxelType::u8 && axes.back().name == "c" &&
           axes.back().unit == colour_unit && (voxels.shape().back() == 3 || voxels.shape().back() == 4);
}

std::optional<Bytes> bytes_member(const Json& record, const char* key) {
    const auto found = record.find(key);
    if (found == record.end()) return Bytes{};
    if (!found->is_string()) return std::nullopt;
    return bytes_of_base64(found->get_ref<const std::string&>());
}

/// The record's header, if it describes exactly this array.
std::optional<Front> front_of_record(const Json& record, const Volume& voxels, const Geometry& geometry,
                                     const Scale& scale) {
    if (!record.is_object()) return std::nullopt;
    auto raw = bytes_member(record, "raw"), extensions = bytes_member(record, "extensions");
    const auto gap = bytes_member(record, "before_voxels");
    if (!raw || !extensions || !gap || raw->empty()) return std::nullopt;
    const auto parsed = parse_header(*raw, "header record");
    const auto* checked = std::get_if<CheckedHeader>(&parsed);
    if (!checked) return std::nullopt;
    const Header& header = checked->header;
    const auto stored = header.stored();
    auto shape = header.shape();
    if (stored.colours != 0) shape.push_back(stored.colours);
    if (stored.type != voxels.type() || shape != voxels.shape() || (stored.colours != 0) != is_colour(voxels))
        return std::nullopt;
    const Scale kept = scale_of(header);
    if (kept.is_identity() ? !scale.is_identity() : !(kept == scale)) return std::nullopt;
    auto affine = affine_of(header);
    if (affine && !affine->is_usable()) affine.reset();
    if (affine != geometry.affine) return std::nullopt;

    Front front{.storage = header.storage,
                .byte_order = header.byte_order,
                .component_bytes = stored.component_bytes,
                .colours = static_cast<std::size_t>(stored.colours)};
    raw->insert(raw->end(), extensions->begin(), extensions->end());
    if (header.storage == Storage::pair) {
        front.header_file = std::move(*raw);
        front.before_voxels = *gap;
    } else {
        front.before_voxels = std::move(*raw);
    }
    if (front.before_voxels.size() != header.data_offset()) return std::nullopt;
    return front;
}

int datatype_of(const Volume& voxels) {
    if (is_colour(voxels)) return voxels.shape().back() == 3 ? 128 : 2304;
    switch (voxels.type()) {
        case VoxelType::u8:
        case VoxelType::boolean:
            return 2;
        case VoxelType::i16:
            return 4;
        case VoxelType::i32:
            return 8;
        case VoxelType::f32:
            return 16;
        case VoxelType::c64:
            return 32;
        case VoxelType::f64:
            return 64;
        case VoxelType::i8:
            return 256;
        case VoxelType::u16:
            return 512;
        case VoxelType::u32:
            return 768;
        case VoxelType::i64:
            return 1024;
        case VoxelType::u64:
            return 1280;
        case VoxelType::c128:
            return 1792;
    }
    __builtin_unreachable();
}

/// dim[0 … 7] for the array's axes: the order in memory is kept, dims in between have length 1.
std::array<std::int64_t, 8> dims_of(const Volume& voxels) {
    static constexpr std::array<std::string_view, 7> places{"x", "y", "z", "t", "v", "d6", "d7"};
    std::array<std::int64_t, 8> dim{0, 1, 1, 1, 1, 1, 1, 1};
    std::size_t last = 0;
    const std::size_t rank = voxels.axes().size() - (is_colour(voxels) ? 1 : 0);
    for (std::size_t i = 0; i < rank; ++i) {
        const auto known = std::find(places.begin(), places.end(), voxels.axes()[i].name);
        const std::size_t wanted = known == places.end() ? 4 : static_cast<std::size_t>(known - places.begin()) + 1;
        last = std::max(last + 1, wanted);
        if (last > 7)
            throw Error(Exit::bad_input, "An array of more than seven dimensions cannot be written as NIfTI.");
        dim[last] = voxels.shape()[i];
    }
    dim[0] = static_cast<std::int64_t>(last);
    return dim;
}

struct Quaternion {
    Vec3 bcd{};
    double qfac = 1;
};

/// The rotation of an affine without shear; nothing when its columns are not orthogonal.
std::optional<Quaternion> quaternion_of(const Affine& affine, const Vec3& spacing) {
    std::array<Vec3, 3> r{};  // r[row][column]
    for (std::size_t row = 0; row < 3; ++row)
        for (std::size_t column = 0; column < 3; ++column) r[row][column] = affine.m[row][column] / spacing[column];
    for (std::size_t a = 0; a < 3; ++a)
        for (std::size_t b = a + 1; b < 3; ++b)
            if (std::abs(r[0][a] * r[0][b] + r[1][a] * r[1][b] + r[2][a] * r[2][b]) > 1e-6) return std::nullopt;
    Quaternion q;
    if (affine.determinant() < 0) {
        q.qfac = -1;
        for (auto& row : r) row[2] = -row[2];
    }
    // Shepperd (1978): the largest of the four squares is divided by, so that nothing is lost by cancellation.
    const double trace = r[0][0] + r[1][1] + r[2][2];
    const std::array<double, 4> squares{1 + trace, 1 + 2 * r[0][0] - trace, 1 + 2 * r[1][1] - trace,
                                        1 + 2 * r[2][2] - trace};
    const auto largest = static_cast<std::size_t>(std::max_element(squares.begin(), squares.end()) - squares.begin());
    const double root = 0.5 * std::sqrt(squares[largest]), f = 0.25 / root;
    double a = 0;
    switch (largest) {
        case 0:
            a = root;
            q.bcd = {f * (r[2][1] - r[1][2]), f * (r[0][2] - r[2][0]), f * (r[1][0] - r[0][1])};
            break;
        case 1:
            a = f * (r[2][1] - r[1][2]);
            q.bcd = {root, f * (r[0][1] + r[1][0]), f * (r[0][2] + r[2][0])};
            break;
        case 2:
            a = f * (r[0][2] - r[2][0]);
            q.bcd = {f * (r[0][1] + r[1][0]), root, f * (r[1][2] + r[2][1])};
            break;
        default:
            a = f * (r[1][0] - r[0][1]);
            q.bcd = {f * (r[0][2] + r[2][0]), f * (r[1][2] + r[2][1]), root};
    }
    if (a < 0)
        for (double& part : q.bcd) part = -part;
    return q;
}

Header fresh_header(const Volume& voxels, const Geometry& geometry, const Scale& scale) {
    Header h;
    h.dim = dims_of(voxels);
    h.version = *std::max_element(h.dim.begin() + 1, h.dim.end()) > std::numeric_limits<std::int16_t>::max()
                    ? Version::two
                    : Version::one;
    h.datatype = static_cast<std::int16_t>(datatype_of(voxels));
    h.bitpix = static_cast<std::int16_t>(h.stored().bytes * 8);
    h.vox_offset = static_cast<double>(h.header_bytes() + 4);
    h.scl_slope = scale.slope.front();
    h.scl_inter = scale.offset.front();
    const auto spacing = geometry.spacing_mm();
    h.pixdim = {1, spacing[0], spacing[1], spacing[2], 1, 1, 1, 1};
    if (geometry.affine || geometry.raster_spacing_mm) h.xyzt_units = 2;
    if (!geometry.affine) return h;
    h.sform_code = 1;
    h.srow = geometry.affine->m;
    if (const auto q = quaternion_of(*geometry.affine, spacing)) {
        h.qform_code = 1;
        h.quatern = q->bcd;
        h.pixdim[0] = q->qfac;
        h.qoffset = {h.srow[0][3], h.srow[1][3], h.srow[2][3]};
    }
    return h;
}

std::int64_t spatial_extent(const Volume& voxels, std::size_t axis) {
    return voxels.extent(std::string(1, "xyz"[axis]));
}

/// Takes over what the record says of the array's place, in its own words (codes, quaternion, units), if it is this
/// array's: same extents along x, y, z and same affine.
void take_place(Header& header, const Json& record, const Volume& voxels, const Geometry& geometry) {
    const auto raw = record.is_object() ? bytes_member(record, "raw") : std::nullopt;
    if (!raw || raw->empty()) return;
    const auto parsed = parse_header(*raw, "header record");
    const auto* checked = std::get_if<CheckedHeader>(&parsed);
    if (!checked) return;
    const Header& kept = checked->header;
    const auto shape = kept.shape();
    for (std::size_t axis = 0; axis < 3; ++axis)
        if ((axis < shape.size() ? shape[axis] : 1) != spatial_extent(voxels, axis)) return;
    auto affine = affine_of(kept);
    if (affine && !affine->is_usable()) affine.reset();
    if (affine != geometry.affine) return;
    if (kept.version == Version::two) header.version = Version::two;
    header.qform_code = kept.qform_code;
    header.sform_code = kept.sform_code;
    header.quatern = kept.quatern;
    header.qoffset = kept.qoffset;
    header.srow = kept.srow;
    header.xyzt_units = kept.xyzt_units;
    header.descrip = kept.descrip;
    // Spacings along t and beyond mean nothing in an image without such axes, so that they may stay as they are.
    const std::size_t spacings = header.dim[0] <= 3 ? 8 : 4;
    std::copy_n(kept.pixdim.begin(), spacings, header.pixdim.begin());
    header.vox_offset = static_cast<double>(header.header_bytes() + 4);
}

Bytes bytes_of_1(const Header& h) {
    Bytes bytes(size_of_header_1 + 4);
    FieldWriter out(bytes);
    const auto real = [&](std::size_t offset, double value) { out.put(offset, static_cast<float>(value)); };
    const auto small = [&](std::size_t offset, std::int64_t value) {
        out.put(offset, static_cast<std::int16_t>(value));
    };
    out.put(0, std::int32_t{348});
    out.text(38, "r");
    for (std::size_t i = 0; i < 8; ++i) small(40 + 2 * i, h.dim[i]);
    small(70, h.datatype);
    small(72, h.bitpix);
    for (std::size_t i = 0; i < 8; ++i) real(76 + 4 * i, h.pixdim[i]);
    real(108, h.vox_offset);
    real(112, h.scl_slope);
    real(116, h.scl_inter);
    out.put(123, static_cast<std::uint8_t>(h.xyzt_units));
    out.text(148, h.descrip);
    small(252, h.qform_code);
    small(254, h.sform_code);
    for (std::size_t i = 0; i < 3; ++i) {
        real(256 + 4 * i, h.quatern[i]);
        real(268 + 4 * i, h.qoffset[i]);
        for (std::size_t k = 0; k < 4; ++k) real(280 + 16 * i + 4 * k, h.srow[i][k]);
    }
    out.text(344, std::string_view("n+1\0", 4));
    return bytes;
}

Bytes bytes_of_2(const Header& h) {
    Bytes bytes(size_of_header_2 + 4);
    FieldWriter out(bytes);
    out.put(0, std::int32_t{540});
    out.text(4, std::string_view("n+2\0\r\n\032\n", 8));
    out.put(12, h.datatype);
    out.put(14, h.bitpix);
    for (std::size_t i = 0; i < 8; ++i) {
        out.put(16 + 8 * i, h.dim[i]);
        out.put(104 + 8 * i, h.pixdim[i]);
    }
    out.put(168, static_cast<std::int64_t>(h.vox_offset));
    out.put(176, h.scl_slope);
    out.put(184, h.scl_inter);
    out.text(240, h.descrip);
    out.put(344, h.qform_code);
    out.put(348, h.sform_code);
    for (std::size_t i = 0; i < 3; ++i) {
        out.put(352 + 8 * i, h.quatern[i]);
        out.put(376 + 8 * i, h.qoffset[i]);
        for (std::size_t k = 0; k < 4; ++k) out.put(400 + 32 * i + 8 * k, h.srow[i][k]);
    }
    out.put(500, h.xyzt_units);
    return bytes;
}

Front fresh_front(const Volume& voxels, const Geometry& geometry, const Scale& scale, const Json* record) {
    Header header = fresh_header(voxels, geometry, scale);
    if (record) take_place(header, *record, voxels, geometry);
    const auto stored = header.stored();
    return {.before_voxels = header.version == Version::one ? bytes_of_1(header) : bytes_of_2(header),
            .header_file = {},
            .component_bytes = stored.component_bytes,
            .colours = static_cast<std::size_t>(stored.colours)};
}

void append_voxels(Bytes& file, const Volume& voxels, const Front& front) {
    const auto from = voxels.bytes();
    const std::size_t begin = file.size();
    file.resize(begin + from.size());
    std::byte* to = file.data() + begin;
    if (front.colours != 0) {
        const std::size_t pixels = from.size() / front.colours;
        for (std::size_t c = 0; c < front.colours; ++c)
            for (std::size_t i = 0; i < pixels; ++i) to[i * front.colours + c] = from[c * pixels + i];
        return;
    }
    std::memcpy(to, from.data(), from.size());
    if (front.byte_order == ByteOrder::big && front.component_bytes > 1)
        for (std::size_t i = 0; i < from.size(); i += front.component_bytes)
            std::reverse(to + i, to + i + front.component_bytes);
}

OutputFile packed(std::string ending, Bytes bytes, Packing packing) {
    if (packing == Packing::plain) return {std::move(ending), std::move(bytes)};
    return {ending + ".gz", gzip_compress(bytes, gzip_level)};
}

}  // namespace

bool record_fits(const Json& record, const Volume& voxels, const Geometry& geometry, const Scale& scale) {
    return front_of_record(record, voxels, geometry, scale).has_value();
}

std::vector<OutputFile> write_nifti(const Volume& voxels, const Geometry& geometry, const Scale& scale,
                                    const Json* record, Packing packing) {
    if (!scale.axis.empty()) return write_nifti(scaled_f32(voxels, scale), geometry, Scale{}, record, packing);
    auto front = record ? front_of_record(*record, voxels, geometry, scale) : std::nullopt;
    if (!front) front = fresh_front(voxels, geometry, scale, record);
    Bytes file = std::move(front->before_voxels);
    append_voxels(file, voxels, *front);
    std::vector<OutputFile> files;
    if (front->storage == Storage::pair) {
        files.push_back(packed(".hdr", std::move(front->header_file), packing));
        files.push_back(packed(".img", std::move(file), packing));
    } else {
        files.push_back(packed(".nii", std::move(file), packing));
    }
    return files;
}

}  // namespace cohort::nifti
