#include "store/shard_series.h"

#include <algorithm>
#include <tuple>

namespace cohort::store {
namespace {

constexpr std::size_t worth_stacking = 64;
/// What HDF5's own tables take for an array, roughly: so that a shard of tiny arrays is not all tables.
constexpr std::uint64_t overhead_bytes = 1024;

bool is_small(const Form& form) {
    return form.shape == form.chunk && voxel_count(form.shape) * static_cast<std::int64_t>(size_of(form.type)) < small_array_bytes;
}

}  // namespace

ShardSeries::ShardSeries(std::filesystem::path folder, std::uint64_t shard_bytes, DatasetIndex& index)
    : folder_(std::move(folder)), shard_bytes_(shard_bytes), index_(index) {}

void ShardSeries::set_place(std::size_t place, std::uint32_t first, std::uint32_t row) {
    ArrayPlace& entry = index_.all_places()[place];
    entry.shard = static_cast<std::uint32_t>(index_.shards.size());  // the open shard's number
    entry.first = first;
    entry.row = row;
}

void ShardSeries::add(const std::string& id, std::vector<Array> arrays) {
    std::uint64_t more = 0;
    for (const Array& array : arrays) more += array.packed.stored_bytes() + overhead_bytes;
    if (bytes_ > 0 && bytes_ + more > shard_bytes_) close();
    if (!arrays.empty() && !writer_) {
        std::filesystem::create_directories(folder_);
        writer_.emplace(folder_ / shard_name(index_.shards.size()));
    }
    bytes_ += more;
    for (Array& array : arrays) {
        if (is_small(array.packed.form)) {
            Held& held = held_[array.packed.form];
            held.ids.push_back(id);
            held.places.push_back(array.place);
            held.arrays.push_back(std::move(array.packed));
        } else {
            set_place(array.place, writer_->place(id, array.packed), no_number);
        }
    }
}

void ShardSeries::write_held() {
    struct Single {
        std::size_t place;
        const std::string* id;
        const PackedArray* array;
    };
    std::vector<Single> singles;
    for (const auto& [form, held] : held_) {
        if (held.arrays.size() >= worth_stacking) {
            const std::uint32_t first = writer_->place_stack(held.ids, held.arrays);
            for (std::uint32_t row = 0; row < held.places.size(); ++row) set_place(held.places[row], first + row, row);
        } else {
            for (std::size_t i = 0; i < held.arrays.size(); ++i) singles.push_back({held.places[i], &held.ids[i], &held.arrays[i]});
        }
    }
    std::sort(singles.begin(), singles.end(), [](const Single& a, const Single& b) { return a.place < b.place; });
    for (const Single& single : singles) set_place(single.place, writer_->place(*single.id, *single.array), no_number);
    held_.clear();
}

void ShardSeries::close() {
    if (!writer_) return;
    write_held();
    const ShardRecord record = writer_->finish();
    writer_.reset();
    index_.shards.push_back(record);
    bytes_ = 0;
}

}  // namespace cohort::store
