// phantoms FOLDER [--cases N] [--seed N] [--best-threshold]
//
// Writes a folder in the layout of the Medical Segmentation Decathlon. With --best-threshold it prints one line of JSON:
// what the best single threshold would score on these images.
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string>

#include "core/error.h"
#include "core/files.h"
#include "core/json.h"
#include "tests/phantoms/nifti_file.h"
#include "tests/phantoms/phantom.h"

namespace {

using namespace cohort;

struct Options {
    std::filesystem::path folder;
    std::uint64_t cases = 24;
    std::uint64_t seed = 1;
    bool threshold = false;
};

std::uint64_t number(const char* text) {
    std::uint64_t value = 0;
    const auto* end = text + std::strlen(text);
    if (const auto [at, error] = std::from_chars(text, end, value); error != std::errc() || at != end)
        throw Error(Exit::usage, std::string(text) + " is no number.");
    return value;
}

Options options_of(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word == "--best-threshold") options.threshold = true;
        else if ((word == "--cases" || word == "--seed") && i + 1 < argc)
            (word == "--cases" ? options.cases : options.seed) = number(argv[++i]);
        else if (!word.starts_with("-") && options.folder.empty()) options.folder = word;
        else throw Error(Exit::usage, "phantoms FOLDER [--cases N] [--seed N] [--best-threshold]");
    }
    if (options.folder.empty() || options.cases == 0 || options.cases > 10000)
        throw Error(Exit::usage, "phantoms FOLDER [--cases N] [--seed N] [--best-threshold]");
    return options;
}

void write_all_phantoms(const Options& options) {
    std::filesystem::create_directories(options.folder / "imagesTr");
    std::filesystem::create_directories(options.folder / "labelsTr");
    Json training = Json::array();
    std::vector<phantoms::Phantom> all;
    for (std::uint64_t i = 0; i < options.cases; ++i) {
        auto phantom = phantoms::make_phantom(options.seed, i);
        const auto digits = std::to_string(i + 1);
        const auto name = "phantom_" + std::string(digits.size() < 3 ? 3 - digits.size() : 0, '0') + digits + ".nii.gz";
        phantoms::write_nifti(options.folder / "imagesTr" / name, phantom.shape, phantom.affine, 16, 32,
                              std::as_bytes(std::span(phantom.image)));
        phantoms::write_nifti(options.folder / "labelsTr" / name, phantom.shape, phantom.affine, 2, 8,
                              std::as_bytes(std::span(phantom.label)));
        training.push_back({{"image", "./imagesTr/" + name}, {"label", "./labelsTr/" + name}});
        if (options.threshold) all.push_back(std::move(phantom));
    }
    const Json description{{"name", "phantoms"},
                           {"description", "Textured ellipsoids beside plain ones of equal brightness"},
                           {"tensorImageSize", "3D"},
                           {"modality", {{"0", "phantom"}}},
                           {"labels", {{"0", "background"}, {"1", "textured"}}},
                           {"numTraining", options.cases},
                           {"numTest", 0},
                           {"training", training},
                           {"test", Json::array()}};
    write_file_atomically(options.folder / "dataset.json", pretty_json(description));
    if (!options.threshold) return;
    const auto best = phantoms::best_threshold(all);
    std::printf("%s\n", canonical_json({{"threshold", best.threshold}, {"mean_dice", best.dice}}).c_str());
}

}  // namespace

int main(int argc, char** argv) {
    try {
        write_all_phantoms(options_of(argc, argv));
        return 0;
    } catch (const cohort::Error& error) {
        std::fprintf(stderr, "phantoms: %s\n", error.what());
        return static_cast<int>(error.code());
    }
}
