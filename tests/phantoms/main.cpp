// phantoms --out FOLDER [--cases N] [--seed N]    writes a folder in the layout of the Medical Segmentation Decathlon
// phantoms --best-threshold FOLDER                prints one line of JSON: what the best single threshold scores on it
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

constexpr const char* usage = "phantoms --out FOLDER [--cases N] [--seed N], or phantoms --best-threshold FOLDER";

struct Options {
    std::filesystem::path out, scored;
    std::uint64_t cases = 24;
    std::uint64_t seed = 1;
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
        if (i + 1 >= argc) throw Error(Exit::usage, usage);
        const char* value = argv[++i];
        if (word == "--out")
            options.out = value;
        else if (word == "--best-threshold")
            options.scored = value;
        else if (word == "--cases")
            options.cases = number(value);
        else if (word == "--seed")
            options.seed = number(value);
        else
            throw Error(Exit::usage, usage);
    }
    if (options.out.empty() == options.scored.empty() || options.cases == 0 || options.cases > 10000)
        throw Error(Exit::usage, usage);
    return options;
}

std::string file_name(std::uint64_t number) {
    const auto digits = std::to_string(number);
    return "phantom_" + std::string(digits.size() < 3 ? 3 - digits.size() : 0, '0') + digits + ".nii.gz";
}

void write_all_phantoms(const Options& options) {
    std::filesystem::create_directories(options.out / "imagesTr");
    std::filesystem::create_directories(options.out / "labelsTr");
    Json training = Json::array();
    for (std::uint64_t i = 0; i < options.cases; ++i) {
        const auto phantom = phantoms::make_phantom(options.seed, i);
        const auto name = file_name(i + 1);
        phantoms::write_nifti(options.out / "imagesTr" / name, phantom.shape, phantom.affine, 16, 32,
                              std::as_bytes(std::span(phantom.image)));
        phantoms::write_nifti(options.out / "labelsTr" / name, phantom.shape, phantom.affine, 2, 8,
                              std::as_bytes(std::span(phantom.label)));
        training.push_back({{"image", "./imagesTr/" + name}, {"label", "./labelsTr/" + name}});
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
    write_file_atomically(options.out / "dataset.json", pretty_json(description));
}

void print_best_threshold(const std::filesystem::path& folder) {
    std::vector<phantoms::Phantom> all;
    for (const auto& entry : list_tree(folder / "imagesTr")) {
        phantoms::Phantom phantom;
        const auto image = phantoms::read_nifti_voxels(folder / "imagesTr" / entry.path);
        const auto label = phantoms::read_nifti_voxels(folder / "labelsTr" / entry.path);
        phantom.image.resize(image.size() / sizeof(float));
        std::memcpy(phantom.image.data(), image.data(), phantom.image.size() * sizeof(float));
        phantom.label.resize(label.size());
        std::memcpy(phantom.label.data(), label.data(), label.size());
        if (phantom.label.size() != phantom.image.size())
            throw Error(Exit::bad_input,
                        entry.path + ": image and label differ in size; write the phantoms again with --out.");
        all.push_back(std::move(phantom));
    }
    if (all.empty()) throw Error(Exit::bad_input, folder.string() + " holds no phantoms; write them with --out.");
    const auto best = phantoms::best_threshold(all);
    std::printf("%s\n", canonical_json({{"threshold", best.threshold}, {"mean_dice", best.dice}}).c_str());
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const auto options = options_of(argc, argv);
        if (options.out.empty())
            print_best_threshold(options.scored);
        else
            write_all_phantoms(options);
        return 0;
    } catch (const cohort::Error& error) {
        std::fprintf(stderr, "phantoms: %s\n", error.what());
        return static_cast<int>(error.code());
    }
}
