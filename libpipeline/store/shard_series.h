// Shards one after the other: arrays come in, files of about the wanted size come out.  [cohort_shards]
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/dataset_index.h"
#include "store/shard_writer.h"

namespace cohort::store {

/// Large arrays are written as they come. Small ones are held until the shard is closed: where at least 64 have one form
/// they are stacked, else each is a dataset of its own. What is written depends on the order of the calls alone.
class ShardSeries {
public:
    /// `index` gets the shards' records and the places of the arrays; it must outlive this.
    ShardSeries(std::filesystem::path folder, std::uint64_t shard_bytes, DatasetIndex& index);

    struct Array {
        PackedArray packed;
        std::size_t place = 0;  ///< in index.all_places()
    };
    /// The arrays of one sample stay in one shard.
    void add(const std::string& id, std::vector<Array> arrays);
    void close();

private:
    struct Held {
        std::vector<std::string> ids;
        std::vector<PackedArray> arrays;
        std::vector<std::size_t> places;
    };
    void set_place(std::size_t place, std::uint32_t first, std::uint32_t row);
    void write_held();

    std::filesystem::path folder_;
    std::uint64_t shard_bytes_;
    DatasetIndex& index_;
    std::optional<ShardWriter> writer_;
    std::map<Form, Held> held_;
    std::uint64_t bytes_ = 0;
};

}  // namespace cohort::store
