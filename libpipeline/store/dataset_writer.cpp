#include "store/dataset_writer.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "core/digest.h"
#include "core/error.h"
#include "core/files.h"
#include "store/dataset_index.h"
#include "store/header_lines.h"
#include "store/reuse.h"
#include "store/sample_line.h"
#include "store/shard_series.h"

namespace cohort::store {
namespace {

/// An array on its way: packed voxels, or where they are taken over from.
struct Passenger {
    std::string name;
    std::optional<PackedArray> packed;
    const Dataset* from = nullptr;
    std::string from_id, from_array;
    std::optional<std::string> header;
};

void demand(bool holds, const std::string& sentence) {
    if (!holds) throw Error(Exit::bug, sentence + " Please report this.");
}

void demand_name(const char* what, const std::string& name) {
    if (const char* fault = fault_of_name(name))
        demand(false, "The " + std::string(what) + " '" + printable(name) + "' cannot be written: " + fault + ".");
}

}  // namespace

std::optional<Codec> codec_named(std::string_view name) {
    if (name == "none") return Codec::none;
    if (name == "fast") return Codec::fast;
    if (name == "small") return Codec::small;
    return std::nullopt;
}

NewArray taken_over(const Dataset& from, const std::string& id, const std::string& array, const ArrayInfo& info) {
    return {info, std::nullopt, &from, id, array, from.header(id, array)};
}

std::map<std::string, NewArray> taken_over(const Dataset& from, const Sample& sample) {
    std::map<std::string, NewArray> arrays;
    for (const auto& [name, info] : sample.arrays) arrays.emplace(name, taken_over(from, sample.id, name, info));
    return arrays;
}

void keep_asked_cases(const Dataset& from, const std::filesystem::path& to) {
    constexpr const char* cases = "cases.txt";
    if (from.manifest().members.contains(cases))
        write_file_atomically(to / cases, std::string_view(read_member(from.folder(), from.manifest(), cases)));
}

Json DatasetTotals::arrays_json() const {
    Json json = Json::object();
    for (const auto& [name, array] : arrays) json[name] = {{"role", name_of(array.role)}, {"samples", array.samples}};
    return json;
}

void DatasetTotals::renew(Json& content) const {
    content["samples"] = samples;
    content["subjects"] = subjects;
    if (content.contains("arrays")) content["arrays"] = arrays_json();
    if (content.contains("labelled")) content["labelled"] = labelled;
    if (content.contains("flagged")) content["flagged"] = flagged;
}

struct PackedSample::State {
    Sample sample;
    std::vector<Passenger> arrays;
};

PackedSample::PackedSample(std::unique_ptr<State> state) : state_(std::move(state)) {}
PackedSample::~PackedSample() = default;
PackedSample::PackedSample(PackedSample&&) noexcept = default;
PackedSample& PackedSample::operator=(PackedSample&&) noexcept = default;
const Sample& PackedSample::sample() const { return state_->sample; }

std::uint64_t PackedSample::stored_bytes() const {
    std::uint64_t sum = 0;
    for (const Passenger& array : state_->arrays)
        if (array.packed) sum += array.packed->stored_bytes();
    return sum;
}

struct DatasetWriter::State {
    State(std::filesystem::path where, Codec with, std::uint64_t shard_bytes)
        : folder(std::move(where)),
          codec(with),
          samples(folder / "samples.jsonl"),
          headers(folder),
          series(folder / "shards", shard_bytes, index) {}

    std::filesystem::path folder;
    Codec codec;
    FileWriter samples;
    HeaderWriter headers;
    DatasetIndex index;
    ShardSeries series;
    TakenOver taken;
    std::unordered_set<std::string> subjects;
    std::string last_id;
    DatasetTotals totals;

    void count(const Sample& sample) {
        subjects.insert(sample.subject);
        ++totals.samples;
        totals.labelled += sample.first_with(Role::label) != nullptr;
        totals.flagged += !sample.flags.empty();
        for (const auto& [name, info] : sample.arrays) {
            auto& array = totals.arrays[name];
            array.role = info.role;
            ++array.samples;
        }
    }

    void add_array(Passenger& array, const ArrayInfo& info, std::vector<ShardSeries::Array>& fresh) {
        ArrayPlace place;
        place.digest = digest_prefix(info.digest);
        if (array.header) place.header = headers.add(*array.header);
        totals.voxel_bytes += static_cast<std::uint64_t>(voxel_count(info.shape)) * size_of(info.type);
        if (array.packed) {
            place.form = index.intern(array.packed->form);
            fresh.push_back({std::move(*array.packed), index.add_place(place)});
            return;
        }
        const ArrayPlace& source = array.from->state().place(array.from_id, array.from_array, info);
        Form form = array.from->state().index.forms[source.form];
        form.array = array.name;
        place.form = index.intern(form);
        taken.add(index.add_place(place), index.samples() - 1, *array.from, source,
                  array.from_id == last_id && array.from_array == array.name);
    }
};

DatasetWriter::DatasetWriter(std::filesystem::path folder, Codec codec, std::uint64_t shard_bytes)
    : state_(std::make_unique<State>(std::move(folder), codec, shard_bytes)) {}

DatasetWriter::~DatasetWriter() = default;

std::unique_ptr<PackedSample> DatasetWriter::pack(Sample sample, std::map<std::string, NewArray> arrays,
                                                  unsigned threads) const {
    demand_name("id", sample.id);
    auto packed = std::make_unique<PackedSample::State>();
    sample.arrays.clear();
    for (auto& [name, array] : arrays) {
        demand_name("array", name);
        demand(array.voxels || array.from, "The array " + whose(sample.id, name) + " has neither voxels nor a source.");
        Passenger passenger{name, std::nullopt, array.from, array.from_id, array.from_array, std::nullopt};
        if (array.header) passenger.header = header_line(*array.header, sample.id, name);
        if (array.voxels) {
            const Volume& voxels = *array.voxels;
            array.info.type = voxels.type();
            array.info.shape = voxels.shape();
            array.info.axes = voxels.axes();
            if (array.info.digest == Digest{})
                array.info.digest = array_digest(voxels, array.info.geometry, array.info.scale, threads);
            passenger.packed = pack_array(name, voxels, state_->codec, threads);
            array.voxels.reset();
        }
        sample.arrays.emplace(name, std::move(array.info));
        packed->arrays.push_back(std::move(passenger));
    }
    packed->sample = std::move(sample);
    return std::make_unique<PackedSample>(std::move(packed));
}

void DatasetWriter::add(std::unique_ptr<PackedSample> packed) {
    State& s = *state_;
    const Sample& sample = packed->sample();
    demand(s.totals.samples == 0 || sample.id > s.last_id,
           "Sample '" + sample.id + "' came after '" + s.last_id + "'.");
    s.last_id = sample.id;
    s.samples.write(canonical_json(to_json(sample)) + "\n");
    s.index.add_sample(sample.id);
    std::vector<ShardSeries::Array> fresh;
    for (Passenger& array : packed->state().arrays) s.add_array(array, sample.arrays.at(array.name), fresh);
    s.series.add(sample.id, std::move(fresh));
    s.count(sample);
}

DatasetTotals DatasetWriter::finish() {
    State& s = *state_;
    s.series.close();
    s.taken.settle(s.folder / "shards", s.index, s.series);
    s.samples.close();
    s.headers.close();
    write_index(s.index, s.folder / "index.jsonl");
    s.totals.subjects = s.subjects.size();
    s.totals.shards = s.index.shards.size();
    for (const ShardRecord& shard : s.index.shards) s.totals.stored_bytes += shard.bytes;
    return s.totals;
}

}  // namespace cohort::store
