// shard_writing RAW TYPE N COPIES FOLDER THREADS    writes the raw cube as COPIES samples, prints {"s": wall time}
//
// Timed: packing and placing (as a step does it), until the files are closed; not the array's SHA-256, which h5py has
// not either. Neither side syncs.
#include <malloc.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>

#include "core/files.h"
#include "core/parallel.h"
#include "store/dataset_writer.h"

int main(int argc, char** argv) {
    using namespace cohort;
    using namespace cohort::store;
    const std::vector<std::string> args(argv, argv + argc);
    if (args.size() != 7) return 2;
    // As cohort-ingest sets it: memory that is given back comes back page by page.
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, -1);
    mallopt(M_TOP_PAD, 16 << 20);
    const std::int64_t edge = std::stol(args[3]);
    const std::size_t copies = std::stoul(args[4]);
    const auto threads = static_cast<unsigned>(std::stoul(args[6]));
    Volume volume(voxel_type_named(args[2]).value(), {edge, edge, edge}, axes_named("xyz"));
    const Bytes bytes = read_file(args[1]);
    std::memcpy(volume.bytes().data(), bytes.data(), volume.bytes().size());
    const Digest digest = array_digest(volume, Geometry{}, Scale{}, threads);
    std::vector<Volume> volumes;
    for (std::size_t i = 0; i < copies; ++i) volumes.push_back(volume.clone());
    std::filesystem::create_directories(args[5]);

    const auto start = std::chrono::steady_clock::now();
    DatasetWriter writer(args[5], Codec::fast);
    ordered_for(
        copies, threads,
        [&](std::size_t i) {
            Sample sample;
            sample.id = sample.subject = "s" + std::to_string(1000 + i);
            std::map<std::string, NewArray> arrays;
            arrays["image"].voxels = std::move(volumes[i]);
            arrays["image"].info.digest = digest;
            return writer.pack(std::move(sample), std::move(arrays));
        },
        [&](std::size_t, std::unique_ptr<PackedSample> packed) { writer.add(std::move(packed)); });
    writer.finish();
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
    std::printf("{\"s\": %.6f}\n", passed.count());
}
