#include "tests/learn/made_cases.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/philox.h"
#include "store/dataset_writer.h"
#include "store/output_folder.h"

namespace cohort::learn {

TestFolder::TestFolder() {
    auto name = (std::filesystem::temp_directory_path() / "cohort-learn-XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
    path_ = name;
}
TestFolder::~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

void write_dataset(const std::filesystem::path& folder, const std::vector<MadeSample>& samples,
                   const std::vector<int>& labels) {
    store::OutputFolder out(folder, std::string(64, '0'));
    store::DatasetWriter writer(out.path(), store::Codec::fast);
    auto sorted = samples;
    std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    for (const auto& made : sorted) {
        const auto nz = made.shape.size() > 2 ? made.shape[2] : 1;
        const auto axes = axes_named(made.shape.size() > 2 ? "xyz" : "xy");
        store::Sample sample;
        sample.id = sample.subject = made.id;
        sample.source = {made.id + ".nii"};
        std::map<std::string, store::NewArray> arrays;
        const auto add = [&]<class T>(const char* name, store::Role role, const auto& value) {
            Volume volume(VoxelTypeOf<T>::value, made.shape, axes);
            auto* voxel = volume.values<T>().data();
            for (std::int64_t z = 0; z < nz; ++z)
                for (std::int64_t y = 0; y < made.shape[1]; ++y)
                    for (std::int64_t x = 0; x < made.shape[0]; ++x) *voxel++ = static_cast<T>(value(x, y, z));
            store::NewArray array;
            array.info.role = role;
            array.info.type = VoxelTypeOf<T>::value;
            array.info.shape = made.shape;
            array.info.axes = axes;
            array.info.geometry.affine = made.affine;
            array.voxels = std::move(volume);
            sample.arrays.emplace(name, array.info);
            arrays.emplace(name, std::move(array));
        };
        add.template operator()<float>("image", store::Role::image, made.image);
        if (made.label) add.template operator()<std::uint8_t>("label", store::Role::label, made.label);
        writer.add(writer.pack(std::move(sample), std::move(arrays)));
    }
    writer.finish();
    store::Manifest manifest;
    manifest.kind = "dataset";
    Json table = Json::array();
    for (const auto value : labels)
        table.push_back({{"array", "label"},
                         {"value", value},
                         {"name", value == 0 ? "background" : "value " + std::to_string(value)}});
    manifest.content = {{"samples", samples.size()},
                        {"labels", table},
                        {"channels", {{{"name", "image"}, {"array", "image"}, {"index", 0}}}}};
    manifest.made_by.step = "ingest";
    manifest.made_by.version = "0.1.0";
    out.publish(manifest, Json::object(), store::Overwrite::refuse, 1);
}

MadeSample ball_sample(int number, std::vector<std::int64_t> shape, int value) {
    RandomStream random(11, "ball", static_cast<std::uint64_t>(number));
    std::array<double, 3> centre{};
    double smallest = 1e9;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const auto n = axis < shape.size() ? static_cast<double>(shape[axis]) : 1.0;
        centre[axis] = n > 1 ? random.uniform(0.35, 0.65) * n : 0;
        if (n > 1) smallest = std::min(smallest, n);
    }
    const auto radius = random.uniform(0.2, 0.3) * smallest;
    const auto inside = [=](std::int64_t x, std::int64_t y, std::int64_t z) {
        return std::hypot(static_cast<double>(x) - centre[0], static_cast<double>(y) - centre[1],
                          static_cast<double>(z) - centre[2]) < radius;
    };
    MadeSample sample;
    char id[16];
    std::snprintf(id, sizeof id, "ball_%03d", number);
    sample.id = id;
    sample.shape = std::move(shape);
    sample.image = [=](std::int64_t x, std::int64_t y, std::int64_t z) {
        RandomStream noise(12, "noise", static_cast<std::uint64_t>(((number * 64 + z) * 512 + y) * 512 + x));
        return static_cast<float>(100 + (inside(x, y, z) ? 60 : 0) + 10 * noise.normal());
    };
    sample.label = [=](std::int64_t x, std::int64_t y, std::int64_t z) { return inside(x, y, z) ? value : 0; };
    return sample;
}

}  // namespace cohort::learn
