// augmentation draw RECIPE SPATIAL X Y Z ITEMS                 prints the drawn transforms as JSON, for the peers
// augmentation run RECIPE SPATIAL X Y Z ITEMS THREADS RAW OUT  augments the patches, prints {"ms": wall time a patch,
// "cpu_ms"} augmentation parts X Y Z                                     prints where the time goes, in ms a patch
//
// SPATIAL: preset (rotation and scaling as often as the recipe says) or always. RAW: an image in float32 and a label in
// uint16, x fastest. OUT: the augmented images and labels, one item after the other, without noise.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <functional>
#include <string>

#include "augment/filters.h"
#include "augment/intensity.h"
#include "augment/sample_transform.h"
#include "core/files.h"
#include "core/json.h"
#include "core/parallel.h"

namespace {

using namespace cohort;
using namespace cohort::augment;

constexpr std::uint64_t seed = 1;
constexpr std::array<double, 3> one_mm{1, 1, 1};

struct Work {
    Recipe recipe;
    Extent extent;
    std::size_t items = 0;

    std::size_t voxels() const { return static_cast<std::size_t>(extent[0] * extent[1] * extent[2]); }
    SampleTransform draw(std::uint64_t item) const { return draw_transform(recipe, extent, one_mm, 1, seed, item); }
};

struct Source {
    std::vector<float> image;
    std::vector<std::uint16_t> labels;
};

struct Patch {
    std::vector<float> image;
    std::vector<std::uint16_t> labels;
};

Work work_of(const std::vector<std::string>& args) {
    Work work{recipe_named(args.at(2)),
              {std::stol(args.at(4)), std::stol(args.at(5)), std::stol(args.at(6))},
              std::stoul(args.at(7))};
    if (args.at(3) == "always") {
        work.recipe.rotation_degrees.probability = work.recipe.scale.probability = 1;
        if (work.recipe.elastic_voxels.probability > 0) work.recipe.elastic_voxels.probability = 1;
    }
    return work;
}

/// The source with one voxel of background around it: what a loader would have read.
Source padded(const std::string& raw, const Extent& e) {
    const Bytes bytes = read_file(raw);
    const auto voxels = static_cast<std::size_t>(e[0] * e[1] * e[2]);
    std::vector<float> image(voxels);
    std::vector<std::uint16_t> labels(voxels);
    std::memcpy(image.data(), bytes.data(), voxels * sizeof(float));
    std::memcpy(labels.data(), bytes.data() + voxels * sizeof(float), voxels * sizeof(std::uint16_t));
    const Extent wide{e[0] + 2, e[1] + 2, e[2] + 2};
    Source source{std::vector<float>(static_cast<std::size_t>(wide[0] * wide[1] * wide[2])), {}};
    source.labels.resize(source.image.size());
    for (std::int64_t z = 0; z < e[2]; ++z)
        for (std::int64_t y = 0; y < e[1]; ++y) {
            const auto to = ((z + 1) * wide[1] + y + 1) * wide[0] + 1, from = (z * e[1] + y) * e[0];
            std::copy_n(image.begin() + from, e[0], source.image.begin() + to);
            std::copy_n(labels.begin() + from, e[0], source.labels.begin() + to);
        }
    return source;
}

void copy_inner(const Source& source, const Extent& e, Patch& patch) {
    for (std::int64_t z = 0; z < e[2]; ++z)
        for (std::int64_t y = 0; y < e[1]; ++y) {
            const auto from = ((z + 1) * (e[1] + 2) + y + 1) * (e[0] + 2) + 1, to = (z * e[1] + y) * e[0];
            std::copy_n(source.image.begin() + from, e[0], patch.image.begin() + to);
            std::copy_n(source.labels.begin() + from, e[0], patch.labels.begin() + to);
        }
}

void augment_one(const Work& work, const Source& source, const SampleTransform& transform, std::uint64_t item,
                 Patch& patch) {
    const auto& e = work.extent;
    patch.image.resize(work.voxels());
    patch.labels.resize(work.voxels());
    if (transform.warps) {
        const SourceBox box{{-1, -1, -1}, {e[0] + 2, e[1] + 2, e[2] + 2}};
        warp_patch(transform.map({0, 0, 0}, e), box, source.image, source.labels, 0, e, patch.image, patch.labels);
    } else {
        copy_inner(source, e, patch);
        mirror_patch(std::span(patch.image), e, transform.mirrored);
        mirror_patch(std::span(patch.labels), e, transform.mirrored);
    }
    apply_intensity(transform, e, patch.image, seed, item);
}

Json drawn(const Work& work) {
    Json items = Json::array();
    for (std::uint64_t item = 0; item < work.items; ++item) {
        const auto t = work.draw(item);
        const auto map = t.map({0, 0, 0}, work.extent);
        const auto& c = t.channels.front();
        items.push_back({{"warps", t.warps},
                         {"mirrored", t.mirrored},
                         {"matrix", map.matrix},
                         {"elastic", t.elastic.has_value()},
                         {"noise_sd", t.noise_sd},
                         {"blur_sigma", c.blur_sigma},
                         {"brightness", c.brightness},
                         {"contrast", c.contrast},
                         {"resolution", c.resolution},
                         {"inverted_gamma", c.inverted_gamma},
                         {"gamma", c.gamma}});
        if (t.elastic) items.back()["nodes"] = t.elastic->nodes();
    }
    return items;
}

double milliseconds_of(const std::function<void()>& body) {
    const auto start = std::chrono::steady_clock::now();
    body();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

double milliseconds_on(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
}
double thread_milliseconds() { return milliseconds_on(CLOCK_THREAD_CPUTIME_ID); }
double process_milliseconds() { return milliseconds_on(CLOCK_PROCESS_CPUTIME_ID); }

void run(const Work& work, unsigned threads, const std::string& raw, const std::string& out) {
    const auto source = padded(raw, work.extent);
    if (!out.empty()) {
        Bytes bytes;
        for (std::uint64_t item = 0; item < work.items; ++item) {
            auto transform = work.draw(item);
            transform.noise_sd = 0;
            Patch patch;
            augment_one(work, source, transform, item, patch);
            const auto image = std::as_bytes(std::span(patch.image)), labels = std::as_bytes(std::span(patch.labels));
            bytes.insert(bytes.end(), image.begin(), image.end());
            bytes.insert(bytes.end(), labels.begin(), labels.end());
        }
        write_file_atomically(out, std::span<const std::byte>(bytes));
    }
    std::vector<Patch> patches(threads);
    const auto all = [&](std::size_t items) {  // loaders take what comes next
        std::atomic<std::size_t> next{0};
        parallel_for(threads, threads, [&](std::size_t t) {
            for (std::size_t item = next++; item < items; item = next++)
                augment_one(work, source, work.draw(item), item, patches[t]);
        });
    };
    all(std::min<std::size_t>(work.items, 4 * threads));
    const auto cpu_before = process_milliseconds();
    const auto ms = milliseconds_of([&] { all(work.items); });
    const auto items = static_cast<double>(work.items);
    std::printf("{\"cpu_ms\": %.6f, \"ms\": %.6f}\n", (process_milliseconds() - cpu_before) / items, ms / items);
}

void parts(const Extent& e) {
    Work work{recipe_named("nnunet-elastic"), e, 1};
    work.recipe.rotation_degrees.probability = work.recipe.scale.probability = 1;
    work.recipe.elastic_voxels.probability = 0;
    const auto straight = work.draw(3);
    work.recipe.elastic_voxels.probability = 1;
    const auto bent = work.draw(3);
    const auto n = work.voxels();
    const Extent wide{e[0] + 2, e[1] + 2, e[2] + 2};
    std::vector<float> source(static_cast<std::size_t>(wide[0] * wide[1] * wide[2]), 0.5f), image(n), none;
    std::vector<std::uint16_t> classes(source.size()), labels(n), no_labels;
    RandomStream random(1, "parts", 0);
    add_noise(source, 1, random);
    for (std::size_t i = 0; i < classes.size(); ++i) {
        const auto at = static_cast<std::int64_t>(i);
        classes[i] = static_cast<std::uint16_t>(
            (at % wide[0] / 16 + at / wide[0] % wide[1] / 16 + at / (wide[0] * wide[1]) / 16) % 3);
    }
    const SourceBox box{{-1, -1, -1}, wide};
    const auto report = [&](const char* name, const std::function<void()>& body) {
        double best = 1e9;  // CPU time of this thread: what other processes do counts less
        for (int i = 0; i < 9; ++i) {
            const double before = thread_milliseconds();
            body();
            best = std::min(best, thread_milliseconds() - before);
        }
        std::printf("%-18s %8.3f ms  %6.2f ns/voxel\n", name, best, best * 1e6 / static_cast<double>(n));
    };
    const auto map = straight.map({0, 0, 0}, e), bent_map = bent.map({0, 0, 0}, e);
    report("draw", [&] { work.draw(3); });
    report("warp both", [&] { warp_patch(map, box, source, classes, 0, e, image, labels); });
    report("warp image", [&] { warp_patch(map, box, source, no_labels, 0, e, image, no_labels); });
    std::vector<std::uint32_t> words(n);
    report("random words", [&] { random.fill(words); });
    report("warp label", [&] { warp_patch(map, box, none, classes, 0, e, none, labels); });
    report("warp neither", [&] { warp_patch(map, box, none, no_labels, 0, e, none, no_labels); });
    report("warp both, bent", [&] { warp_patch(bent_map, box, source, classes, 0, e, image, labels); });
    report("mirror", [&] { mirror_patch(std::span(image), e, {true, true, true}); });
    report("noise", [&] { add_noise(image, 0.1, random); });
    report("blur .5", [&] { blur(image, e, {0.5, 0.5, 0.5}); });
    report("blur 1", [&] { blur(image, e, {1, 1, 1}); });
    report("brightness", [&] { brighten(image, 1.0001); });
    report("contrast", [&] { change_contrast(image, 1.0001); });
    report("low resolution", [&] { lower_resolution(image, e, {0.75, 0.75, 0.75}); });
    report("gamma", [&] { change_gamma(image, 1.1, Negative::no); });
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> args(argv, argv + argc);
    if (args.size() == 8 && args[1] == "draw")
        std::puts(canonical_json(drawn(work_of(args))).c_str());
    else if (args.size() == 11 && args[1] == "run")
        run(work_of(args), static_cast<unsigned>(std::stoul(args[8])), args[9], args[10] == "-" ? "" : args[10]);
    else if (args.size() == 5 && args[1] == "parts")
        parts({std::stol(args[2]), std::stol(args[3]), std::stol(args[4])});
    else
        return 2;
}
