#include "tests/phantoms/nifti_file.h"

#include <cmath>
#include <cstring>

#include "core/deflate.h"
#include "core/error.h"
#include "core/files.h"

namespace cohort::phantoms {
namespace {

template <class T>
void put(std::vector<std::byte>& bytes, std::size_t at, T value) {
    std::memcpy(bytes.data() + at, &value, sizeof value);
}

}  // namespace

void write_nifti(const std::filesystem::path& file, const std::array<std::int64_t, 3>& shape,
                 const std::array<std::array<double, 4>, 3>& affine, std::int16_t datatype, std::int16_t bits,
                 std::span<const std::byte> voxels) {
    std::vector<std::byte> bytes(352);
    put<std::int32_t>(bytes, 0, 348);
    put<std::int16_t>(bytes, 40, 3);
    for (std::size_t i = 0; i < 7; ++i)
        put<std::int16_t>(bytes, 42 + 2 * i, i < 3 ? static_cast<std::int16_t>(shape[i]) : std::int16_t{1});
    put(bytes, 70, datatype);
    put(bytes, 72, bits);
    put<float>(bytes, 76, 1);
    for (std::size_t i = 0; i < 3; ++i)
        put(bytes, 80 + 4 * i, static_cast<float>(std::hypot(affine[0][i], affine[1][i], affine[2][i])));
    put<float>(bytes, 108, 352);
    put<float>(bytes, 112, 1);
    bytes[123] = std::byte{2};  // millimetres
    put<std::int16_t>(bytes, 254, 1);
    for (std::size_t row = 0; row < 3; ++row)
        for (std::size_t i = 0; i < 4; ++i) put(bytes, 280 + 16 * row + 4 * i, static_cast<float>(affine[row][i]));
    std::memcpy(bytes.data() + 344, "n+1", 4);
    bytes.insert(bytes.end(), voxels.begin(), voxels.end());
    write_file_atomically(file, std::span<const std::byte>(gzip_compress(bytes, 1)));
}

std::vector<std::byte> read_nifti_voxels(const std::filesystem::path& file) {
    auto bytes = gunzip_all(read_file(file), std::size_t{1} << 30);
    if (!bytes || bytes->size() < 352 || std::memcmp(bytes->data() + 344, "n+1", 4) != 0)
        throw Error(Exit::bad_input,
                    file.string() + " was not written by this program; write the phantoms again with --out.");
    bytes->erase(bytes->begin(), bytes->begin() + 352);
    return *std::move(bytes);
}

}  // namespace cohort::phantoms
