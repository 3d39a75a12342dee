// patches make RAW TYPE N FOLDER                  writes the raw cube as a dataset of one sample
// patches read FOLDER POSITIONS EDGE THREADS      reads the patches, prints {"ms": wall time a patch, "sha256": of all}
#include <chrono>
#include <cstdio>
#include <cstring>
#include <sstream>
#include <string>

#include "core/files.h"
#include "core/parallel.h"
#include "store/dataset.h"
#include "store/dataset_writer.h"

namespace {

using namespace cohort;
using namespace cohort::store;

void make(const std::string& raw, const std::string& type, std::int64_t edge, const std::filesystem::path& folder) {
    Volume volume(voxel_type_named(type).value(), {edge, edge, edge}, axes_named("xyz"));
    const Bytes bytes = read_file(raw);
    std::memcpy(volume.bytes().data(), bytes.data(), volume.bytes().size());
    std::filesystem::create_directories(folder);
    DatasetWriter writer(folder, Codec::fast);
    Sample sample;
    sample.id = sample.subject = "cube";
    std::map<std::string, NewArray> arrays;
    arrays["image"].voxels = std::move(volume);
    writer.add(writer.pack(sample, std::move(arrays)));
    writer.finish();
    Manifest manifest;
    manifest.kind = "dataset";
    manifest.made_by.step = "bench";
    manifest.made_by.version = COHORT_VERSION;
    manifest.members = hashed_members(folder, 1);
    manifest.digest = content_digest(manifest, manifest.members);
    write_file_atomically(folder / "manifest.json", canonical_json(to_json(manifest)));
}

std::vector<Box> boxes_of(const std::string& file, std::int64_t edge) {
    std::istringstream text(read_text(file));
    std::vector<Box> boxes;
    for (std::int64_t x = 0, y = 0, z = 0; text >> x >> y >> z;) boxes.push_back({{x, y, z}, {edge, edge, edge}});
    return boxes;
}

void read(const std::filesystem::path& folder, const std::string& positions, std::int64_t edge, unsigned threads) {
    const Dataset dataset(folder);
    const Sample sample = dataset.all_samples().front();
    const ArrayInfo& info = sample.arrays.at("image");
    const std::size_t bytes = static_cast<std::size_t>(edge * edge * edge) * size_of(info.type);
    const auto boxes = boxes_of(positions, edge);
    Sha256 hash;
    Bytes patch(bytes);
    for (const Box& box : boxes) {  // warms the cache too
        dataset.read_patch(sample.id, "image", info, box, patch);
        hash.update(patch);
    }
    // A loader has a buffer a worker: a patch goes where an earlier one was.
    std::vector<Bytes> buffers(threads, Bytes(bytes));
    const auto start = std::chrono::steady_clock::now();
    parallel_for(threads, threads, [&](std::size_t t) {
        for (std::size_t i = t; i < boxes.size(); i += threads) dataset.read_patch(sample.id, "image", info, boxes[i], buffers[t]);
    });
    const std::chrono::duration<double, std::milli> passed = std::chrono::steady_clock::now() - start;
    std::printf("{\"ms\": %.6f, \"sha256\": \"%s\"}\n", passed.count() / static_cast<double>(boxes.size()), hash.finish().hex().c_str());
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> args(argv, argv + argc);
    if (args.size() == 6 && args[1] == "make") make(args[2], args[3], std::stol(args[4]), args[5]);
    else if (args.size() == 6 && args[1] == "read") read(args[2], args[3], std::stol(args[4]), static_cast<unsigned>(std::stoul(args[5])));
    else return 2;
}
