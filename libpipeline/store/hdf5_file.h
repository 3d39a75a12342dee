// What we use of HDF5's C API: handles that close themselves, failures as Error.  [cohort_shards]
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <hdf5.h>

#include "core/voxel_type.h"
#include "store/chunk_codec.h"

namespace cohort::store {

/// HDF5 keeps global state; every call is made under this lock, so that a library built without threads serves too.
std::mutex& hdf5_lock();

/// Throws what the library's error stack says (a full disk: resources, else output).
[[noreturn]] void throw_hdf5(const std::filesystem::path& file, const char* doing);

/// An identifier and how it is closed.
class Hdf5Id {
public:
    Hdf5Id() = default;
    Hdf5Id(hid_t id, herr_t (*closer)(hid_t), const std::filesystem::path& file, const char* doing) : id_(id), close_(closer) {
        if (id < 0) throw_hdf5(file, doing);
    }
    ~Hdf5Id() { reset(); }
    Hdf5Id(Hdf5Id&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
    Hdf5Id& operator=(Hdf5Id&& other) noexcept {
        reset();
        id_ = std::exchange(other.id_, -1);
        close_ = other.close_;
        return *this;
    }
    hid_t get() const { return id_; }
    herr_t close() { return id_ < 0 ? 0 : close_(std::exchange(id_, -1)); }

private:
    void reset() {
        if (id_ >= 0) close_(id_);
        id_ = -1;
    }
    hid_t id_ = -1;
    herr_t (*close_)(hid_t) = nullptr;
};

/// An empty file in the newest format of HDF5 1.10, without locks of the library's own.
Hdf5Id create_hdf5(const std::filesystem::path& file);

/// Little-endian; complex as {r, i} and bool as {FALSE, TRUE}, as h5py has them.
Hdf5Id hdf5_type(VoxelType type, const std::filesystem::path& file);

/// A group without times; names are made on the way.
Hdf5Id create_group(hid_t parent, const std::string& name, const std::filesystem::path& file);

/// A chunked dataset without times or fill value. `shape` and `chunk` are HDF5's (slowest first).
Hdf5Id create_chunked(hid_t parent, const std::string& name, VoxelType type, const std::vector<hsize_t>& shape,
                      const std::vector<hsize_t>& chunk, Filters filters, const std::filesystem::path& file);

/// A contiguous dataset with this content. Returns its place in the file.
std::uint64_t write_contiguous(hid_t parent, const std::string& name, hid_t type, hsize_t count, const void* content,
                               const std::filesystem::path& file);

}  // namespace cohort::store
