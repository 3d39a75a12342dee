// The header of NIfTI-1 (348 bytes) and NIfTI-2 (540 bytes): parsed, checked, and the affine it means.
//
// Sources: nifti1.h (Cox et al., 2004), nifti2.h (2011). Where the standard is silent we do as nibabel 5.0 does, unless
// that would read something that is not there; README.md has the table.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/deflate.h"
#include "core/geometry.h"
#include "core/image.h"
#include "core/quarantine.h"
#include "core/volume.h"

namespace cohort::nifti {

enum class Version { one, two };
enum class ByteOrder { little, big };
enum class Storage { single, pair };  ///< .nii (n+1, n+2) or .hdr/.img (ni1, ni2)

inline constexpr std::size_t size_of_header_1 = 348, size_of_header_2 = 540;
/// Header, extender, extensions and gap together: larger is refused, so that a header record stays small.
inline constexpr std::uint64_t most_header_bytes = std::uint64_t{16} << 20;

/// How the file's datatype maps to ours. Colour is stored interleaved and becomes a last axis `c`, planar.
struct StoredType {
    VoxelType type = VoxelType::u8;
    std::int64_t colours = 0;         ///< 3 (RGB24), 4 (RGBA32), else 0
    std::size_t bytes = 1;            ///< per voxel in the file
    std::size_t component_bytes = 1;  ///< what is swapped in the other byte order
};

struct Header {
    Version version = Version::one;
    ByteOrder byte_order = ByteOrder::little;
    Storage storage = Storage::single;
    std::int32_t sizeof_hdr = 0;
    std::array<std::int64_t, 8> dim{};
    std::int16_t datatype = 0, bitpix = 0;
    std::array<double, 8> pixdim{};
    double vox_offset = 0;
    double scl_slope = 0, scl_inter = 0, cal_max = 0, cal_min = 0, slice_duration = 0, toffset = 0;
    std::array<double, 3> intent_p{};
    std::int64_t slice_start = 0, slice_end = 0;
    std::int32_t intent_code = 0, qform_code = 0, sform_code = 0, xyzt_units = 0, slice_code = 0, dim_info = 0;
    std::array<double, 3> quatern{}, qoffset{};
    std::array<std::array<double, 4>, 3> srow{};
    std::string descrip, aux_file, intent_name;

    std::size_t header_bytes() const { return version == Version::one ? size_of_header_1 : size_of_header_2; }
    Shape shape() const;                ///< dim[1 … dim[0]]
    StoredType stored() const;          ///< of a checked header
    std::uint64_t data_offset() const;  ///< whole bytes; of a checked header
    std::uint64_t data_bytes() const;   ///< of a checked header
};

/// A header that may be relied on: dimensions 1–7 and positive, known type, data size that fits 63 bits, offset behind
/// the header, usable slope. `remarks` says what was odd.
struct CheckedHeader {
    Header header;
    std::vector<Remark> remarks;
};

/// `bytes`: the beginning of the (unpacked) file, at least the header if the file has one. `name` is for the sentences.
std::variant<CheckedHeader, Quarantined> parse_header(std::span<const std::byte> bytes, std::string_view name);

/// Axes as DESIGN names them: x y z, then t (or c, when dim 4 is `channels` long), v, d6, d7; colour adds a last `c`.
std::vector<Axis> axes_of(const Header& header, std::int64_t channels);

/// Slope and offset; zero and non-finite slopes mean none, colour has none.
Scale scale_of(const Header& header);

/// nibabel's precedence: sform if its code > 0, else qform if its code > 0, else pixdim with x flipped and the middle
/// of the grid as origin. Not checked for use: may be singular or not finite. Nothing when the quaternion cannot be
/// one.
std::optional<Affine> affine_of(const Header& header);

/// The 16-byte blocks between header and voxels; faults are sentences.
struct Extension {
    std::int32_t code = 0;
    std::size_t offset = 0, bytes = 0;  ///< of the whole extension, from the beginning of `after_header`
};
/// `after_header`: extender (4 bytes) and what follows it up to the voxels (or the end of a .hdr).
std::variant<std::vector<Extension>, Quarantined> parse_extensions(std::span<const std::byte> after_header,
                                                                   ByteOrder order, std::string_view name);

/// All fields by their names in nifti1.h, for people and for header records.
Json fields_of(const Header& header);

}  // namespace cohort::nifti
