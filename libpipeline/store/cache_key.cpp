#include "store/cache_key.h"

#include <cctype>
#include <cstdlib>
#include <filesystem>

namespace cohort::store {
namespace {

/// A CUDA device that this process may see: the driver's node exists and CUDA_VISIBLE_DEVICES does not hide all.
bool cuda_device_visible() {
    if (const char* visible = std::getenv("CUDA_VISIBLE_DEVICES")) {
        const std::string_view list(visible);
        if (list.empty() || list.starts_with("-1") || list == "NoDevFiles") return false;
    }
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator("/dev", ignored)) {
        const std::string name = entry.path().filename().string();
        if (name.size() > 6 && name.starts_with("nvidia") && std::isdigit(static_cast<unsigned char>(name[6])))
            return true;
    }
    return false;
}

}  // namespace

Digest cache_key(const KeyParts& parts) {
    Json key = parts.extras.is_object() ? parts.extras : Json::object();
    key["step"] = parts.step;
    key["content_version"] = parts.content_version;
    key["parameters"] = parts.parameters;
    key["seed"] = parts.seed;
    return sha256(canonical_json(key));
}

Json key_parameters(const Json& parameters, const std::function<KeyRole(const std::string& name)>& role_of,
                    const std::function<Json(const std::string& name, const std::string& path)>& digest_of) {
    Json result = Json::object();
    for (const auto& [name, value] : parameters.items()) {
        const KeyRole role = role_of(name);
        if (role == KeyRole::ignored) continue;
        if (role == KeyRole::value) {
            result[name] = value;
        } else if (value.is_string()) {
            result[name] = digest_of(name, value.get<std::string>());
        } else if (value.is_array()) {
            Json digests = Json::array();
            for (const Json& path : value) digests.push_back(digest_of(name, path.get<std::string>()));
            result[name] = std::move(digests);
        } else {
            result[name] = nullptr;
        }
    }
    return result;
}

std::string resolved_device(std::string_view device) {
    if (device != "auto") return std::string(device);
    return COHORT_TORCH_CUDA && cuda_device_visible() ? "cuda" : "cpu";
}

Json device_extras(unsigned compute_threads, std::string_view device) {
    return {{"compute_threads", compute_threads},
            {"device", std::string(device.substr(0, device.find(':')))},
            {"libtorch", COHORT_TORCH_VERSION},
            {"processes", 1}};
}

}  // namespace cohort::store
