#include <catch2/catch.hpp>

#include <chrono>
#include <thread>

#include "core/parallel.h"
#include "store/dataset_state.h"
#include "tests/shards/random_volume.h"
#include "tests/store/failing.h"

using namespace shard_test;

namespace {

Shape random_shape(std::size_t axes, std::mt19937_64& random) {
    Shape shape;
    for (std::size_t a = 0; a < axes; ++a) shape.push_back(random() % 4 == 0 ? 1 : 1 + static_cast<std::int64_t>(random() % (axes <= 3 ? 70 : 6)));
    return shape;
}

/// A box of the volume, by definition.
Bytes box_of(const Volume& volume, const Box& box) {
    const std::size_t size = size_of(volume.type());
    Bytes out;
    const std::int64_t voxels = voxel_count(box.extent);
    for (std::int64_t i = 0; i < voxels; ++i) {
        std::int64_t rest = i, at = 0, step = 1;
        for (std::size_t a = 0; a < box.extent.size(); ++a) {
            at += (box.origin[a] + rest % box.extent[a]) * step;
            rest /= box.extent[a];
            step *= volume.shape()[a];
        }
        const auto voxel = volume.bytes().subspan(static_cast<std::size_t>(at) * size, size);
        out.insert(out.end(), voxel.begin(), voxel.end());
    }
    return out;
}

Box random_box(const Shape& shape, std::mt19937_64& random) {
    Box box;
    for (const std::int64_t n : shape) {
        box.origin.push_back(static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(n)));
        box.extent.push_back(1 + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(n - box.origin.back())));
    }
    return box;
}

/// Twelve samples of all kinds, written with this many threads.
void write_mixed(const std::filesystem::path& folder, unsigned threads) {
    std::filesystem::create_directories(folder);
    DatasetWriter writer(folder, Codec::fast, 300000);
    ordered_for(
        12, threads,
        [&](std::size_t i) {
            std::mt19937_64 random(i);
            std::map<std::string, NewArray> arrays;
            arrays["image"] = new_array(random_volume(static_cast<VoxelType>(i), {50, 40, 30}, random, 9));
            arrays["label"] = new_array(random_volume(VoxelType::u8, {50, 40, 30}, random, 1), Role::label);
            arrays["image"].header = Json{{"format", "test"}, {"number", i}};
            return writer.pack(sample_named("sub-" + std::to_string(10 + i)), std::move(arrays), threads);
        },
        [&](std::size_t, std::unique_ptr<PackedSample> packed) { writer.add(std::move(packed)); });
    const auto totals = writer.finish();
    CHECK(totals.samples == 12);
    CHECK(totals.subjects == 12);
    CHECK(totals.shards > 1);
    publish(folder);
}

}  // namespace

TEST_CASE("arrays of every type, number of axes and codec come back bit by bit, whole and in patches") {
    for (const Codec codec : {Codec::none, Codec::fast, Codec::small})
        for (int t = 0; t < 13; ++t) {
            const auto type = static_cast<VoxelType>(t);
            TemporaryFolder folder;
            std::mt19937_64 random(static_cast<unsigned>(t));
            std::map<std::string, Volume> volumes;
            DatasetWriter writer(folder.path, codec);
            for (std::size_t axes = 1; axes <= most_axes; ++axes) {
                const std::string id = "s" + std::to_string(axes);
                const Volume volume = random_volume(type, random_shape(axes, random), random, axes == 4 ? 64 : static_cast<unsigned>(random() % 12));
                volumes.emplace(id, volume.clone());
                std::map<std::string, NewArray> arrays;
                arrays["image"] = new_array(volume.clone());
                writer.add(writer.pack(sample_named(id), std::move(arrays)));
            }
            writer.finish();
            publish(folder.path);
            const Dataset dataset(folder.path);
            const auto samples = dataset.all_samples();
            REQUIRE(samples.size() == most_axes);
            for (const Sample& sample : samples) {
                const ArrayInfo& info = sample.arrays.at("image");
                const Volume& expected = volumes.at(sample.id);
                INFO(name_of(type) << ", codec " << static_cast<int>(codec) << ", " << sample.id);
                REQUIRE(equal(dataset.read(sample.id, "image", info), expected));
                CHECK_NOTHROW(dataset.verify(sample.id, "image", info, 1));
                for (int trial = 0; trial < 5; ++trial) {
                    const Box box = random_box(info.shape, random);
                    const Bytes wanted = box_of(expected, box);
                    Bytes got(wanted.size());
                    dataset.read_patch(sample.id, "image", info, box, got);
                    REQUIRE(got == wanted);
                }
            }
        }
}

TEST_CASE("equal content gives equal bytes for any number of threads") {
    TemporaryFolder one, four;
    write_mixed(one.path / "d", 1);
    std::this_thread::sleep_for(std::chrono::milliseconds(1100));  // HDF5 notes times in whole seconds, where it is let
    write_mixed(four.path / "d", 4);
    std::size_t shards = 0;
    for (const TreeEntry& entry : list_tree(one.path / "d")) {
        INFO(entry.path);
        const bool same_bytes = content(one.path / "d" / entry.path) == content(four.path / "d" / entry.path);
        CHECK(same_bytes);
        shards += entry.path.starts_with("shards/");
    }
    CHECK(shards > 1);
    CHECK(list_tree(one.path / "d").size() == list_tree(four.path / "d").size());
}

TEST_CASE("patches read by many threads at once are right") {
    TemporaryFolder folder;
    write_mixed(folder.path / "d", 2);
    const Dataset dataset(folder.path / "d");
    const auto samples = dataset.all_samples();
    parallel_for(400, 4, [&](std::size_t i) {
        std::mt19937_64 random(i);
        const Sample& sample = samples[random() % samples.size()];
        const ArrayInfo& info = sample.arrays.at("image");
        std::mt19937_64 same(static_cast<unsigned>(&sample - samples.data()));
        const Volume expected = random_volume(info.type, {50, 40, 30}, same, 9);
        const Box box = random_box(info.shape, random);
        const Bytes wanted = box_of(expected, box);
        Bytes got(wanted.size());
        dataset.read_patch(sample.id, "image", info, box, got);
        if (got != wanted) throw std::runtime_error("a patch differs");
    });
}

TEST_CASE("raw headers come back for the arrays that had one") {
    TemporaryFolder folder;
    write_mixed(folder.path / "d", 2);
    const Dataset dataset(folder.path / "d");
    CHECK(dataset.header("sub-13", "image") == Json{{"format", "test"}, {"number", 3}});
    CHECK(dataset.header("sub-20", "image") == Json{{"format", "test"}, {"number", 10}});
    CHECK_FALSE(dataset.header("sub-13", "label"));
    CHECK_FALSE(dataset.header("nobody", "image"));
}

TEST_CASE("many small arrays of one form are stacked, others stand alone, and all are found") {
    TemporaryFolder folder;
    DatasetWriter writer(folder.path, Codec::fast);
    for (int i = 0; i < 10500; ++i) {
        std::mt19937_64 random(static_cast<unsigned>(i));
        std::map<std::string, NewArray> arrays;
        arrays["image"] = new_array(random_volume(VoxelType::u8, {8, i % 100 == 0 ? 7 : 9}, random, 7));
        arrays["image"].header = Json{{"number", i}};
        if (i % 1000 == 0) arrays["label"] = new_array(random_volume(VoxelType::u8, {70, 70, 70}, random, 7));
        writer.add(writer.pack(sample_named("s" + std::to_string(100000 + i)), std::move(arrays)));
    }
    const auto totals = writer.finish();
    CHECK(totals.shards == 1);
    publish(folder.path);
    CHECK(std::filesystem::exists(folder.path / "headers" / "00001.jsonl.gz"));
    const Dataset dataset(folder.path);
    std::size_t stacked = 0;
    for (const ArrayPlace& place : dataset.state().index.all_places()) stacked += place.row != no_number;
    CHECK(stacked == 10500);
    int i = 0;
    for (SampleReader reader = dataset.samples(); const auto sample = reader.next(); ++i) {
        if (i % 97 != 0 && i % 1000 != 0) continue;
        std::mt19937_64 random(static_cast<unsigned>(i));
        REQUIRE(equal(dataset.read(sample->id, "image", sample->arrays.at("image")),
                      random_volume(VoxelType::u8, {8, i % 100 == 0 ? 7 : 9}, random, 7)));
        if (sample->arrays.contains("label"))
            REQUIRE(equal(dataset.read(sample->id, "label", sample->arrays.at("label")), random_volume(VoxelType::u8, {70, 70, 70}, random, 7)));
        REQUIRE(dataset.header(sample->id, "image") == Json{{"number", i}});
    }
    CHECK(i == 10500);
}

TEST_CASE("ids with dots and percent signs are found") {
    TemporaryFolder folder;
    DatasetWriter writer(folder.path, Codec::fast);
    const std::vector<std::string> ids{"%2E", "%2Fa", "..a", "a.b-c_d"};
    for (const std::string& id : ids) {
        std::mt19937_64 random(id.size());
        std::map<std::string, NewArray> arrays;
        arrays["image"] = new_array(random_volume(VoxelType::i16, {40, 40, 40}, random, 5));
        writer.add(writer.pack(sample_named(id), std::move(arrays)));
    }
    writer.finish();
    publish(folder.path);
    const Dataset dataset(folder.path);
    for (const Sample& sample : dataset.all_samples()) {
        std::mt19937_64 random(sample.id.size());
        CHECK(equal(dataset.read(sample.id, "image", sample.arrays.at("image")), random_volume(VoxelType::i16, {40, 40, 40}, random, 5)));
    }
}

TEST_CASE("a dataset without arrays, or without samples, is whole") {
    TemporaryFolder none, labels;
    DatasetWriter empty(none.path, Codec::fast);
    CHECK(empty.finish().samples == 0);
    publish(none.path);
    CHECK(Dataset(none.path).all_samples().empty());
    DatasetWriter writer(labels.path, Codec::fast);
    writer.add(writer.pack(sample_named("a"), {}));
    writer.finish();
    publish(labels.path);
    const auto samples = Dataset(labels.path).all_samples();
    REQUIRE(samples.size() == 1);
    CHECK(samples[0].arrays.empty());
}

TEST_CASE("misuse of the writer is a bug with a sentence") {
    TemporaryFolder folder;
    DatasetWriter writer(folder.path, Codec::fast);
    writer.add(writer.pack(sample_named("b"), {}));
    CHECK(sentence_of(Exit::bug, [&] { writer.add(writer.pack(sample_named("a"), {})); }).find("'a' came after 'b'") != std::string::npos);
    CHECK(sentence_of(Exit::bug, [&] { writer.pack(sample_named("a/b"), {}); }).find("not written as %XX") != std::string::npos);
    for (const std::string id : {"", ".", "..", "a b", "é"}) CHECK_THROWS_AS(writer.pack(sample_named(id), {}), Error);
    std::map<std::string, NewArray> arrays;
    arrays["image"];
    CHECK(sentence_of(Exit::bug, [&] { writer.pack(sample_named("c"), std::move(arrays)); }).find("neither voxels nor a source") != std::string::npos);
}

TEST_CASE("a patch beyond the array is refused") {
    TemporaryFolder folder;
    write_mixed(folder.path / "d", 1);
    const Dataset dataset(folder.path / "d");
    const Sample sample = dataset.all_samples().front();
    Bytes out(8);
    for (const Box& box : {Box{{49, 0, 0}, {2, 2, 2}}, Box{{-1, 0, 0}, {2, 2, 2}}, Box{{0, 0}, {4, 2}}, Box{{0, 0, 0}, {2, 2, 0}}, Box{{0, 0, 0}, {3, 3, 3}}})
        CHECK(sentence_of(Exit::bug, [&] { dataset.read_patch(sample.id, "image", sample.arrays.at("image"), box, out); }).find("inside") != std::string::npos);
}
