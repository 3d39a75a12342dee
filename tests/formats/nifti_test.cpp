#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <set>

#include "core/base64.h"
#include "core/digest.h"
#include "formats/nifti/nifti_header.h"
#include "formats/nifti/nifti_reader.h"
#include "formats/nifti/nifti_writer.h"
#include "tests/formats/test_data.h"

using namespace cohort;

namespace {

/// Files that nibabel reads and we refuse, each with its reason (README.md, the table of leniency).
const std::map<std::string, std::string> stricter_than_nibabel{
    {"nifti/odd/dim0_is_0.nii", "bad-header"},        {"nifti/odd/dim_zero_voxels.nii", "bad-header"},
    {"nifti/odd/vox_offset_0.nii", "bad-header"},     {"nifti/odd/gz_bad_crc.nii.gz", "damaged"},
    {"nifti/odd/row_major.dconn.nii", "unsupported"},
};

/// And those that we read with a remark.
const std::map<std::string, std::string> remarked{
    {"nifti/odd/bitpix_mismatch.nii", "header-inconsistent"},
    {"nifti/odd/sizeof_hdr_0.nii", "header-inconsistent"},
    {"nifti/odd/pixdim_nan.nii", "header-inconsistent"},
    {"nifti/odd/pixdim_negative.nii", "header-inconsistent"},
    {"nifti/odd/pixdim_zero.nii", "header-inconsistent"},
    {"nifti/odd/trailing_garbage.nii", "trailing-bytes"},
    {"nifti/odd/units_meter.nii", "units-not-mm"},
    {"nifti/odd/units_micron.nii", "units-not-mm"},
    {"nifti/orientations/odd/made_sform_all_zero.nii.gz", "geometry-invalid"},
    {"nifti/orientations/odd/made_sform_nan.nii.gz", "geometry-invalid"},
    {"nifti/orientations/odd/made_sform_singular.nii.gz", "geometry-invalid"},
};

/// The scaled array's bytes as nibabel makes them (Fortran order, its dtype and byte order).
std::string scaled_bytes(const Image& image, const std::string& dtype) {
    const auto& voxels = image.voxels;
    const bool colour = voxels.axes().back().unit == colour_unit;
    if (image.scale.is_identity() && dtype[0] != '>' && !colour) return std::string(text_of(voxels.bytes()));
    std::string out;
    const auto put = [&](auto value) {
        char bytes[sizeof(value)];
        std::memcpy(bytes, &value, sizeof(value));
        if (dtype[0] == '>') std::reverse(bytes, bytes + sizeof(value));
        out.append(bytes, sizeof(value));
    };
    const double slope = image.scale.slope[0], offset = image.scale.offset[0];
    visit(voxels, [&]<class T>(std::span<const T> values) {
        for (const T value : values) {
            if constexpr (std::is_arithmetic_v<T>) {
                if (image.scale.is_identity())
                    put(value);
                else
                    put(static_cast<double>(value) * slope + offset);
            } else if constexpr (!std::is_same_v<T, BoolVoxel>) {
                using Part = std::conditional_t<std::is_same_v<T, std::complex<float>>, float, double>;
                if (image.scale.is_identity()) {
                    put(Part(value.real()));
                    put(Part(value.imag()));
                } else {
                    put(static_cast<double>(value.real()) * slope + offset);
                    put(static_cast<double>(value.imag()) * slope);
                }
            }
        }
    });
    if (colour) {
        const std::string planar = out;
        const auto colours = static_cast<std::size_t>(voxels.shape().back()), pixels = planar.size() / colours;
        for (std::size_t i = 0; i < pixels; ++i)
            for (std::size_t c = 0; c < colours; ++c) out[i * colours + c] = planar[c * pixels + i];
    }
    return out;
}

void check_affine(const Image& image, const Json& expected) {
    if (!image.geometry.affine) return;  // singular or not finite: checked by its remark
    for (std::size_t row = 0; row < 3; ++row)
        for (std::size_t i = 0; i < 4; ++i)
            if (expected[row][i].is_number())
                CHECK(image.geometry.affine->m[row][i] ==
                      Approx(expected[row][i].get<double>()).margin(1e-5).epsilon(1e-9));
}

bool has_remark(const Image& image, const std::string& check) {
    for (const auto& remark : image.remarks)
        if (remark.check == check) return true;
    return false;
}

void check_values(const Image& image, const Json& expected) {
    Shape shape = expected["shape"].get<Shape>();
    const bool colour = image.voxels.axes().back().unit == colour_unit;
    if (colour) shape.push_back(image.voxels.shape().back());
    CHECK(image.voxels.shape() == shape);
    if (expected.contains("sha256_fortran_order_as_nibabel_scales"))
        CHECK(sha256(scaled_bytes(image, expected["scaled_dtype"].get<std::string>())).hex() ==
              expected["sha256_fortran_order_as_nibabel_scales"].get<std::string>());
    // Large ones are told by their digest alone.
    if (!expected.contains("min") || image.voxels.size() > 4'000'000) return;
    double low = INFINITY, high = -INFINITY, sum = 0;
    std::int64_t finite = 0;
    visit(image.voxels, [&](auto values) {
        for (const auto value : values) {
            const double v = as_double(value) * image.scale.slope[0] + image.scale.offset[0];
            if (!std::isfinite(v)) continue;
            low = std::min(low, v), high = std::max(high, v), sum += v, ++finite;
        }
    });
    CHECK(low == expected["min"].get<double>());
    CHECK(high == expected["max"].get<double>());
    CHECK(sum / static_cast<double>(finite) == Approx(expected["mean"].get<double>()).epsilon(1e-9));
    CHECK(image.voxels.size() - finite == expected.value("n_nonfinite", 0));
}

/// A NIfTI-1 header of 7 × 6 × 5 int16, for tests that bend one field.
Bytes small_file() {
    Volume voxels(VoxelType::i16, {7, 6, 5}, axes_named("xyz"));
    for (std::size_t i = 0; i < 210; ++i) voxels.values<std::int16_t>()[i] = static_cast<std::int16_t>(i);
    Geometry geometry;
    geometry.affine = Affine{{{{2, 0, 0, -1}, {0, 3, 0, -2}, {0, 0, 4, -3}}}};
    return nifti::write_nifti(voxels, geometry, {}, nullptr, nifti::Packing::plain).at(0).bytes;
}

}  // namespace

TEST_CASE("every NIfTI file holds the values and the affine that nibabel reads, or is refused", "[data]") {
    const auto data = test_data::folder("nifti");
    if (!data) return;
    const auto root = data->parent_path();
    const Json all = read_json(root / "../facts/nifti-expected.json");
    std::size_t read = 0, refused = 0;
    for (const auto& [name, expected] : all["files"].items()) {
        INFO(name);
        if (!std::filesystem::exists(root / name)) continue;
        auto result = test_data::read(root / name);
        const bool must_refuse =
            expected.contains("refused") || expected.contains("data") || stricter_than_nibabel.contains(name);
        if (auto* fault = std::get_if<Quarantined>(&result)) {
            INFO(fault->message);
            CHECK(must_refuse);
            CHECK(is_reason(fault->reason));
            if (stricter_than_nibabel.contains(name)) CHECK(fault->reason == stricter_than_nibabel.at(name));
            ++refused;
            continue;
        }
        CHECK_FALSE(must_refuse);
        const auto& image = std::get<Image>(result);
        check_values(image, expected);
        check_affine(image, expected["affine"]);
        if (remarked.contains(name))
            CHECK(has_remark(image, remarked.at(name)));
        else if (name.find("/spinal_cord/") == std::string::npos)
            CHECK(image.remarks.empty());
        ++read;
    }
    CHECK(read > 500);
    CHECK(refused > 100);
}

TEST_CASE("every readable file, written again with its kept header, is the same to the byte", "[data]") {
    const auto data = test_data::folder("nifti");
    if (!data) return;
    std::size_t written = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(*data)) {
        const auto name = entry.path().filename().string();
        if (!nifti::is_nifti_name(name)) continue;
        INFO(entry.path());
        auto result = test_data::read(entry.path());
        const auto* image = std::get_if<Image>(&result);
        if (!image) continue;
        CHECK(nifti::record_fits(image->header, image->voxels, image->geometry, image->scale));
        const auto files =
            nifti::write_nifti(image->voxels, image->geometry, image->scale, &image->header, nifti::Packing::plain);
        const auto original = read_file(entry.path());
        const auto plain = name.ends_with(".gz") ? gunzip_prefix(original, files[0].bytes.size()) : original;
        REQUIRE(plain.size() >= files[0].bytes.size());
        CHECK(std::memcmp(plain.data(), files[0].bytes.data(), files[0].bytes.size()) == 0);
        ++written;
    }
    CHECK(written > 150);
}

TEST_CASE("a fresh header gives back voxels, type, shape and affine for every type and rank") {
    Geometry oblique;
    oblique.affine = Affine{{{{1.5, -.5, .1, -20}, {.6, 1.25, 0, 3}, {-.1, .05, 4, 7.5}}}};
    for (const auto type :
         {VoxelType::u8, VoxelType::i8, VoxelType::u16, VoxelType::i16, VoxelType::u32, VoxelType::i32, VoxelType::u64,
          VoxelType::i64, VoxelType::f32, VoxelType::f64, VoxelType::c64, VoxelType::c128})
        for (std::size_t rank = 2; rank <= 7; ++rank) {
            INFO(name_of(type) << " rank " << rank);
            static const std::vector<Axis> names{{"x"}, {"y"}, {"z"}, {"t"}, {"v"}, {"d6"}, {"d7"}};
            const Shape extents{4, 3, 2, 3, 2, 1, 2};
            Volume voxels(type, {extents.begin(), extents.begin() + static_cast<long>(rank)},
                          {names.begin(), names.begin() + static_cast<long>(rank)});
            auto bytes = voxels.bytes();
            for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 37 + 11);
            for (const auto packing : {nifti::Packing::plain, nifti::Packing::gzip}) {
                const auto files = nifti::write_nifti(voxels, oblique, {}, nullptr, packing);
                auto result = nifti::read_nifti("a" + files.at(0).ending, files[0].bytes, std::nullopt, {});
                REQUIRE(std::holds_alternative<Image>(result));
                const auto& image = std::get<Image>(result);
                CHECK(image.voxels.type() == type);
                CHECK(image.voxels.shape() == voxels.shape());
                CHECK(image.voxels.axes() == voxels.axes());
                CHECK(text_of(image.voxels.bytes()) == text_of(voxels.bytes()));
                CHECK(image.remarks.empty());
                for (std::size_t row = 0; row < 3; ++row)
                    for (std::size_t i = 0; i < 4; ++i)
                        CHECK(image.geometry.affine->m[row][i] == Approx(oblique.affine->m[row][i]).margin(1e-5));
            }
        }
}

TEST_CASE("a fresh header's quaternion says the same as its sform, for all 48 ways an image can lie, turned a little") {
    const double c = std::cos(.3), s = std::sin(.3);
    std::array<std::size_t, 3> order{0, 1, 2};
    do {
        for (unsigned signs = 0; signs < 8; ++signs) {
            Affine affine;
            for (auto& row : affine.m) row = {0, 0, 0, 0};
            for (std::size_t i = 0; i < 3; ++i)
                affine.m[order[i]][i] = (signs >> i & 1 ? -1 : 1) * (1.0 + static_cast<double>(i));
            affine.m[0][3] = 5;
            affine = Affine{{{{c, -s, 0, 0}, {s, c, 0, 0}, {0, 0, 1, 0}}}} * affine;
            Volume voxels(VoxelType::u8, {3, 4, 5}, axes_named("xyz"));
            std::memset(voxels.bytes().data(), 0, voxels.bytes().size());
            Geometry geometry;
            geometry.affine = affine;
            auto bytes = nifti::write_nifti(voxels, geometry, {}, nullptr, nifti::Packing::plain).at(0).bytes;
            bytes[254] = std::byte{0};  // sform_code off: the quaternion counts
            auto result = nifti::read_nifti("a.nii", bytes, std::nullopt, {});
            REQUIRE(std::holds_alternative<Image>(result));
            for (std::size_t row = 0; row < 3; ++row)
                for (std::size_t i = 0; i < 4; ++i)
                    CHECK(std::get<Image>(result).geometry.affine->m[row][i] == Approx(affine.m[row][i]).margin(1e-5));
        }
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("a file cut anywhere is refused, never read, and says what is missing") {
    const auto whole = small_file();
    for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
        INFO(bytes);
        const auto result = nifti::read_nifti("cut.nii", std::span(whole).first(bytes), std::nullopt, {});
        REQUIRE(std::holds_alternative<Quarantined>(result));
        CHECK(is_reason(std::get<Quarantined>(result).reason));
        CHECK(std::get<Quarantined>(result).message.starts_with("cut.nii: "));
        CHECK(std::get<Quarantined>(result).message.ends_with("."));
    }
    const auto packed = gzip_compress(whole, 6);
    for (std::size_t bytes = 0; bytes < packed.size(); ++bytes) {
        INFO(bytes);
        CHECK(std::holds_alternative<Quarantined>(
            nifti::read_nifti("cut.nii.gz", std::span(packed).first(bytes), std::nullopt, {})));
    }
}

TEST_CASE("any single byte of a header may change without a crash, and what is read can be written again") {
    const auto whole = small_file();
    for (std::size_t at = 0; at < 352; ++at)
        for (const int value : {0, 1, 0x7F, 0x80, 0xFF}) {
            auto bent = whole;
            bent[at] = static_cast<std::byte>(value);
            (void)nifti::promised_bytes("bent.nii", bent, bent.size());
            auto result = nifti::read_nifti("bent.nii", bent, bent, {});
            const auto* image = std::get_if<Image>(&result);
            if (!image) continue;
            INFO("byte " << at << " = " << value);
            CHECK(nifti::record_fits(image->header, image->voxels, image->geometry, image->scale));
            const auto files =
                nifti::write_nifti(image->voxels, image->geometry, image->scale, &image->header, nifti::Packing::plain);
            CHECK(std::equal(files[0].bytes.begin(), files[0].bytes.end(), bent.begin()));
        }
}

TEST_CASE("a header that promises 10^12 voxels makes no promise beyond what its file can unpack to") {
    auto whole = small_file();
    const std::int16_t huge = 10000;
    for (std::size_t axis = 1; axis <= 3; ++axis) std::memcpy(whole.data() + 40 + 2 * axis, &huge, 2);
    CHECK(nifti::promised_bytes("a.nii", whole, whole.size()) <= whole.size());
    const auto packed = gzip_compress(whole, 6);
    CHECK(nifti::promised_bytes("a.nii.gz", packed, packed.size()) <=
          2 * 1032 * packed.size() + nifti::most_header_bytes);
    for (const auto& result : {nifti::read_nifti("a.nii", whole, std::nullopt, {}),
                               nifti::read_nifti("a.nii.gz", packed, std::nullopt, {})}) {
        REQUIRE(std::holds_alternative<Quarantined>(result));
        CHECK(std::get<Quarantined>(result).reason == "truncated");
    }
}

TEST_CASE("float128, complex256, bits and CIFTI are refused by name") {
    for (const auto& [code, word] :
         std::map<std::int16_t, std::string>{{1, "bit"}, {1536, "float128"}, {2048, "complex256"}}) {
        auto whole = small_file();
        std::memcpy(whole.data() + 70, &code, 2);
        const auto result = nifti::read_nifti("a.nii", whole, std::nullopt, {});
        REQUIRE(std::holds_alternative<Quarantined>(result));
        CHECK(std::get<Quarantined>(result).reason == "unsupported");
        CHECK(std::get<Quarantined>(result).message.find(word) != std::string::npos);
    }
    auto cifti = small_file();
    const std::int16_t intent = 3001;
    std::memcpy(cifti.data() + 68, &intent, 2);
    const auto result = nifti::read_nifti("a.nii", cifti, std::nullopt, {});
    REQUIRE(std::holds_alternative<Quarantined>(result));
    CHECK(std::get<Quarantined>(result).message.find("CIFTI") != std::string::npos);
}

TEST_CASE("dim 4 is t, or c where as many channels are known") {
    Volume voxels(VoxelType::u8, {2, 2, 2, 3}, {{"x"}, {"y"}, {"z"}, {"t"}});
    std::memset(voxels.bytes().data(), 1, voxels.bytes().size());
    const auto file = nifti::write_nifti(voxels, {}, {}, nullptr, nifti::Packing::plain).at(0).bytes;
    const auto name_of_fourth = [&](std::int64_t channels) {
        auto result = nifti::read_nifti("a.nii", file, std::nullopt,
                                        {.fourth_axis_channels = channels, .palette_as_index = false});
        return std::get<Image>(result).voxels.axes()[3].name;
    };
    CHECK(name_of_fourth(0) == "t");
    CHECK(name_of_fourth(3) == "c");
    CHECK(name_of_fourth(2) == "t");
}

TEST_CASE("base64 gives back every byte string and refuses what it did not write") {
    for (std::size_t length = 0; length < 70; ++length) {
        Bytes bytes(length);
        for (std::size_t i = 0; i < length; ++i) bytes[i] = static_cast<std::byte>(i * 91 + length);
        CHECK(bytes_of_base64(base64(bytes)) == bytes);
    }
    CHECK(base64(bytes_of("foobar")) == "Zm9vYmFy");
    CHECK(base64(bytes_of("fooba")) == "Zm9vYmE=");
    for (const auto* wrong : {"Zm9", "Zm9=Zm9v", "Zm9v\nZm9", "Zm9/=", "Zh==", "===="})
        CHECK_FALSE(bytes_of_base64(wrong).has_value());
}
