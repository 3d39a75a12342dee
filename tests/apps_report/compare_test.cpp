#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <fstream>

#include "apps/compare/compare_artefacts.h"
#include "apps/compare/compare_files.h"
#include "apps/compare/compare_step.h"
#include "core/error.h"
#include "core/files.h"
#include "made_artefact.h"

using namespace cohort;
using namespace cohort::compare;

namespace {

Volume volume(VoxelType type, std::vector<double> values) {
    Volume v(type, {static_cast<std::int64_t>(values.size())}, axes_named("x"));
    visit(v, [&]<class T>(std::span<T> out) {
        for (std::size_t i = 0; i < out.size(); ++i)
            if constexpr (std::is_arithmetic_v<T>) out[i] = static_cast<T>(values[i]);
    });
    return v;
}

int compare_them(const std::filesystem::path& a, const std::filesystem::path& b, std::vector<std::string> words = {}) {
    CompareStep step;
    words.insert(words.begin(), {a.string(), b.string()});
    words.push_back("--quiet");
    return run(step, std::move(words));
}

std::string safetensors(const std::string& header, std::vector<float> values) {
    std::string out(8, '\0');
    const std::uint64_t length = header.size();
    std::memcpy(out.data(), &length, 8);
    out += header;
    out.append(reinterpret_cast<const char*>(values.data()), values.size() * 4);
    return out;
}

std::filesystem::path predictions(const std::filesystem::path& place, double changed,
                                  store::Codec codec = store::Codec::fast) {
    MadeArray map{.role = store::Role::map, .type = VoxelType::f32, .shape = {4, 4, 4}};
    map.values.assign(64, 0.5);
    map.values[21] = changed;
    return make_dataset(place, {.samples = {{"a", {{"map", map}}},
                                            {"b", {{"label", label_of({4, 4, 4}, {{1, {0, 0, 0}, {1, 1, 1}}})}}}},
                                .cases = {"a", "b"},
                                .codec = codec});
}

}  // namespace

TEST_CASE("NaN equals NaN, minus zero equals zero, an infinity equals itself only") {
    const double nan = std::nan(""), inf = INFINITY;
    CHECK(
        volume_difference(volume(VoxelType::f32, {nan, -0.0, inf}), {}, volume(VoxelType::f32, {nan, 0.0, inf}), {}, {})
            .empty());
    CHECK_FALSE(
        volume_difference(volume(VoxelType::f32, {nan}), {}, volume(VoxelType::f32, {1}), {}, {1e9, 1}).empty());
    CHECK_FALSE(
        volume_difference(volume(VoxelType::f32, {inf}), {}, volume(VoxelType::f32, {-inf}), {}, {1e9, 1}).empty());
}

TEST_CASE("the first and the worst difference are named, with their number") {
    const std::string what =
        volume_difference(volume(VoxelType::i16, {1, 2, 3, 4}), {}, volume(VoxelType::i16, {1, 3, 3, 9}), {}, {});
    CHECK(what == "2 of 4 voxels differ; first at (1): 2 and 3; worst at (3): 4 and 9, 5 apart");
    CHECK(volume_difference(volume(VoxelType::i16, {1, 2, 3, 4}), {}, volume(VoxelType::i16, {1, 3, 3, 9}), {}, {5, 0})
              .empty());
    CHECK(volume_difference(volume(VoxelType::f64, {100}), {}, volume(VoxelType::f64, {101}), {}, {0, .01}).empty());
    CHECK_FALSE(
        volume_difference(volume(VoxelType::f64, {100}), {}, volume(VoxelType::f64, {101}), {}, {0, .009}).empty());
}

TEST_CASE("values are compared after their scale, and types and shapes must agree") {
    CHECK(volume_difference(volume(VoxelType::i16, {2, 4}), {{1}, {0}, ""}, volume(VoxelType::i16, {1, 2}),
                            {{2}, {0}, ""}, {})
              .empty());
    CHECK(volume_difference(volume(VoxelType::i16, {1}), {}, volume(VoxelType::u8, {1}), {}, {}) ==
          "types differ: i16 and u8");
    CHECK(volume_difference(volume(VoxelType::i16, {1}), {}, volume(VoxelType::i16, {1, 2}), {}, {}) ==
          "shapes differ: 1 and 2");
}

TEST_CASE("whole numbers beyond 2^53 that differ by one are seen to differ") {
    Volume a(VoxelType::i64, {1}, axes_named("x")), b = a.clone();
    a.values<std::int64_t>()[0] = (std::int64_t{1} << 60);
    b.values<std::int64_t>()[0] = (std::int64_t{1} << 60) + 1;
    CHECK_FALSE(volume_difference(a, {}, b, {}, {}).empty());
    CHECK(volume_difference(a, {}, b, {}, {1, 0}).empty());
}

TEST_CASE("JSON is compared leaf by leaf, by pointer, numbers within the tolerance") {
    Comparison c({.1, 0});
    c.json("x", {{"a", 1}, {"b", {1, 2.05}}, {"only", 1}}, {{"a", 1.2}, {"b", {1, 2}}, {"c", "t"}});
    REQUIRE(c.count() == 3);
    CHECK(c.differences()[0].where == "x /a");
    CHECK(c.differences()[1].what == "only the first has it");
    CHECK(c.differences()[2].where == "x /c");
}

TEST_CASE("two datasets of equal content are equal whatever their codec, and a voxel that differs is named") {
    TemporaryFolder folder;
    const auto a = predictions(folder / "a", .25), same = predictions(folder / "same", .25, store::Codec::small);
    const auto other = predictions(folder / "other", .375);
    CHECK(compare_them(a, same) == 0);
    CHECK(compare_them(a, other) == 4);
    CHECK(compare_them(a, other, {"--tolerance", "0.125"}) == 0);
    CHECK(compare_them(a, other, {"--relative", "0.4", "--json"}) == 0);
    std::string first;
    for (const unsigned threads : {1u, 3u}) {
        Comparison c({});
        Progress progress;
        compare_artefacts(c, a, other, threads, progress);
        REQUIRE(c.count() == 1);
        CHECK(c.arrays() == 2);
        CHECK(c.differences()[0].where == "sample a, array map");
        CHECK(c.differences()[0].what.find("1 of 64 voxels differ; first at (1, 1, 1): 0.25 and 0.375") == 0);
        if (first.empty()) first = c.differences()[0].what;
        CHECK(c.differences()[0].what == first);
    }
}

TEST_CASE("a sample or a member that only one has is a difference, and so is another kind") {
    TemporaryFolder folder;
    const auto a = predictions(folder / "a", 1);
    const auto fewer = make_dataset(
        folder / "fewer", {.samples = {{"b", {{"label", label_of({4, 4, 4}, {{1, {0, 0, 0}, {1, 1, 1}}})}}}}});
    CHECK(compare_them(a, fewer) == 4);
    const auto split = make_artefact(folder / "split", "split", {{"split.json", "{}"}});
    CHECK(compare_them(a, split) == 4);
    CHECK(compare_them(split, split) == 0);
}

TEST_CASE("tables of two evaluations are compared cell by cell") {
    TemporaryFolder folder;
    const auto a = make_artefact(folder / "a", "evaluation",
                                 {{"cases.csv", "case,dice\nx,0.5\n"}, {"summary.json", R"({"mean":0.5})"}});
    const auto b =
        make_artefact(folder / "b", "evaluation",
                      {{"cases.csv", "case,dice\nx,0.5000001\n"}, {"summary.json", R"({"mean":0.5000001})"}});
    CHECK(compare_them(a, b) == 4);
    CHECK(compare_them(a, b, {"--tolerance", "1e-6"}) == 0);
}

TEST_CASE("checkpoints are compared tensor by tensor, and a damaged one is refused") {
    TemporaryFolder folder;
    const std::string header = R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
    write(folder / "a.ckpt", safetensors(header, {1, 2}));
    write(folder / "b.ckpt", safetensors(header, {1, 2.5}));
    write(folder / "cut.ckpt", safetensors(header, {1}));
    write(folder / "long.ckpt", std::string("\xff\xff\xff\xff\xff\xff\xff\x7f{}", 10));
    CHECK(compare_them(folder / "a.ckpt", folder / "a.ckpt") == 0);
    CHECK(compare_them(folder / "a.ckpt", folder / "b.ckpt") == 4);
    CHECK(compare_them(folder / "a.ckpt", folder / "b.ckpt", {"--tolerance", "0.5"}) == 0);
    CHECK(compare_them(folder / "a.ckpt", folder / "cut.ckpt") == 3);
    CHECK(compare_them(folder / "a.ckpt", folder / "long.ckpt") == 3);
}

TEST_CASE("plain files are compared by what they are; nothing to compare is 3") {
    TemporaryFolder folder;
    write(folder / "a.json", R"({"x": 1.0, "y": [1, 2]})");
    write(folder / "b.json", R"({"y": [1, 2], "x": 1})");
    write(folder / "c.json", "no json");
    CHECK(compare_them(folder / "a.json", folder / "b.json") == 0);
    CHECK(compare_them(folder / "a.json", folder / "c.json") == 4);
    CHECK(compare_them(folder / "a.json", folder / "missing.json") == 3);
    CHECK(compare_them(folder / "a.json", predictions(folder / "data", 1)) == 3);
    CHECK(compare_them(folder.path, folder.path) == 3);
}
