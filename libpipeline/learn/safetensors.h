// Tensors in a file: the safetensors format, a JSON header and raw little-endian numbers. Nothing is unpickled.
//
// Layout: 8 bytes (little endian) length of the header; the header, {"NAME": {"dtype", "shape", "data_offsets"}, …,
// "__metadata__": {"…": "…"}}, padded with blanks to a multiple of 8; the tensors' bytes, without gaps.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace cohort::learn {

/// A float32 tensor on the host, last axis fastest.
struct HostTensor {
    std::vector<std::int64_t> shape;
    std::vector<float> values;
    friend bool operator==(const HostTensor&, const HostTensor&) = default;
};

struct TensorFile {
    std::map<std::string, HostTensor> tensors;
    std::map<std::string, std::string> metadata;
};

/// Atomically. Equal content gives equal bytes.
void write_tensors(const std::filesystem::path& file, const TensorFile& content);

/// Error(bad_input): unreadable, cut short, damaged. Sizes are checked against the file before anything is allocated.
TensorFile read_tensors(const std::filesystem::path& file);

}  // namespace cohort::learn
