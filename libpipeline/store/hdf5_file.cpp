#include "store/hdf5_file.h"

#include <charconv>
#include <string_view>

#include "core/error.h"
#include "core/files.h"

namespace cohort::store {
namespace {

struct Failure {
    int number = 0;  ///< errno, where a message gives one
    std::string text;
};

herr_t note(unsigned, const H5E_error2_t* entry, void* into) {
    auto& failure = *static_cast<Failure*>(into);
    const std::string_view text = entry->desc ? entry->desc : "";
    if (failure.text.empty()) failure.text = text;
    constexpr std::string_view key = "errno = ";
    if (const auto at = text.find(key); at != std::string_view::npos)
        std::from_chars(text.data() + at + key.size(), text.data() + text.size(), failure.number);
    return 0;
}

void check(herr_t state, const std::filesystem::path& file, const char* doing) {
    if (state < 0) throw_hdf5(file, doing);
}

Hdf5Id property_list(hid_t kind, const std::filesystem::path& file) {
    return {H5Pcreate(kind), H5Pclose, file, "make a property list"};
}

void quieten() {
    static const bool once = [] {
        H5dont_atexit();  // after a full disk the library's own clean-up would try to write again
        return H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr) >= 0;
    }();
    static_cast<void>(once);
}

}  // namespace

std::mutex& hdf5_lock() {
    static std::mutex lock;
    return lock;
}

void throw_hdf5(const std::filesystem::path& file, const char* doing) {
    Failure failure;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, note, &failure);
    H5Eclear2(H5E_DEFAULT);
    const std::string why = failure.number ? errno_text(failure.number) : "HDF5 says '" + failure.text + "'";
    throw Error(failure.number ? exit_for_write(failure.number) : Exit::output,
                printable(file.string()) + " cannot be written: " + why + " (tried to " + doing + ").");
}

Hdf5Id create_hdf5(const std::filesystem::path& file) {
    quieten();
    const Hdf5Id access = property_list(H5P_FILE_ACCESS, file), creation = property_list(H5P_FILE_CREATE, file);
    check(H5Pset_libver_bounds(access.get(), H5F_LIBVER_LATEST, H5F_LIBVER_LATEST), file, "set the format");
#if H5_VERSION_GE(1, 10, 7)
    check(H5Pset_file_locking(access.get(), false, true), file, "switch off locking");
#endif
    // Without aggregation each chunk goes to the end of the file: its address is where the file ended before.
    check(H5Pset_small_data_block_size(access.get(), 0), file, "set the block size");
    check(H5Pset_meta_block_size(access.get(), 4096), file, "set the block size");
    check(H5Pset_obj_track_times(creation.get(), false), file, "switch off times");  // of the root group
    return {H5Fcreate(file.c_str(), H5F_ACC_TRUNC, creation.get(), access.get()), H5Fclose, file, "create it"};
}

Hdf5Id hdf5_type(VoxelType type, const std::filesystem::path& file) {
    const auto copy = [&](hid_t standard) { return Hdf5Id(H5Tcopy(standard), H5Tclose, file, "make a type"); };
    const auto complex = [&](hid_t part, std::size_t size) {
        Hdf5Id pair(H5Tcreate(H5T_COMPOUND, 2 * size), H5Tclose, file, "make a type");
        check(H5Tinsert(pair.get(), "r", 0, part), file, "make a type");
        check(H5Tinsert(pair.get(), "i", size, part), file, "make a type");
        return pair;
    };
    switch (type) {
        case VoxelType::u8: return copy(H5T_STD_U8LE);
        case VoxelType::i8: return copy(H5T_STD_I8LE);
        case VoxelType::u16: return copy(H5T_STD_U16LE);
        case VoxelType::i16: return copy(H5T_STD_I16LE);
        case VoxelType::u32: return copy(H5T_STD_U32LE);
        case VoxelType::i32: return copy(H5T_STD_I32LE);
        case VoxelType::u64: return copy(H5T_STD_U64LE);
        case VoxelType::i64: return copy(H5T_STD_I64LE);
        case VoxelType::f32: return copy(H5T_IEEE_F32LE);
        case VoxelType::f64: return copy(H5T_IEEE_F64LE);
        case VoxelType::c64: return complex(H5T_IEEE_F32LE, 4);
        case VoxelType::c128: return complex(H5T_IEEE_F64LE, 8);
        case VoxelType::boolean: break;
    }
    Hdf5Id boolean(H5Tenum_create(H5T_STD_I8LE), H5Tclose, file, "make a type");
    for (const std::int8_t value : {std::int8_t{0}, std::int8_t{1}})
        check(H5Tenum_insert(boolean.get(), value ? "TRUE" : "FALSE", &value), file, "make a type");
    return boolean;
}

Hdf5Id create_group(hid_t parent, const std::string& name, const std::filesystem::path& file) {
    const Hdf5Id properties = property_list(H5P_GROUP_CREATE, file);
    check(H5Pset_obj_track_times(properties.get(), false), file, "switch off times");
    return {H5Gcreate2(parent, name.c_str(), H5P_DEFAULT, properties.get(), H5P_DEFAULT), H5Gclose, file, "make a group"};
}

Hdf5Id create_chunked(hid_t parent, const std::string& name, VoxelType type, const std::vector<hsize_t>& shape,
                      const std::vector<hsize_t>& chunk, Filters filters, const std::filesystem::path& file) {
    const Hdf5Id properties = property_list(H5P_DATASET_CREATE, file), stored = hdf5_type(type, file);
    const hid_t p = properties.get();
    check(H5Pset_obj_track_times(p, false), file, "switch off times");
    check(H5Pset_fill_value(p, stored.get(), nullptr), file, "switch off fill values");
    check(H5Pset_fill_time(p, H5D_FILL_TIME_NEVER), file, "switch off fill values");
    check(H5Pset_chunk(p, static_cast<int>(chunk.size()), chunk.data()), file, "set the chunks");
    if (filters == Filters::scale_offset) check(H5Pset_scaleoffset(p, H5Z_SO_INT, H5Z_SO_INT_MINBITS_DEFAULT), file, "set the filter");
    if (filters == Filters::scale_offset_whole_floats) check(H5Pset_scaleoffset(p, H5Z_SO_FLOAT_DSCALE, 0), file, "set the filter");
    if (shuffles(filters)) check(H5Pset_shuffle(p), file, "set the filter");
    if (deflate_level(filters)) check(H5Pset_deflate(p, static_cast<unsigned>(deflate_level(filters))), file, "set the filter");
    const Hdf5Id space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), H5Sclose, file, "make a data space");
    return {H5Dcreate2(parent, name.c_str(), stored.get(), space.get(), H5P_DEFAULT, p, H5P_DEFAULT), H5Dclose, file, "make a dataset"};
}

std::uint64_t write_contiguous(hid_t parent, const std::string& name, hid_t type, hsize_t count, const void* content,
                               const std::filesystem::path& file) {
    const Hdf5Id properties = property_list(H5P_DATASET_CREATE, file);
    check(H5Pset_obj_track_times(properties.get(), false), file, "switch off times");
    check(H5Pset_layout(properties.get(), H5D_CONTIGUOUS), file, "set the layout");
    const Hdf5Id space(H5Screate_simple(1, &count, nullptr), H5Sclose, file, "make a data space");
    const Hdf5Id dataset(H5Dcreate2(parent, name.c_str(), type, space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT), H5Dclose, file,
                         "make a dataset");
    if (count == 0) return 0;
    check(H5Dwrite(dataset.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, content), file, "write a table");
    const haddr_t at = H5Dget_offset(dataset.get());
    if (at == HADDR_UNDEF) throw_hdf5(file, "find a table");
    return at;
}

}  // namespace cohort::store
