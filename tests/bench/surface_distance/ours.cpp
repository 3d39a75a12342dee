// surface_distance RAW X Y Z SX SY SZ THREADS REPEATS
//
// RAW: reference and prediction, uint8 masks, x fastest. Times everything from the two label maps on: bounding boxes,
// borders, distances both ways, scores. Prints {"ms": least wall time, "hd", "hd95", "assd", "surface_dice"}.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>

#include "core/files.h"
#include "core/json.h"
#include "measure/metric.h"
#include "measure/surface_metrics.h"

int main(int argc, char** argv) {
    using namespace cohort;
    using namespace cohort::measure;
    const std::vector<std::string> args(argv, argv + argc);
    if (args.size() != 10) return 2;
    const Extent3 shape{std::stol(args[2]), std::stol(args[3]), std::stol(args[4])};
    const Vec3 spacing{std::stod(args[5]), std::stod(args[6]), std::stod(args[7])};
    const auto threads = static_cast<unsigned>(std::stoul(args[8]));
    const Bytes raw = read_file(args[1]);
    const auto voxels = static_cast<std::ptrdiff_t>(raw.size() / 2);
    const auto map_of = [&](std::ptrdiff_t from) {
        LabelMap map{shape, 3, spacing, std::vector<std::int32_t>(static_cast<std::size_t>(voxels))};
        std::transform(raw.begin() + from, raw.begin() + from + voxels, map.values.begin(),
                       [](std::byte b) { return std::to_integer<std::int32_t>(b); });
        return map;
    };
    const Target target{"1", "", {1}};
    const Rules rules;
    double best = 1e300;
    Json result;
    for (int repeat = 0; repeat < std::stoi(args[9]); ++repeat) {
        auto reference = map_of(0), prediction = map_of(voxels);
        const auto start = std::chrono::steady_clock::now();
        const CasePair pair(std::move(reference), std::move(prediction), std::nullopt, threads);
        CaseLabel label(pair, target, rules, threads);
        result = {{"hd", hd(label).value},
                  {"hd95", hd95(label).value},
                  {"assd", assd(label).value},
                  {"surface_dice", surface_dice(label).value}};
        best =
            std::min(best, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    }
    result["ms"] = best;
    std::puts(canonical_json(result).c_str());
}
