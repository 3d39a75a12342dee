#include "store/cache_key.h"

#include <catch2/catch.hpp>
#include <cstdlib>

using namespace cohort;
using namespace cohort::store;

TEST_CASE("a key is the SHA-256 of canonical step, content version, parameters, seed and extras") {
    const KeyParts parts{"train", 3, {{"epochs", 10}, {"dataset", "sha256:ab"}}, 7, {{"device", "cpu"}}};
    CHECK(
        cache_key(parts) ==
        sha256(
            R"({"content_version":3,"device":"cpu","parameters":{"dataset":"sha256:ab","epochs":10},"seed":7,"step":"train"})"));
}

TEST_CASE("every ingredient changes the key") {
    const KeyParts parts{"train", 3, {{"epochs", 10}}, 7, {}};
    const Digest key = cache_key(parts);
    KeyParts other = parts;
    SECTION("step") { other.step = "predict"; }
    SECTION("version") { other.content_version = 4; }
    SECTION("parameter") { other.parameters["epochs"] = 11; }
    SECTION("seed") { other.seed = 8; }
    SECTION("extra") { other.extras = device_extras(1, "cpu"); }
    CHECK(cache_key(other) != key);
}

TEST_CASE("paths enter by what they name, one by one in lists; what does not count is left out") {
    const Json parameters{
        {"dataset", "clean"}, {"predictions", {"p0", "p1"}}, {"png", "x.png"}, {"folds", 5}, {"given", "f.json"}};
    const auto role = [](const std::string& name) {
        return name == "png" ? KeyRole::ignored : name == "folds" ? KeyRole::value : KeyRole::path;
    };
    const auto digest = [](const std::string& name, const std::string& path) -> Json {
        return name == "given" ? Json(nullptr) : Json("digest of " + path);
    };
    CHECK(key_parameters(parameters, role, digest) == Json{{"dataset", "digest of clean"},
                                                           {"predictions", {"digest of p0", "digest of p1"}},
                                                           {"folds", 5},
                                                           {"given", nullptr}});
}

TEST_CASE("of a device only its kind counts, and compute threads do") {
    CHECK(device_extras(2, "cuda:1") == device_extras(2, "cuda"));
    CHECK(device_extras(2, "cuda") != device_extras(2, "cpu"));
    CHECK(device_extras(2, "cpu") != device_extras(1, "cpu"));
}

TEST_CASE("a named device is taken at its word, auto never chooses a hidden one") {
    CHECK(resolved_device("cuda:1") == "cuda:1");
    CHECK(resolved_device("cpu") == "cpu");
    ::setenv("CUDA_VISIBLE_DEVICES", "", 1);
    CHECK(resolved_device("auto") == "cpu");
    ::unsetenv("CUDA_VISIBLE_DEVICES");
}
