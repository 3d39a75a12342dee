// What an open dataset holds; for dataset.cpp and the writer's reuse of its shards.  [cohort_shards]
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "store/dataset.h"
#include "store/dataset_index.h"
#include "store/header_lines.h"
#include "store/shard_reader.h"

namespace cohort::store {

struct Dataset::State {
    explicit State(const std::filesystem::path& where);

    std::filesystem::path folder;
    Manifest manifest;
    DatasetIndex index;
    HeaderReader headers;

    std::filesystem::path shard_file(std::uint32_t number) const { return folder / "shards" / shard_name(number); }
    /// Opened (and checked) when first asked for. Thread-safe.
    const ShardReader& shard(std::uint32_t number) const;
    /// Where an array lies, if the index has it; Error(bad_input) if it is not there or is another than `info` describes.
    const ArrayPlace& place(const std::string& id, const std::string& array, const ArrayInfo& info) const;

private:
    struct Slot {
        std::once_flag once;
        std::unique_ptr<const ShardReader> reader;
    };
    std::unique_ptr<Slot[]> slots_;
    mutable std::atomic<unsigned> open_{0};
};

/// "image of sub-01".
std::string whose(const std::string& id, const std::string& array);

}  // namespace cohort::store
