#include "store/reuse.h"

#include <algorithm>

#include "core/error.h"
#include "core/files.h"

namespace cohort::store {
namespace {

void link_or_copy(const std::filesystem::path& from, const std::filesystem::path& to) {
    std::filesystem::create_directories(to.parent_path());
    std::error_code problem;
    std::filesystem::create_hard_link(from, to, problem);
    if (!problem) return;
    // Another file system, one without links, or too many of them: the content is what counts.
    std::filesystem::copy_file(from, to, problem);
    if (problem)
        throw Error(exit_for_write(problem.value()), printable(to.string()) + " cannot be written: " + problem.message() + " (tried to copy " +
                                                         printable(from.string()) + ").");
}

}  // namespace

void TakenOver::add(std::size_t place, std::size_t sample, const Dataset& from, const ArrayPlace& source, bool same_names) {
    const auto at = std::find(sources_.begin(), sources_.end(), &from);
    const auto number = static_cast<std::uint32_t>(at - sources_.begin());
    if (at == sources_.end()) sources_.push_back(&from);
    entries_.push_back({place, sample, number, &source, same_names});
}

std::vector<std::vector<bool>> TakenOver::linkable() const {
    std::vector<std::vector<std::uint64_t>> left;  // arrays of each shard that nobody has asked for yet
    for (const Dataset* source : sources_) {
        const DatasetIndex& index = source->state().index;
        auto& shards = left.emplace_back(index.shards.size(), 0);
        for (const ArrayPlace& place : index.all_places()) ++shards[place.shard];
    }
    for (const Entry& entry : entries_)
        if (entry.same_names) --left[entry.from][entry.source->shard];
    std::vector<std::vector<bool>> whole;
    for (const auto& shards : left) {
        auto& flags = whole.emplace_back();
        for (const std::uint64_t count : shards) flags.push_back(count == 0);
    }
    return whole;
}

void TakenOver::settle(const std::filesystem::path& folder, DatasetIndex& index, ShardSeries& series) {
    const auto whole = linkable();
    std::vector<std::vector<std::uint32_t>> number;  // of a linked shard in the new dataset
    for (std::size_t from = 0; from < sources_.size(); ++from) {
        const Dataset::State& source = sources_[from]->state();
        auto& numbers = number.emplace_back(whole[from].size(), no_number);
        for (std::uint32_t shard = 0; shard < whole[from].size(); ++shard) {
            if (!whole[from][shard]) continue;
            const std::filesystem::path& file = source.shard(shard).file();  // a damaged one is not passed on
            numbers[shard] = static_cast<std::uint32_t>(index.shards.size());
            link_or_copy(file, folder / shard_name(index.shards.size()));
            index.shards.push_back(source.index.shards[shard]);
        }
    }
    std::vector<ShardSeries::Array> arrays;
    std::size_t sample = 0;
    const auto flush = [&] {
        if (!arrays.empty()) series.add(std::string(index.id(sample)), std::move(arrays));
        arrays.clear();
    };
    for (const Entry& entry : entries_) {
        const std::uint32_t linked = entry.same_names ? number[entry.from][entry.source->shard] : no_number;
        ArrayPlace& place = index.all_places()[entry.place];
        if (linked != no_number) {
            place.shard = linked;
            place.first = entry.source->first;
            place.row = entry.source->row;
            continue;
        }
        if (entry.sample != sample) flush();
        sample = entry.sample;
        const Form& form = index.forms[place.form];
        const std::string name = whose(std::string(index.id(sample)), form.array);
        arrays.push_back({sources_[entry.from]->state().shard(entry.source->shard).copy(form, index.grids[place.form], entry.source->first, name), entry.place});
    }
    flush();
    series.close();
}

}  // namespace cohort::store
