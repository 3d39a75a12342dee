// Anyone can open a shard with h5py: types, shapes, values, and /index.
#include <catch2/catch.hpp>

#include <cstdlib>

#include "store/dataset_state.h"
#include "tests/shards/random_volume.h"

using namespace shard_test;

namespace {

/// Runs a Python script of this folder; false with a message where h5py is missing.
bool python(const std::string& script, const std::filesystem::path& folder) {
    if (std::system("/usr/bin/python3 -c 'import h5py, numpy' 2>/dev/null") != 0) {
        WARN("skipped: h5py not present (" << script << ")");
        return false;
    }
    const char* source = std::getenv("COHORT_SOURCE");
    const std::string command = "/usr/bin/python3 " + std::string(source ? source : ".") + "/tests/shards/" + script + " " + folder.string();
    const int state = std::system(command.c_str());
    CHECK(state == 0);
    return true;
}

}  // namespace

TEST_CASE("h5py reads every array of a shard, of every type and codec, with numpy's type and axes reversed") {
    for (const auto& [codec, name] : {std::pair{Codec::none, "none"}, {Codec::fast, "fast"}, {Codec::small, "small"}}) {
        TemporaryFolder folder;
        const auto raw = folder.path / "raw";
        std::filesystem::create_directories(raw);
        std::filesystem::create_directories(folder.path / "d");
        DatasetWriter writer(folder.path / "d", codec);
        for (unsigned i = 0; i < 94; ++i) {
            std::mt19937_64 random(i);
            const auto type = i == 93 ? VoxelType::f32 : static_cast<VoxelType>(i < 13 ? i : 3);
            const Shape shape = i < 13 || i == 93 ? (i % 3 == 0 ? Shape{20, 30, 11, 13} : i % 3 == 1 ? Shape{45, 37, 50} : Shape{7, 9, 11}) : Shape{9, 8};
            Volume volume = random_volume(type, shape, random, i % 2 ? 20 : 9);
            if (i == 93)  // whole floats
                for (float& value : volume.values<float>()) value = std::trunc(value / 1000);
            const std::string id = "s" + std::to_string(100 + i);
            FileWriter out(raw / (id + ".raw"));
            out.write(volume.bytes());
            out.close();
            std::map<std::string, NewArray> arrays;
            arrays["image"] = new_array(volume.clone());
            writer.add(writer.pack(sample_named(id), std::move(arrays)));
        }
        writer.finish();
        publish(folder.path / "d");
        INFO(name);
        if (!python("read_with_h5py.py", folder.path)) return;
    }
}
