// The key under which a result is known: equal keys mean equal content.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/digest.h"
#include "core/json.h"

namespace cohort::store {

/// Ingredients of a key; `parameters` has defaults filled in and every path replaced by the digest of what it names
/// (null where a path that may be absent is). `extras` is {} but for train and predict: {compute_threads, device,
/// libtorch, processes}.
struct KeyParts {
    std::string step;
    int content_version = 1;
    Json parameters = Json::object();
    std::uint64_t seed = 0;
    Json extras = Json::object();
};
Digest cache_key(const KeyParts& parts);

/// What a parameter means for the key.
enum class KeyRole {
    value,   ///< enters as it is
    path,    ///< enters by the digest of what it names: an artefact's digest, a raw tree's, null where nothing is
    ignored  ///< does not enter (output paths, x-cli "content": false)
};
/// The parameters as they enter the key and the manifest's made_by. `digest_of(name, path)` gives a text or null; it is
/// called for each path of a list, in order.
Json key_parameters(const Json& parameters, const std::function<KeyRole(const std::string& name)>& role_of,
                    const std::function<Json(const std::string& name, const std::string& path)>& digest_of);

/// "auto" → "cuda" where a CUDA device is visible and this build's LibTorch has CUDA, else "cpu"; the rest as it is.
std::string resolved_device(std::string_view device);

/// The `extras` of steps whose schema has x-cli "device": true. `device` is resolved; only its kind (cpu, cuda) counts.
Json device_extras(unsigned compute_threads, std::string_view device);

}  // namespace cohort::store
