#include <cmath>
#include <set>

#include "core/error.h"
#include "grid/preparation.h"

namespace cohort::grid {
namespace {

Json to_json(const Normalisation& how) {
    Json json{{"method", name_of(how.intensity)}};
    if (how.intensity == Intensity::percentile) json["percentiles"] = {how.percentiles.first, how.percentiles.second};
    if (how.intensity == Intensity::window) {
        json["centre"] = how.window_centre;
        json["width"] = how.window_width;
    }
    return json;
}

/// Reads the members of one object by name; what is left unread at the end is refused.
class Members {
public:
    Members(const Json& object, std::string_view where) : object_(object), where_(where) {
        if (!object.is_object()) refuse("must be an object");
    }

    const Json& take(const char* key) {
        read_.insert(key);
        return member(object_, key, where_);
    }
    /// One of two words: true for `yes`.
    bool choice(const char* key, std::string_view yes, std::string_view no) {
        const auto& value = take(key);
        if (value == yes) return true;
        if (value != no) refuse("'" + std::string(key) + "' must be " + std::string(yes) + " or " + std::string(no));
        return false;
    }
    double number(const char* key) {
        take(key);
        return number_member(object_, key, where_);
    }
    template <std::size_t N>
    std::array<double, N> numbers(const char* key) {
        const auto& value = take(key);
        std::array<double, N> out{};
        if (!value.is_array() || value.size() != N)
            refuse("'" + std::string(key) + "' must be " + std::to_string(N) + " numbers");
        for (std::size_t i = 0; i < N; ++i) {
            if (!value[i].is_number()) refuse("'" + std::string(key) + "' must be " + std::to_string(N) + " numbers");
            out[i] = value[i].template get<double>();
        }
        return out;
    }
    void end() const {
        for (const auto& [key, value] : object_.items())
            if (!read_.contains(key)) refuse("has a member '" + key + "' that this version does not know");
    }
    [[noreturn]] void refuse(const std::string& what) const {
        throw Error(Exit::bad_input,
                    std::string(where_) + ": the preparation " + what + "; it was written by another version.");
    }

private:
    const Json& object_;
    std::string_view where_;
    std::set<std::string> read_;
};

Normalisation normalisation_from_json(const Json& json, std::string_view where) {
    Members members(json, where);
    Normalisation how;
    const auto& method = members.take("method");
    const auto intensity = method.is_string() ? intensity_named(method.get_ref<const std::string&>()) : std::nullopt;
    if (!intensity) members.refuse("names no normalisation that is known");
    how.intensity = *intensity;
    if (how.intensity == Intensity::percentile) {
        const auto [low, high] = members.numbers<2>("percentiles");
        if (!(low >= 0 && low < high && high <= 100))
            members.refuse("has percentiles that are not 0 ≤ low < high ≤ 100");
        how.percentiles = {low, high};
    }
    if (how.intensity == Intensity::window) {
        how.window_centre = members.number("centre");
        how.window_width = members.number("width");
        if (!(how.window_width > 0)) members.refuse("has a window without width");
    }
    members.end();
    return how;
}

}  // namespace

std::string_view name_of(LabelInterpolation interpolation) {
    return interpolation == LabelInterpolation::nearest ? "nearest" : "linear";
}

std::string_view name_of(Interpolation interpolation) {
    switch (interpolation) {
        case Interpolation::nearest:
            return "nearest";
        case Interpolation::linear:
            return "linear";
        case Interpolation::cubic:
            break;
    }
    return "cubic";
}

Json to_json(const Preparation& how) {
    Json json{{"orientation", how.canonical ? "canonical" : "keep"},
              {"crop", how.crop_to_non_zero ? "non-zero" : "none"},
              {"normalisation", to_json(how.normalisation)},
              {"spacing_mm", nullptr}};
    if (how.resamples()) {
        json["spacing_mm"] = how.spacing_mm;
        json["interpolation"] = name_of(how.interpolation);
        json["label_interpolation"] = name_of(how.labels);
    }
    return json;
}

Preparation preparation_from_json(const Json& json, std::string_view where) {
    Members members(json, where);
    Preparation how;
    how.canonical = members.choice("orientation", "canonical", "keep");
    how.crop_to_non_zero = members.choice("crop", "non-zero", "none");
    how.normalisation = normalisation_from_json(members.take("normalisation"), where);
    if (!members.take("spacing_mm").is_null()) {
        how.spacing_mm = members.numbers<3>("spacing_mm");
        for (const double spacing : how.spacing_mm)
            if (!(std::isfinite(spacing) && spacing >= 0)) members.refuse("has a spacing below 0");
        if (!how.resamples()) members.refuse("has a spacing of zeros");
        how.interpolation =
            members.choice("interpolation", "cubic", "linear") ? Interpolation::cubic : Interpolation::linear;
        how.labels = members.choice("label_interpolation", "linear", "nearest") ? LabelInterpolation::linear
                                                                                : LabelInterpolation::nearest;
    }
    members.end();
    return how;
}

}  // namespace cohort::grid
