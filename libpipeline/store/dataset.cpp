#include "store/dataset.h"

#include <algorithm>
#include <utility>

#include "core/checked_math.h"
#include "core/error.h"
#include "store/dataset_state.h"

namespace cohort::store {
namespace {

/// Shards beyond this are opened anew for each reading, so that large datasets do not run out of descriptors.
constexpr unsigned most_open = 256;

std::string shape_text(const Shape& shape) {
    std::string text;
    for (const auto extent : shape) text += (text.empty() ? "" : "×") + std::to_string(extent);
    return text;
}

}  // namespace

std::string whose(const std::string& id, const std::string& array) { return array + " of " + printable(id); }

Dataset::State::State(const std::filesystem::path& where)
    : folder(where), manifest(read_manifest(where)), headers(where, manifest) {
    if (manifest.kind != "dataset")
        throw Error(Exit::bad_input, printable(where.string()) + " is a " + manifest.kind + ", and a dataset is needed here.");
    index = read_index(where / "index.jsonl");
    slots_ = std::make_unique<Slot[]>(index.shards.size());
}

const ShardReader& Dataset::State::shard(std::uint32_t number) const {
    Slot& slot = slots_[number];
    std::call_once(slot.once, [&] {
        slot.reader = std::make_unique<const ShardReader>(shard_file(number), index.shards[number], open_++ < most_open);
    });
    return *slot.reader;
}

const ArrayPlace& Dataset::State::place(const std::string& id, const std::string& array, const ArrayInfo& info) const {
    const ArrayPlace* found = index.find(id, array);
    if (!found)
        throw Error(Exit::bad_input, printable((folder / "index.jsonl").string()) + " has no " + whose(id, array) +
                                         "; samples.jsonl and index.jsonl are not of one dataset. Make it again.");
    const Form& form = index.forms[found->form];
    if (form.type != info.type || form.shape != info.shape || found->digest != digest_prefix(info.digest))
        throw Error(Exit::bad_input, printable(shard_file(found->shard).string()) + " holds another " + whose(id, array) + " (" +
                                         std::string(name_of(form.type)) + " " + shape_text(form.shape) + ") than samples.jsonl describes (" +
                                         std::string(name_of(info.type)) + " " + shape_text(info.shape) +
                                         "); shards or index.jsonl were swapped. Make the dataset again.");
    return *found;
}

Dataset::Dataset(const std::filesystem::path& folder) : state_(std::make_unique<State>(folder)) {}
Dataset::~Dataset() = default;
Dataset::Dataset(Dataset&&) noexcept = default;

const std::filesystem::path& Dataset::folder() const { return state_->folder; }
const Manifest& Dataset::manifest() const { return state_->manifest; }

SampleReader Dataset::samples() const { return {state_->folder / "samples.jsonl", state_->manifest.member("samples.jsonl", state_->folder)}; }

std::vector<Sample> Dataset::all_samples() const {
    std::vector<Sample> all;
    for (SampleReader reader = samples(); auto sample = reader.next();) all.push_back(std::move(*sample));
    return all;
}

Volume Dataset::read(const std::string& id, const std::string& array, const ArrayInfo& info) const {
    const ArrayPlace& place = state_->place(id, array, info);
    const ShardReader& shard = state_->shard(place.shard);  // before memory is asked for
    Volume volume(info.type, info.shape, info.axes);
    const std::vector<std::int64_t> origin(info.shape.size(), 0);
    shard.read(state_->index.forms[place.form], state_->index.grids[place.form], place.first, origin, info.shape, volume.bytes().data(),
               whose(id, array));
    return volume;
}

void Dataset::read_patch(const std::string& id, const std::string& array, const ArrayInfo& info, const Box& box,
                         std::span<std::byte> into) const {
    const ArrayPlace& place = state_->place(id, array, info);
    bool inside = box.origin.size() == info.shape.size() && box.extent.size() == info.shape.size();
    for (std::size_t a = 0; inside && a < info.shape.size(); ++a)
        inside = box.origin[a] >= 0 && box.extent[a] >= 1 && box.extent[a] <= info.shape[a] && box.origin[a] <= info.shape[a] - box.extent[a];
    if (!inside || into.size() != static_cast<std::size_t>(voxel_count(box.extent)) * size_of(info.type))
        throw Error(Exit::bug, "A patch of " + whose(id, array) + " was asked for that does not lie inside it; please report this.");
    state_->shard(place.shard).read(state_->index.forms[place.form], state_->index.grids[place.form], place.first, box.origin, box.extent,
                                    into.data(), whose(id, array));
}

void Dataset::verify(const std::string& id, const std::string& array, const ArrayInfo& info, unsigned threads) const {
    const Volume volume = read(id, array, info);
    if (array_digest(volume, info.geometry, info.scale, threads) != info.digest)
        throw Error(Exit::bad_input, printable(state_->shard_file(state_->place(id, array, info).shard).string()) + ": the voxels of " +
                                         whose(id, array) + " are not those whose digest stands in samples.jsonl; they were altered or swapped. "
                                         "Make the dataset again.");
}

std::optional<Json> Dataset::header(const std::string& id, const std::string& array) const {
    const ArrayPlace* place = state_->index.find(id, array);
    if (!place || place->header == no_number) return std::nullopt;
    return state_->headers.read(place->header, id, array);
}

}  // namespace cohort::store
