// Arrays that a new dataset takes over from another: whole shards by a link, else their compressed chunks.  [cohort_shards]
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "store/dataset_state.h"
#include "store/shard_series.h"

namespace cohort::store {

/// Collects what is taken over, and places it at the end, when it is known of which shards every array is wanted.
class TakenOver {
public:
    /// `place` in the new index; `source` in `from`; `sample` is the new one's number.
    void add(std::size_t place, std::size_t sample, const Dataset& from, const ArrayPlace& source, bool same_names);

    /// Links or copies shards into `folder` and sets the places in `index`. A shard is linked only if every array in it is
    /// wanted under its own id and name: nothing that was left out may stay behind in a linked file.
    void settle(const std::filesystem::path& folder, DatasetIndex& index, ShardSeries& series);

private:
    struct Entry {
        std::size_t place, sample;
        std::uint32_t from;         ///< number in sources_
        const ArrayPlace* source;
        bool same_names;
    };
    std::vector<std::vector<bool>> linkable() const;
    std::vector<const Dataset*> sources_;
    std::vector<Entry> entries_;
};

}  // namespace cohort::store
