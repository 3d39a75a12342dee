// The types a voxel may have, and dispatch on them once, outside the loop.
#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace cohort {

/// Part of the file format: names (u8 … c128, bool) never change.
enum class VoxelType : std::uint8_t { u8, i8, u16, i16, u32, i32, u64, i64, f32, f64, c64, c128, boolean };

/// "u8", "i16", "f32", "c64" (two f32), "c128", "bool".
std::string_view name_of(VoxelType type);
std::optional<VoxelType> voxel_type_named(std::string_view name);

std::size_t size_of(VoxelType type);
bool is_integer(VoxelType type);  ///< bool counts as integer
bool is_float(VoxelType type);    ///< f32, f64
bool is_complex(VoxelType type);

/// A bool voxel: one byte, 0 or 1. Its own type, so that it is not taken for u8.
enum class BoolVoxel : std::uint8_t { no = 0, yes = 1 };

template <class T>
struct VoxelTypeOf;
template <> struct VoxelTypeOf<std::uint8_t> { static constexpr auto value = VoxelType::u8; };
template <> struct VoxelTypeOf<std::int8_t> { static constexpr auto value = VoxelType::i8; };
template <> struct VoxelTypeOf<std::uint16_t> { static constexpr auto value = VoxelType::u16; };
template <> struct VoxelTypeOf<std::int16_t> { static constexpr auto value = VoxelType::i16; };
template <> struct VoxelTypeOf<std::uint32_t> { static constexpr auto value = VoxelType::u32; };
template <> struct VoxelTypeOf<std::int32_t> { static constexpr auto value = VoxelType::i32; };
template <> struct VoxelTypeOf<std::uint64_t> { static constexpr auto value = VoxelType::u64; };
template <> struct VoxelTypeOf<std::int64_t> { static constexpr auto value = VoxelType::i64; };
template <> struct VoxelTypeOf<float> { static constexpr auto value = VoxelType::f32; };
template <> struct VoxelTypeOf<double> { static constexpr auto value = VoxelType::f64; };
template <> struct VoxelTypeOf<std::complex<float>> { static constexpr auto value = VoxelType::c64; };
template <> struct VoxelTypeOf<std::complex<double>> { static constexpr auto value = VoxelType::c128; };
template <> struct VoxelTypeOf<BoolVoxel> { static constexpr auto value = VoxelType::boolean; };

/// Calls f.operator()<T>() with the C++ type of `type`: visit_type(t, [&]<class T>() { … }).
template <class F>
decltype(auto) visit_type(VoxelType type, F&& f) {
    switch (type) {
        case VoxelType::u8: return std::forward<F>(f).template operator()<std::uint8_t>();
        case VoxelType::i8: return std::forward<F>(f).template operator()<std::int8_t>();
        case VoxelType::u16: return std::forward<F>(f).template operator()<std::uint16_t>();
        case VoxelType::i16: return std::forward<F>(f).template operator()<std::int16_t>();
        case VoxelType::u32: return std::forward<F>(f).template operator()<std::uint32_t>();
        case VoxelType::i32: return std::forward<F>(f).template operator()<std::int32_t>();
        case VoxelType::u64: return std::forward<F>(f).template operator()<std::uint64_t>();
        case VoxelType::i64: return std::forward<F>(f).template operator()<std::int64_t>();
        case VoxelType::f32: return std::forward<F>(f).template operator()<float>();
        case VoxelType::f64: return std::forward<F>(f).template operator()<double>();
        case VoxelType::c64: return std::forward<F>(f).template operator()<std::complex<float>>();
        case VoxelType::c128: return std::forward<F>(f).template operator()<std::complex<double>>();
        case VoxelType::boolean: return std::forward<F>(f).template operator()<BoolVoxel>();
    }
    __builtin_unreachable();
}

/// A voxel as double; complex ones give their magnitude (statistics, pictures).
template <class T>
double as_double(T voxel) {
    if constexpr (std::is_same_v<T, BoolVoxel>) return voxel == BoolVoxel::yes ? 1.0 : 0.0;
    else if constexpr (std::is_arithmetic_v<T>) return static_cast<double>(voxel);
    else return static_cast<double>(std::abs(voxel));
}

}  // namespace cohort
