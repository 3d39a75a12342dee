// inference DATASET MODEL OUT THREADS MIRROR: every case of the dataset, first once unmeasured, then once with the clock
// running: chunks read, statistics, windows, classes. Prints {"ms": mean per case}; OUT gets the classes, a byte a voxel.
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>

#include "core/error.h"
#include "core/files.h"
#include "learn/environment.h"
#include "learn/model_folder.h"
#include "learn/window_sweep.h"
#include "store/dataset.h"

using namespace cohort;

namespace {

Bytes classes_of(std::span<learn::Model> models, const learn::CaseReader& reader, const store::Sample& sample,
                 const learn::MirrorAxes& mirror) {
    const auto which = std::get<learn::Case>(reader.survey(sample, learn::WithLabel::no));
    learn::EnsembleSweep sweep(models, reader, which, [] { return false; }, mirror);
    const auto plane = static_cast<std::size_t>(which.shape[0] * which.shape[1]);
    std::vector<std::uint16_t> found(plane);
    Bytes classes;
    for (std::int64_t z = 0; z < which.shape[2]; ++z) {
        learn::highest_classes(sweep.slice(z).data(), plane, static_cast<std::size_t>(models[0].classes()), found);
        for (const auto c : found) classes.push_back(static_cast<std::byte>(c));
    }
    return classes;
}

int measured(char** argv) {
    unsigned threads = 1;
    std::from_chars(argv[4], argv[4] + std::strlen(argv[4]), threads);
    learn::set_compute_threads(threads);
    const bool all = std::string(argv[5]) == "xyz";
    const store::Dataset dataset(argv[1]);
    const auto samples = dataset.all_samples();
    const auto manifest = store::read_manifest(argv[2]);
    const auto description = learn::describe_model(argv[2], manifest);
    std::vector<learn::Model> models;
    models.push_back(learn::open_model(argv[2], manifest, description, "last", "cpu"));
    const learn::CaseReader reader(dataset, description.channels, description.labels, description.label_array);
    Bytes out;
    double ms = 0;
    for (const bool counts : {false, true}) {
        out.clear();
        const auto begin = std::chrono::steady_clock::now();
        for (const auto& sample : samples) {
            const auto classes = classes_of(models, reader, sample, {all, all, all});
            out.insert(out.end(), classes.begin(), classes.end());
        }
        ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
        if (!counts) continue;
    }
    write_file_atomically(argv[3], std::span<const std::byte>(out));
    std::printf("{\"ms\": %s}\n", shortest(ms / static_cast<double>(samples.size())).c_str());
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 6) return std::fprintf(stderr, "inference DATASET MODEL OUT THREADS none|xyz\n"), 2;
    learn::settle_environment(argv);
    try {
        return measured(argv);
    } catch (const Error& error) {
        return std::fprintf(stderr, "inference: %s\n", error.what()), 1;
    }
}
