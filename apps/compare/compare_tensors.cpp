#include <array>
#include <cstring>
#include <map>
#include <optional>

#include "apps/compare/compare_files.h"
#include "core/deflate.h"
#include "core/error.h"

namespace cohort::compare {
namespace {

struct Tensor {
    std::string type;
    Shape shape;
    std::span<const std::byte> bytes;
};

std::optional<VoxelType> type_of(const std::string& dtype) {
    static constexpr std::array<std::pair<std::string_view, VoxelType>, 11> types{{{"F64", VoxelType::f64},
                                                                                   {"F32", VoxelType::f32},
                                                                                   {"I64", VoxelType::i64},
                                                                                   {"I32", VoxelType::i32},
                                                                                   {"I16", VoxelType::i16},
                                                                                   {"I8", VoxelType::i8},
                                                                                   {"U64", VoxelType::u64},
                                                                                   {"U32", VoxelType::u32},
                                                                                   {"U16", VoxelType::u16},
                                                                                   {"U8", VoxelType::u8},
                                                                                   {"BOOL", VoxelType::boolean}}};
    for (const auto& [name, type] : types)
        if (name == dtype) return type;
    return std::nullopt;
}

[[noreturn]] void refuse(const std::string& where, const std::string& why) {
    throw Error(Exit::bad_input, where + ": " + why + "; it is damaged or no safetensors file.");
}

/// Header length (8 bytes, little endian), JSON header, tensors. `metadata` receives "__metadata__".
std::map<std::string, Tensor> tensors_of(const std::string& where, std::span<const std::byte> file, Json& metadata) {
    if (file.size() < 8) refuse(where, "it holds less than a header");
    std::uint64_t length = 0;
    std::memcpy(&length, file.data(), 8);
    if (length > file.size() - 8) refuse(where, "its header is longer than the file");
    const Json header = parse_json(text_of(file.subspan(8, static_cast<std::size_t>(length))), where);
    const auto data = file.subspan(8 + static_cast<std::size_t>(length));
    if (!header.is_object()) refuse(where, "its header is no object");
    std::map<std::string, Tensor> tensors;
    for (const auto& [name, entry] : header.items()) {
        if (name == "__metadata__") {
            metadata = entry;
            continue;
        }
        Tensor tensor{text_member(entry, "dtype", where), {}, {}};
        for (const Json& n : member(entry, "shape", where)) {
            if (!n.is_number_integer()) refuse(where, "the shape of " + name + " is not one of integers");
            tensor.shape.push_back(n.get<std::int64_t>());
        }
        const Json& offsets = member(entry, "data_offsets", where);
        if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
            !offsets[1].is_number_unsigned())
            refuse(where, "the offsets of " + name + " are no pair of numbers");
        const auto from = offsets[0].get<std::uint64_t>(), to = offsets[1].get<std::uint64_t>();
        if (from > to || to > data.size()) refuse(where, "tensor " + name + " lies beyond the end");
        tensor.bytes = data.subspan(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from));
        tensors.emplace(name, std::move(tensor));
    }
    return tensors;
}

std::string shape_text(const Shape& shape) {
    std::string text = "[";
    for (std::size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
    return text + "]";
}

/// Flat: where a value lies is its number in the tensor.
std::optional<Volume> flat(const Tensor& tensor) {
    const auto type = type_of(tensor.type);
    if (!type || tensor.bytes.empty() || tensor.bytes.size() % size_of(*type) != 0) return std::nullopt;
    Volume volume(*type, {static_cast<std::int64_t>(tensor.bytes.size() / size_of(*type))}, axes_named("x"));
    std::memcpy(volume.bytes().data(), tensor.bytes.data(), tensor.bytes.size());
    return volume;
}

void compare_tensor(Comparison& comparison, const std::string& where, const Tensor& a, const Tensor& b) {
    if (a.type != b.type) return comparison.differ(where, "types differ: " + a.type + " and " + b.type);
    if (a.shape != b.shape)
        return comparison.differ(where, "shapes differ: " + shape_text(a.shape) + " and " + shape_text(b.shape));
    if (a.bytes.size() == b.bytes.size() &&
        (a.bytes.empty() || std::memcmp(a.bytes.data(), b.bytes.data(), a.bytes.size()) == 0))
        return;
    const auto x = flat(a), y = flat(b);
    if (!x || !y) return comparison.differ(where, "its bytes differ");
    if (const std::string what = volume_difference(*x, {}, *y, {}, comparison.tolerance()); !what.empty())
        comparison.differ(where, what);
}

}  // namespace

void compare_tensors(Comparison& comparison, const std::string& where, std::span<const std::byte> a,
                     std::span<const std::byte> b) {
    Json metadata_a, metadata_b;
    const auto tensors_a = tensors_of(where, a, metadata_a), tensors_b = tensors_of(where, b, metadata_b);
    comparison.json(where + ", metadata", metadata_a, metadata_b);
    const std::string tensors = where + ", tensor ";
    for (const auto& [name, tensor] : tensors_a) {
        const auto other = tensors_b.find(name);
        comparison.count_array();
        const std::string place = tensors + name;
        if (other == tensors_b.end())
            comparison.differ(place, "only the first has it");
        else
            compare_tensor(comparison, place, tensor, other->second);
    }
    for (const auto& [name, tensor] : tensors_b)
        if (!tensors_a.contains(name)) comparison.differ(std::string(tensors).append(name), "only the second has it");
}

}  // namespace cohort::compare
