#include "store/shard_writer.h"

#include <algorithm>

#include "core/error.h"
#include "core/files.h"
#include "store/hdf5_file.h"

namespace cohort::store {
namespace {

std::vector<hsize_t> slowest_first(const Shape& shape) { return {shape.rbegin(), shape.rend()}; }

}  // namespace

struct ShardWriter::State {
    std::filesystem::path file;
    Hdf5Id handle, samples, stacks, sample;
    std::string sample_id, stack_array;  ///< of the groups that are open
    Hdf5Id stack_group;
    std::vector<ChunkEntry> index;
    std::uint64_t chunk_bytes = 0;

    std::uint64_t end_of_file() const {
        haddr_t end = 0;
        if (H5Fget_eoa(handle.get(), &end) < 0) throw_hdf5(file, "find its end");
        return end;
    }

    /// Writes a chunk and notes where it came to lie. `at` is its first voxel, `known` false for a dataset's first chunk.
    void write(hid_t dataset, const std::vector<hsize_t>& at, std::span<const std::byte> bytes, std::uint32_t crc, bool known) {
        const std::uint64_t before = end_of_file();
        if (H5Dwrite_chunk(dataset, H5P_DEFAULT, 0, at.data(), bytes.size(), bytes.data()) < 0) throw_hdf5(file, "write a chunk");
        haddr_t address = before;
        // The library looks for a chunk one by one, so it is asked only where its own tables may have grown in between.
        if (!known || end_of_file() != before + bytes.size()) {
            hsize_t stored = 0;
            unsigned mask = 0;
            if (H5Dget_chunk_info_by_coord(dataset, at.data(), &mask, &address, &stored) < 0 || address == HADDR_UNDEF || stored != bytes.size())
                throw_hdf5(file, "find a chunk");
        }
        index.push_back({address, static_cast<std::uint32_t>(bytes.size()), crc});
        chunk_bytes += bytes.size();
    }

    void write_all_chunks(hid_t dataset, const PackedArray& array) {
        const ChunkGrid grid = chunk_grid(array.form.shape, array.form.chunk);
        const std::size_t axes = grid.shape.size();
        std::vector<hsize_t> at(axes, 0);
        for (std::size_t i = 0; i < array.chunks.size(); ++i) {
            write(dataset, at, array.bytes_of_chunk(i), array.chunks[i].crc, i > 0);
            for (std::size_t a = 0; a < axes; ++a) {
                hsize_t& place = at[axes - 1 - a];
                place += static_cast<hsize_t>(grid.chunk[a]);
                if (place < static_cast<hsize_t>(grid.shape[a])) break;
                place = 0;
            }
        }
    }
};

ShardWriter::ShardWriter(std::filesystem::path file) : state_(std::make_unique<State>()) {
    const std::lock_guard lock(hdf5_lock());
    state_->file = std::move(file);
    state_->handle = create_hdf5(state_->file);
}

ShardWriter::~ShardWriter() {
    if (!state_) return;
    const std::lock_guard lock(hdf5_lock());
    state_.reset();
}

ShardWriter::ShardWriter(ShardWriter&&) noexcept = default;

std::uint64_t ShardWriter::chunk_bytes() const { return state_->chunk_bytes; }
std::uint64_t ShardWriter::chunks() const { return state_->index.size(); }

std::uint32_t ShardWriter::place(const std::string& id, const PackedArray& array) {
    const std::lock_guard lock(hdf5_lock());
    State& s = *state_;
    if (s.samples.get() < 0) s.samples = create_group(s.handle.get(), "samples", s.file);
    if (s.sample.get() < 0 || s.sample_id != id) {
        // Small arrays come when the shard is closed, long after a large one of the same sample.
        if (H5Lexists(s.samples.get(), id.c_str(), H5P_DEFAULT) > 0)
            s.sample = Hdf5Id(H5Gopen2(s.samples.get(), id.c_str(), H5P_DEFAULT), H5Gclose, s.file, "open a group");
        else
            s.sample = create_group(s.samples.get(), id, s.file);
        s.sample_id = id;
    }
    const auto first = static_cast<std::uint32_t>(s.index.size());
    const Hdf5Id dataset = create_chunked(s.sample.get(), array.form.array, array.form.type, slowest_first(array.form.shape),
                                          slowest_first(array.form.chunk), array.form.filters, s.file);
    s.write_all_chunks(dataset.get(), array);
    return first;
}

std::uint32_t ShardWriter::place_stack(std::span<const std::string> ids, std::span<const PackedArray> arrays) {
    const std::lock_guard lock(hdf5_lock());
    State& s = *state_;
    const Form& form = arrays.front().form;
    if (s.stacks.get() < 0) s.stacks = create_group(s.handle.get(), "stacks", s.file);
    if (s.stack_group.get() < 0 || s.stack_array != form.array) {
        s.stack_group = create_group(s.stacks.get(), form.array, s.file);
        s.stack_array = form.array;
    }
    std::vector<hsize_t> shape = slowest_first(form.shape), chunk = shape;
    shape.insert(shape.begin(), arrays.size());
    chunk.insert(chunk.begin(), 1);
    const auto first = static_cast<std::uint32_t>(s.index.size());
    const std::string name = stack_name(form);
    const Hdf5Id dataset = create_chunked(s.stack_group.get(), name, form.type, shape, chunk, form.filters, s.file);
    std::vector<hsize_t> at(shape.size(), 0);
    for (const PackedArray& array : arrays) {
        s.write(dataset.get(), at, array.bytes_of_chunk(0), array.chunks[0].crc, at[0] > 0);
        ++at[0];
    }
    std::size_t longest = 1;
    for (const std::string& id : ids) longest = std::max(longest, id.size());
    std::string table;
    for (const std::string& id : ids) table.append(id).append(longest - id.size(), '\0');
    const Hdf5Id text(H5Tcopy(H5T_C_S1), H5Tclose, s.file, "make a type");
    if (H5Tset_size(text.get(), longest) < 0 || H5Tset_strpad(text.get(), H5T_STR_NULLPAD) < 0) throw_hdf5(s.file, "make a type");
    write_contiguous(s.stack_group.get(), name + ".ids", text.get(), ids.size(), table.data(), s.file);
    return first;
}

ShardRecord ShardWriter::finish() {
    const std::lock_guard lock(hdf5_lock());
    State& s = *state_;
    Hdf5Id row(H5Tcreate(H5T_COMPOUND, sizeof(ChunkEntry)), H5Tclose, s.file, "make a type");
    if (H5Tinsert(row.get(), "address", offsetof(ChunkEntry, address), H5T_STD_U64LE) < 0 ||
        H5Tinsert(row.get(), "bytes", offsetof(ChunkEntry, bytes), H5T_STD_U32LE) < 0 ||
        H5Tinsert(row.get(), "crc32c", offsetof(ChunkEntry, crc), H5T_STD_U32LE) < 0)
        throw_hdf5(s.file, "make a type");
    ShardRecord record;
    record.chunks = s.index.size();
    record.index = sha256(std::as_bytes(std::span(s.index)));
    record.index_at = write_contiguous(s.handle.get(), "index", row.get(), s.index.size(), s.index.data(), s.file);
    for (Hdf5Id* group : {&s.sample, &s.samples, &s.stack_group, &s.stacks, &row})
        if (group->close() < 0) throw_hdf5(s.file, "close a group");
    if (s.handle.close() < 0) throw_hdf5(s.file, "close it");
    record.bytes = std::filesystem::file_size(s.file);
    return record;
}

}  // namespace cohort::store
