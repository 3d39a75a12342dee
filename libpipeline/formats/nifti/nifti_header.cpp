#include "formats/nifti/nifti_header.h"

#include <cmath>

#include "core/checked_math.h"
#include "core/files.h"
#include "formats/nifti/nifti_fields.h"

namespace cohort::nifti {

namespace {

Quarantined refuse(std::string_view reason, std::string_view name, const std::string& what) {
    return {std::string(reason), printable(name) + ": " + what, Json::object()};
}

Header read_fields_1(const FieldReader& in) {
    Header h;
    h.sizeof_hdr = in.get<std::int32_t>(0);
    h.dim_info = in.get<std::uint8_t>(39);
    for (std::size_t i = 0; i < 8; ++i) h.dim[i] = in.get<std::int16_t>(40 + 2 * i);
    for (std::size_t i = 0; i < 3; ++i) h.intent_p[i] = in.get<float>(56 + 4 * i);
    h.intent_code = in.get<std::int16_t>(68);
    h.datatype = in.get<std::int16_t>(70);
    h.bitpix = in.get<std::int16_t>(72);
    h.slice_start = in.get<std::int16_t>(74);
    for (std::size_t i = 0; i < 8; ++i) h.pixdim[i] = in.get<float>(76 + 4 * i);
    h.vox_offset = in.get<float>(108);
    h.scl_slope = in.get<float>(112);
    h.scl_inter = in.get<float>(116);
    h.slice_end = in.get<std::int16_t>(120);
    h.slice_code = in.get<std::uint8_t>(122);
    h.xyzt_units = in.get<std::uint8_t>(123);
    h.cal_max = in.get<float>(124);
    h.cal_min = in.get<float>(128);
    h.slice_duration = in.get<float>(132);
    h.toffset = in.get<float>(136);
    h.descrip = in.text(148, 80);
    h.aux_file = in.text(228, 24);
    h.qform_code = in.get<std::int16_t>(252);
    h.sform_code = in.get<std::int16_t>(254);
    for (std::size_t i = 0; i < 3; ++i) h.quatern[i] = in.get<float>(256 + 4 * i);
    for (std::size_t i = 0; i < 3; ++i) h.qoffset[i] = in.get<float>(268 + 4 * i);
    for (std::size_t row = 0; row < 3; ++row)
        for (std::size_t i = 0; i < 4; ++i) h.srow[row][i] = in.get<float>(280 + 16 * row + 4 * i);
    h.intent_name = in.text(328, 16);
    return h;
}

Header read_fields_2(const FieldReader& in) {
    Header h;
    h.version = Version::two;
    h.sizeof_hdr = in.get<std::int32_t>(0);
    h.datatype = in.get<std::int16_t>(12);
    h.bitpix = in.get<std::int16_t>(14);
    for (std::size_t i = 0; i < 8; ++i) h.dim[i] = in.get<std::int64_t>(16 + 8 * i);
    for (std::size_t i = 0; i < 3; ++i) h.intent_p[i] = in.get<double>(80 + 8 * i);
    for (std::size_t i = 0; i < 8; ++i) h.pixdim[i] = in.get<double>(104 + 8 * i);
    h.vox_offset = static_cast<double>(in.get<std::int64_t>(168));
    h.scl_slope = in.get<double>(176);
    h.scl_inter = in.get<double>(184);
    h.cal_max = in.get<double>(192);
    h.cal_min = in.get<double>(200);
    h.slice_duration = in.get<double>(208);
    h.toffset = in.get<double>(216);
    h.slice_start = in.get<std::int64_t>(224);
    h.slice_end = in.get<std::int64_t>(232);
    h.descrip = in.text(240, 80);
    h.aux_file = in.text(320, 24);
    h.qform_code = in.get<std::int32_t>(344);
    h.sform_code = in.get<std::int32_t>(348);
    for (std::size_t i = 0; i < 3; ++i) h.quatern[i] = in.get<double>(352 + 8 * i);
    for (std::size_t i = 0; i < 3; ++i) h.qoffset[i] = in.get<double>(376 + 8 * i);
    for (std::size_t row = 0; row < 3; ++row)
        for (std::size_t i = 0; i < 4; ++i) h.srow[row][i] = in.get<double>(400 + 32 * row + 8 * i);
    h.slice_code = in.get<std::int32_t>(496);
    h.xyzt_units = in.get<std::int32_t>(500);
    h.intent_code = in.get<std::int32_t>(504);
    h.intent_name = in.text(508, 16);
    h.dim_info = in.get<std::uint8_t>(524);
    return h;
}

constexpr std::string_view magic_2_tail{"\0\r\n\032\n", 5};

/// Which version and storage the magic names; nothing if it names none.
std::optional<std::pair<Version, Storage>> magic_of(std::span<const std::byte> bytes) {
    const auto text = text_of(bytes);
    if (text.size() >= size_of_header_2 && text.substr(7, 5) == magic_2_tail) {
        if (text.substr(4, 3) == "n+2") return std::pair(Version::two, Storage::single);
        if (text.substr(4, 3) == "ni2") return std::pair(Version::two, Storage::pair);
    }
    if (text.size() >= size_of_header_1) {
        if (text.substr(344, 4) == std::string_view("n+1\0", 4)) return std::pair(Version::one, Storage::single);
        if (text.substr(344, 4) == std::string_view("ni1\0", 4)) return std::pair(Version::one, Storage::pair);
    }
    return std::nullopt;
}

std::optional<StoredType> stored_type(int datatype) {
    switch (datatype) {
        case 2:
            return StoredType{VoxelType::u8, 0, 1, 1};
        case 4:
            return StoredType{VoxelType::i16, 0, 2, 2};
        case 8:
            return StoredType{VoxelType::i32, 0, 4, 4};
        case 16:
            return StoredType{VoxelType::f32, 0, 4, 4};
        case 32:
            return StoredType{VoxelType::c64, 0, 8, 4};
        case 64:
            return StoredType{VoxelType::f64, 0, 8, 8};
        case 128:
            return StoredType{VoxelType::u8, 3, 3, 1};
        case 256:
            return StoredType{VoxelType::i8, 0, 1, 1};
        case 512:
            return StoredType{VoxelType::u16, 0, 2, 2};
        case 768:
            return StoredType{VoxelType::u32, 0, 4, 4};
        case 1024:
            return StoredType{VoxelType::i64, 0, 8, 8};
        case 1280:
            return StoredType{VoxelType::u64, 0, 8, 8};
        case 1792:
            return StoredType{VoxelType::c128, 0, 16, 8};
        case 2304:
            return StoredType{VoxelType::u8, 4, 4, 1};
        default:
            return std::nullopt;
    }
}

/// Types that the standard knows and we do not read.
std::string_view refused_type(int datatype) {
    switch (datatype) {
        case 1:
            return "binary (one bit per voxel)";
        case 1536:
            return "float128";
        case 2048:
            return "complex256";
        default:
            return {};
    }
}

/// The byte order is the one in which sizeof_hdr is right; if it is right in neither, that in which dim[0] is 1–7.
std::optional<ByteOrder> byte_order_of(std::span<const std::byte> bytes, Version version) {
    const auto expected = static_cast<std::int32_t>(version == Version::one ? size_of_header_1 : size_of_header_2);
    for (const auto order : {ByteOrder::little, ByteOrder::big})
        if (FieldReader(bytes, order).get<std::int32_t>(0) == expected) return order;
    for (const auto order : {ByteOrder::little, ByteOrder::big}) {
        const FieldReader in(bytes, order);
        const std::int64_t rank = version == Version::one ? in.get<std::int16_t>(40) : in.get<std::int64_t>(16);
        if (rank >= 1 && rank <= 7) return order;
    }
    return std::nullopt;
}

std::optional<Quarantined> check_dimensions(const Header& h, std::string_view name) {
    if (h.dim[0] < 1 || h.dim[0] > 7)
        return refuse(
            "bad-header", name,
            "the header's dim[0] is " + std::to_string(h.dim[0]) + ", but a NIfTI image has 1 to 7 dimensions.");
    for (std::size_t i = 1; i <= static_cast<std::size_t>(h.dim[0]); ++i)
        if (h.dim[i] < 1)
            return refuse("bad-header", name,
                          "the header's dim[" + std::to_string(i) + "] is " + std::to_string(h.dim[i]) +
                              "; every axis needs at least one voxel.");
    return std::nullopt;
}

std::optional<Quarantined> check_type(const Header& h, std::string_view name) {
    if (const auto refused = refused_type(h.datatype); !refused.empty())
        return refuse("unsupported", name,
                      "voxels of type " + std::string(refused) + " are not read; convert the file first.");
    const auto type = stored_type(h.datatype);
    if (!type)
        return refuse("bad-header", name,
                      "the header's datatype " + std::to_string(h.datatype) + " is none that NIfTI knows.");
    if (type->colours != 0 && h.dim[0] == 7)
        return refuse("unsupported", name, "a colour image of seven dimensions would need an eighth axis.");
    Shape factors = h.shape();
    factors.push_back(static_cast<std::int64_t>(type->bytes));
    if (!checked_product(factors))
        return refuse("truncated", name, "the header promises more than 2^63 bytes of voxels, which no file holds.");
    return std::nullopt;
}

std::optional<Quarantined> check_offset(const Header& h, std::string_view name) {
    const double least = h.storage == Storage::single ? static_cast<double>(h.header_bytes() + 4) : 0;
    if (std::isfinite(h.vox_offset) && h.vox_offset >= least && h.vox_offset < 9e15) return std::nullopt;
    return refuse("bad-header", name,
                  "the header's vox_offset is " +
                      (std::isfinite(h.vox_offset) ? shortest(h.vox_offset) : std::string("not a number")) +
                      ", but the voxels cannot begin before byte " + shortest(least) + ".");
}

void check_leniently(Header& h, std::vector<Remark>& remarks) {
    const auto odd = [&](const std::string& message) { remarks.push_back({"header-inconsistent", message}); };
    if (h.sizeof_hdr != static_cast<std::int32_t>(h.header_bytes()))
        odd("sizeof_hdr is " + std::to_string(h.sizeof_hdr) + " instead of " + std::to_string(h.header_bytes()) +
            "; magic and dim say that it is NIfTI all the same.");
    const auto bits = static_cast<int>(stored_type(h.datatype)->bytes * 8);
    if (h.bitpix != bits)
        odd("bitpix is " + std::to_string(h.bitpix) + ", but datatype " + std::to_string(h.datatype) + " has " +
            std::to_string(bits) + " bits; the datatype counts.");
    for (auto* code : {&h.qform_code, &h.sform_code})
        if (*code < 0 || *code > 5) {
            odd(std::string(code == &h.qform_code ? "qform_code" : "sform_code") + " is " + std::to_string(*code) +
                ", which means nothing; it is taken as 0.");
            *code = 0;
        }
    for (std::size_t i = 1; i <= std::min<std::size_t>(3, static_cast<std::size_t>(h.dim[0])); ++i)
        if (!(h.pixdim[i] > 0) || !std::isfinite(h.pixdim[i])) {
            odd("pixdim[" + std::to_string(i) + "] is no positive number.");
            if (h.pixdim[i] == 0) h.pixdim[i] = 1;
            if (h.pixdim[i] < 0) h.pixdim[i] = -h.pixdim[i];
        }
    if (h.vox_offset != std::floor(h.vox_offset))
        odd("vox_offset is no whole number; the part behind the point is dropped.");
    const int space = h.xyzt_units & 7;
    if (space == 1 || space == 3)
        remarks.push_back({"units-not-mm", std::string("xyzt_units says ") + (space == 1 ? "metres" : "micrometres") +
                                               "; the affine is taken as millimetres all the same, as nibabel does."});
}

}  // namespace

Shape Header::shape() const { return {dim.begin() + 1, dim.begin() + 1 + dim[0]}; }
StoredType Header::stored() const { return stored_type(datatype).value_or(StoredType{}); }
std::uint64_t Header::data_offset() const { return static_cast<std::uint64_t>(vox_offset); }
std::uint64_t Header::data_bytes() const {
    Shape factors = shape();
    factors.push_back(static_cast<std::int64_t>(stored().bytes));
    return static_cast<std::uint64_t>(checked_product(factors).value_or(0));
}

std::variant<CheckedHeader, Quarantined> parse_header(std::span<const std::byte> bytes, std::string_view name) {
    if (bytes.empty()) return refuse("empty-file", name, "the file is empty.");
    const auto magic = magic_of(bytes);
    if (!magic) {
        if (bytes.size() < size_of_header_1)
            return refuse("truncated", name,
                          "the file ends after " + human_bytes(bytes.size()) + ", within the header.");
        const bool analyze = FieldReader(bytes, ByteOrder::little).get<std::int32_t>(0) == 348 ||
                             FieldReader(bytes, ByteOrder::big).get<std::int32_t>(0) == 348;
        if (analyze)
            return refuse("unsupported", name,
                          "the header has NIfTI's size but not its magic: this is Analyze 7.5 or damaged, "
                          "and Analyze does not say how the patient lies; convert it to NIfTI first.");
        return refuse("wrong-type", name, "this is not a NIfTI file (no magic n+1, ni1, n+2 or ni2).");
    }
    const auto order = byte_order_of(bytes, magic->first);
    if (!order) return refuse("bad-header", name, "dim[0] is outside 1 to 7 in either byte order.");
    const FieldReader in(bytes, *order);
    CheckedHeader checked{magic->first == Version::one ? read_fields_1(in) : read_fields_2(in), {}};
    auto& h = checked.header;
    h.byte_order = *order;
    h.storage = magic->second;

    if (h.intent_code >= 3000 && h.intent_code < 3100)
        return refuse("unsupported", name,
                      "this is a CIFTI-2 file (intent " + std::to_string(h.intent_code) +
                          "): surfaces and matrices, not an image.");
    for (const auto& check : {check_dimensions, check_type, check_offset})
        if (auto fault = check(h, name)) return std::move(*fault);
    const bool scaled = std::isfinite(h.scl_slope) && h.scl_slope != 0 && h.stored().colours == 0;
    if (scaled && !std::isfinite(h.scl_inter))
        return refuse("bad-header", name, "scl_slope is valid, but scl_inter is not finite.");
    if (h.sform_code <= 0 && h.qform_code > 0 && h.qform_code <= 5 && !affine_of(h))
        return refuse("bad-header", name, "the qform's quaternion is longer than 1, so it is no rotation.");
    check_leniently(h, checked.remarks);
    return checked;
}

}  // namespace cohort::nifti
