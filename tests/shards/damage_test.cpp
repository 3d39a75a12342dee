// What is altered, cut or swapped behind the manifest's back is noticed and named.
#include <catch2/catch.hpp>

#include <set>

#include "store/dataset_state.h"
#include "tests/shards/random_volume.h"
#include "tests/store/failing.h"

using namespace shard_test;

namespace {

/// Three samples in three shards; another `salt`, other voxels.
void write_three(const std::filesystem::path& folder, unsigned salt) {
    std::filesystem::create_directories(folder);
    DatasetWriter writer(folder, Codec::fast, 1000);
    for (unsigned i = 0; i < 3; ++i) {
        std::mt19937_64 random(salt + i);
        std::map<std::string, NewArray> arrays;
        arrays["image"] = new_array(random_volume(VoxelType::i16, {50, 50, 50}, random, 9));
        arrays["image"].header = Json{{"salt", salt}};
        writer.add(writer.pack(sample_named("sub-" + std::to_string(i)), std::move(arrays)));
    }
    CHECK(writer.finish().shards == 3);
    publish(folder);
}

struct Three {
    TemporaryFolder temporary;
    std::filesystem::path folder = temporary.path / "d";
    std::vector<Sample> samples;
    Three() {
        write_three(folder, 0);
        samples = Dataset(folder).all_samples();
    }
    std::string reading_says(std::size_t sample) const {
        return sentence_of(Exit::bad_input, [&] {
            const Dataset dataset(folder);
            dataset.read(samples[sample].id, "image", samples[sample].arrays.at("image"));
        });
    }
    bool reads(std::size_t sample) const {
        const Dataset dataset(folder);
        dataset.verify(samples[sample].id, "image", samples[sample].arrays.at("image"), 1);
        return true;
    }
};

bool has(const std::string& text, const std::string& part) {
    INFO(text);
    const bool found = text.find(part) != std::string::npos;
    CHECK(found);
    return found;
}

}  // namespace

TEST_CASE("an altered byte of a chunk is noticed by its CRC and named with file, sample and offset; others still read") {
    Three three;
    std::uint64_t at = 0;
    {
        const Dataset dataset(three.folder);
        const ShardRecord& record = dataset.state().index.shards[1];
        std::string text = content(three.folder / "shards/00001.h5");
        std::memcpy(&at, text.data() + record.index_at, 8);  // the first chunk's address
    }
    flip(three.folder / "shards/00001.h5", at + 100);
    const std::string said = three.reading_says(1);
    has(said, "00001.h5");
    has(said, "at byte " + std::to_string(at));
    has(said, "image of sub-1");
    has(said, "CRC-32C");
    CHECK(three.reads(0));
    CHECK(three.reads(2));
}

TEST_CASE("every single altered byte of a chunk or of /index is noticed") {
    Three three;
    const auto file = three.folder / "shards/00002.h5";
    const std::string whole = content(file);
    ShardRecord record;
    {
        const Dataset dataset(three.folder);
        record = dataset.state().index.shards[2];
    }
    std::mt19937_64 random(1);
    for (int trial = 0; trial < 40; ++trial) {
        std::uint64_t offset = record.index_at + random() % (16 * record.chunks);
        if (trial % 2) {
            ChunkEntry entry;
            std::memcpy(&entry, whole.data() + record.index_at + 16 * (random() % record.chunks), 16);
            offset = entry.address + random() % entry.bytes;
        }
        flip(file, offset);
        INFO(offset);
        CHECK_THROWS_AS(three.reads(2), Error);
        flip(file, offset);
    }
    CHECK(three.reads(2));
}

TEST_CASE("a cut shard, a lost shard and swapped shards are named") {
    Three three;
    const auto shards = three.folder / "shards";
    std::filesystem::resize_file(shards / "00000.h5", 5000);
    has(three.reading_says(0), "00000.h5 has 5000 bytes");
    std::filesystem::remove(shards / "00000.h5");
    has(three.reading_says(0), "00000.h5");
    std::filesystem::rename(shards / "00001.h5", shards / "x");
    std::filesystem::rename(shards / "00002.h5", shards / "00001.h5");
    std::filesystem::rename(shards / "x", shards / "00002.h5");
    has(three.reading_says(1), "00001.h5");
    has(three.reading_says(2), "00002.h5");
}

TEST_CASE("shards and index of another dataset with the same ids are noticed") {
    Three three;
    write_three(three.temporary.path / "other", 100);
    std::filesystem::remove_all(three.folder / "shards");
    std::filesystem::rename(three.temporary.path / "other/shards", three.folder / "shards");
    has(three.reading_says(0), "00000.h5");
    std::filesystem::rename(three.temporary.path / "other/index.jsonl", three.folder / "index.jsonl");
    const std::string said = three.reading_says(0);
    has(said, "another image of sub-0");
    has(said, "samples.jsonl");
}

TEST_CASE("an altered, cut or swapped samples.jsonl or headers file is named") {
    Three three;
    const auto read_all = [&] { return sentence_of(Exit::bad_input, [&] { Dataset(three.folder).all_samples(); }); };
    const std::string whole = content(three.folder / "samples.jsonl");
    write_file_atomically(three.folder / "samples.jsonl", whole.substr(0, whole.find('\n') + 1));
    has(read_all(), "samples.jsonl");
    write_file_atomically(three.folder / "samples.jsonl", whole);
    CHECK(Dataset(three.folder).all_samples().size() == 3);
    write_three(three.temporary.path / "other", 100);
    std::filesystem::rename(three.temporary.path / "other/headers/00000.jsonl.gz", three.folder / "headers/00000.jsonl.gz");
    has(sentence_of(Exit::bad_input, [&] { Dataset(three.folder).header("sub-0", "image"); }), "headers/00000.jsonl.gz");
    std::filesystem::rename(three.temporary.path / "other/samples.jsonl", three.folder / "samples.jsonl");
    has(read_all(), "samples.jsonl");
}

TEST_CASE("an altered array that passes its CRC is found by verify") {
    Three three;
    const auto file = three.folder / "shards/00000.h5";
    std::string text = content(file);
    std::string index = content(three.folder / "index.jsonl");
    ShardRecord record;
    {
        const Dataset dataset(three.folder);
        record = dataset.state().index.shards[0];
    }
    ChunkEntry entry;
    std::memcpy(&entry, text.data() + record.index_at, 16);
    text[entry.address + 30] = static_cast<char>(text[entry.address + 30] ^ 1);
    entry.crc = crc32c(bytes_of(std::string_view(text).substr(entry.address, entry.bytes)));
    std::memcpy(text.data() + record.index_at, &entry, 16);
    const std::string table = sha256(std::string_view(text).substr(record.index_at, 16 * record.chunks)).text();
    index.replace(index.find(record.index.text()), table.size(), table);
    write_file_atomically(file, text);
    write_file_atomically(three.folder / "index.jsonl", index);
    const Dataset dataset(three.folder);
    const ArrayInfo& info = three.samples[0].arrays.at("image");
    CHECK_NOTHROW(dataset.read("sub-0", "image", info));
    has(sentence_of(Exit::bad_input, [&] { dataset.verify("sub-0", "image", info, 1); }), "image of sub-0");
}

TEST_CASE("a dataset of another kind, or none, is refused") {
    TemporaryFolder folder;
    CHECK_THROWS_AS(Dataset(folder.path / "nothing"), Error);
    Manifest manifest;
    manifest.kind = "split";
    manifest.made_by.step = "test";
    manifest.made_by.version = "0";
    manifest.digest = content_digest(manifest, {});
    write_file_atomically(folder.path / "manifest.json", canonical_json(to_json(manifest)));
    has(sentence_of(Exit::bad_input, [&] { Dataset dataset(folder.path); }), "is a split");
}
