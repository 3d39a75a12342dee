// All image formats that can be read, in one list.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/image.h"

namespace cohort::formats {

struct Format {
    std::string_view name;                 ///< "nifti"
    std::string_view about;                ///< a sentence
    bool (*takes)(std::string_view name);  ///< by file name
    /// `second`: the .img of a NIfTI pair.
    ReadImage (*read)(std::string_view name, std::span<const std::byte> file,
                      std::optional<std::span<const std::byte>> second, const ReadOptions& options);
    /// Bytes that read() will allocate, judged from the file's beginning (4 KiB) and size; for memory budgets.
    std::uint64_t (*promised)(std::string_view name, std::span<const std::byte> beginning, std::uint64_t file_bytes);
};

std::span<const Format> all_formats();
/// The format that takes files of this name, or null.
const Format* format_for(std::string_view name);

/// Reads with the format of the name; `unsupported` when there is none.
ReadImage read_image(std::string_view name, std::span<const std::byte> file,
                     std::optional<std::span<const std::byte>> second, const ReadOptions& options);

}  // namespace cohort::formats
