#include <catch2/catch.hpp>

#include "store/dataset_state.h"
#include "tests/shards/random_volume.h"
#include "tests/store/failing.h"

using namespace shard_test;

namespace {

/// Nine samples, about three a shard; `stacks` adds a small array to 70 more.
void write_nine(const std::filesystem::path& folder, bool stacks = false) {
    std::filesystem::create_directories(folder);
    DatasetWriter writer(folder, Codec::fast, 1300000);
    for (unsigned i = 0; i < 9; ++i) {
        std::mt19937_64 random(i);
        std::map<std::string, NewArray> arrays;
        arrays["image"] = new_array(random_volume(VoxelType::i16, {60, 50, 50}, random, 9));
        arrays["label"] = new_array(random_volume(VoxelType::u8, {60, 50, 50}, random, 2), Role::label);
        writer.add(writer.pack(sample_named("sub-" + std::to_string(i)), std::move(arrays)));
    }
    for (unsigned i = 0; stacks && i < 70; ++i) {
        std::mt19937_64 random(100 + i);
        std::map<std::string, NewArray> arrays;
        arrays["image"] = new_array(random_volume(VoxelType::u8, {10, 10}, random, 6));
        writer.add(writer.pack(sample_named("t" + std::to_string(100 + i)), std::move(arrays)));
    }
    writer.finish();
    publish(folder);
}

/// Takes over every sample that `keep` wants, renamed by `name`.
template <class Keep, class Name>
void take(const Dataset& from, const std::filesystem::path& to, Keep keep, Name name) {
    std::filesystem::create_directories(to);
    DatasetWriter writer(to, Codec::fast);
    for (Sample& sample : from.all_samples()) {
        if (!keep(sample.id)) continue;
        std::map<std::string, NewArray> arrays;
        for (const auto& [array, info] : sample.arrays) arrays[array] = taken(from, sample, array);
        Sample renamed = sample;
        renamed.id = name(sample.id);
        writer.add(writer.pack(std::move(renamed), std::move(arrays)));
    }
    writer.finish();
    publish(to);
}

void check_equal(const Dataset& a, const Dataset& b, std::size_t expected, const std::string& prefix = "") {
    const auto originals = a.all_samples();
    const auto samples = b.all_samples();
    CHECK(samples.size() == expected);
    for (const Sample& sample : samples)
        for (const auto& [name, info] : sample.arrays) {
            INFO(sample.id << " " << name);
            const std::string old = sample.id.substr(prefix.size());
            REQUIRE(equal(b.read(sample.id, name, info), a.read(old, name, info)));
            b.verify(sample.id, name, info, 1);
        }
}

std::size_t links(const std::filesystem::path& file) { return std::filesystem::hard_link_count(file); }
const auto same = [](const std::string& id) { return id; };
const auto all = [](const std::string&) { return true; };

}  // namespace

TEST_CASE("a dataset taken over whole is hard-linked and has the same digest") {
    TemporaryFolder folder;
    write_nine(folder.path / "a", true);
    const Dataset a(folder.path / "a");
    take(a, folder.path / "b", all, same);
    const Dataset b(folder.path / "b");
    check_equal(a, b, 79);
    CHECK(a.manifest().digest == b.manifest().digest);
    CHECK(a.state().index.shards.size() == b.state().index.shards.size());
    for (const TreeEntry& entry : list_tree(folder.path / "b" / "shards")) CHECK(links(folder.path / "b" / "shards" / entry.path) == 2);
}

TEST_CASE("of a shard with one array left out nothing is linked: only the wanted chunks are copied") {
    TemporaryFolder folder;
    write_nine(folder.path / "a");
    const Dataset a(folder.path / "a");
    take(a, folder.path / "b", [](const std::string& id) { return id != "sub-4"; }, same);
    const Dataset b(folder.path / "b");
    check_equal(a, b, 8);
    const std::uint32_t left_out = a.state().index.find("sub-4", "image")->shard;
    std::size_t linked = 0;
    for (const TreeEntry& entry : list_tree(folder.path / "b" / "shards")) {
        linked += links(folder.path / "b" / "shards" / entry.path) == 2;
        // sub-4's voxels must not be anywhere: its name would stand in the file.
        CHECK(content(folder.path / "b" / "shards" / entry.path).find("sub-4") == std::string::npos);
    }
    CHECK(linked == a.state().index.shards.size() - 1);
    CHECK(links(folder.path / "a" / "shards" / shard_name(left_out)) == 1);
}

TEST_CASE("renamed samples are copied, not linked, and stacked ones may be stacked again") {
    TemporaryFolder folder;
    write_nine(folder.path / "a", true);
    const Dataset a(folder.path / "a");
    take(a, folder.path / "b", all, [](const std::string& id) { return "new." + id; });
    const Dataset b(folder.path / "b");
    check_equal(a, b, 79, "new.");
    for (const TreeEntry& entry : list_tree(folder.path / "b" / "shards")) CHECK(links(folder.path / "b" / "shards" / entry.path) == 1);
    std::size_t stacked = 0;
    for (const ArrayPlace& place : b.state().index.all_places()) stacked += place.row != no_number;
    CHECK(stacked == 70);
}

TEST_CASE("new voxels and arrays taken over from two datasets stand in one dataset") {
    TemporaryFolder folder;
    write_nine(folder.path / "a");
    write_nine(folder.path / "b");
    const Dataset a(folder.path / "a"), b(folder.path / "b");
    const auto samples = a.all_samples();
    std::filesystem::create_directories(folder.path / "c");
    DatasetWriter writer(folder.path / "c", Codec::fast);
    std::mt19937_64 random(77);
    const Volume fresh = random_volume(VoxelType::f32, {40, 41, 42}, random, 12);
    for (const Sample& sample : samples) {
        std::map<std::string, NewArray> arrays;
        arrays["image"] = taken(a, sample, "image");
        arrays["other"] = taken(b, sample, "label");
        arrays["fresh"] = new_array(fresh.clone(), Role::map);
        writer.add(writer.pack(sample, std::move(arrays)));
    }
    writer.finish();
    publish(folder.path / "c");
    const Dataset c(folder.path / "c");
    for (const Sample& sample : c.all_samples()) {
        CHECK(equal(c.read(sample.id, "image", sample.arrays.at("image")), a.read(sample.id, "image", sample.arrays.at("image"))));
        CHECK(equal(c.read(sample.id, "other", sample.arrays.at("other")), b.read(sample.id, "label", sample.arrays.at("other"))));
        CHECK(equal(c.read(sample.id, "fresh", sample.arrays.at("fresh")), fresh));
    }
}

TEST_CASE("damaged chunks are not taken over") {
    TemporaryFolder folder;
    write_nine(folder.path / "a");
    {
        const Dataset a(folder.path / "a");
        const ShardRecord record = a.state().index.shards[0];
        ChunkEntry entry;
        const std::string text = content(folder.path / "a/shards/00000.h5");
        std::memcpy(&entry, text.data() + record.index_at, 16);
        flip(folder.path / "a/shards/00000.h5", entry.address);
    }
    const Dataset a(folder.path / "a");
    const std::string said = sentence_of(Exit::bad_input, [&] {
        take(a, folder.path / "b", [](const std::string& id) { return id == "sub-0"; }, same);
    });
    CHECK(said.find("00000.h5") != std::string::npos);
    CHECK(said.find("sub-0") != std::string::npos);
}
