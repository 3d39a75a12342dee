// preprocess RAW FROM TO linear|cubic THREADS OUT   resamples the cube FROM³ of f32 to TO³, corners on corners, writes
// it,
//                                                   prints {"ms": the median of five times after one to warm up}
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>

#include "core/files.h"
#include "grid/resample.h"

using namespace cohort;

int main(int argc, char** argv) {
    if (argc != 7) return 2;
    const std::int64_t from = std::stoll(argv[2]), to = std::stoll(argv[3]);
    const auto how = std::string(argv[4]) == "cubic" ? grid::Interpolation::cubic : grid::Interpolation::linear;
    const auto threads = static_cast<unsigned>(std::stoul(argv[5]));
    Volume source(VoxelType::f32, {from, from, from}, axes_named("xyz"));
    const Bytes raw = read_file(argv[1]);
    std::memcpy(source.bytes().data(), raw.data(), source.bytes().size());
    const auto maps = grid::corner_maps({from, from, from}, {to, to, to});
    Volume result = grid::resample(source, maps, how, threads);
    std::array<double, 5> times{};
    for (double& ms : times) {
        const auto begin = std::chrono::steady_clock::now();
        result = grid::resample(source, maps, how, threads);
        ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
    }
    std::sort(times.begin(), times.end());
    write_file_atomically(argv[6], std::as_const(result).bytes());
    std::printf("{\"ms\": %.4f}\n", times[2]);
    return 0;
}
