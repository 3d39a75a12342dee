#include "store/sample.h"

#include <algorithm>
#include <array>

namespace cohort::store {
namespace {

constexpr std::array<std::string_view, 5> role_names{"image", "label", "mask", "probability", "map"};

}  // namespace

std::string_view name_of(Role role) { return role_names[static_cast<std::size_t>(role)]; }

std::optional<Role> role_named(std::string_view name) {
    const auto found = std::find(role_names.begin(), role_names.end(), name);
    if (found == role_names.end()) return std::nullopt;
    return static_cast<Role>(found - role_names.begin());
}

const ArrayInfo* Sample::array(std::string_view name) const {
    const auto found = arrays.find(std::string(name));
    return found == arrays.end() ? nullptr : &found->second;
}

const ArrayInfo* Sample::first_with(Role role) const {
    for (const auto& [name, info] : arrays)
        if (info.role == role) return &info;
    return nullptr;
}

std::string Sample::copy_of() const {
    const auto found = values.find("copy_of");
    return found != values.end() && found->is_string() ? found->get<std::string>() : "";
}

bool is_missing(const Json& value) {
    if (value.is_null()) return true;
    if (!value.is_string()) return false;
    const auto& text = value.get_ref<const std::string&>();
    return text.empty() || text == "n/a";
}

std::optional<Json> value_of(const Sample& sample, std::string_view name) {
    if (name == "id") return Json(sample.id);
    if (name == "subject" || name == "session") {
        const std::string& text = name == "subject" ? sample.subject : sample.session;
        return is_missing(Json(text)) ? std::nullopt : std::optional<Json>(text);
    }
    const auto found = sample.values.find(std::string(name));
    if (found == sample.values.end() || is_missing(*found)) return std::nullopt;
    return *found;
}

}  // namespace cohort::store
