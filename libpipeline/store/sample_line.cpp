#include "store/sample_line.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "core/checked_math.h"

namespace cohort::store {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// A cursor over one line. Every function returns false, and the line is given up, when it does not find what it is
/// for.
class Cursor {
public:
    explicit Cursor(std::string_view line) : at_(line.data()), end_(line.data() + line.size()) {}

    bool at_end() const { return at_ == end_; }

    bool text(std::string_view expected) {
        if (static_cast<std::size_t>(end_ - at_) < expected.size() ||
            std::string_view(at_, expected.size()) != expected)
            return false;
        at_ += expected.size();
        return true;
    }

    /// A quoted text of printable ASCII without escapes.
    bool quoted(std::string& into) {
        if (!text("\"")) return false;
        const char* begin = at_;
        while (at_ != end_ && *at_ != '"') {
            const char c = *at_++;
            if (c < 0x20 || c > 0x7e || c == '\\') return false;
        }
        if (at_ == end_) return false;
        into.assign(begin, at_);
        ++at_;
        return true;
    }

    /// A number by JSON's grammar; `is_integer` when it has neither fraction nor exponent.
    bool number_text(std::string_view& token, bool& is_integer) {
        const char* begin = at_;
        if (at_ != end_ && *at_ == '-') ++at_;
        if (!digits(true)) return false;
        is_integer = true;
        if (at_ != end_ && *at_ == '.') {
            is_integer = false;
            ++at_;
            if (!digits(false)) return false;
        }
        if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
            is_integer = false;
            ++at_;
            if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
            if (!digits(false)) return false;
        }
        token = {begin, static_cast<std::size_t>(at_ - begin)};
        return true;
    }

    bool number(double& into) {
        std::string_view token;
        bool is_integer = false;
        return number_text(token, is_integer) && converted(token, into) && std::isfinite(into);
    }

    bool integer(std::int64_t& into) {
        std::string_view token;
        bool is_integer = false;
        return number_text(token, is_integer) && is_integer && converted(token, into);
    }

    template <class Number>
    static bool converted(std::string_view token, Number& into) {
        const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), into);
        return error == std::errc() && end == token.data() + token.size();
    }

    /// "[" item "," item … "]", at most `most` items.
    template <class Item>
    bool list(std::size_t most, Item item) {
        if (!text("[")) return false;
        if (text("]")) return true;
        for (std::size_t i = 0; i < most; ++i) {
            if (!item()) return false;
            if (text("]")) return true;
            if (!text(",")) return false;
        }
        return false;
    }

    /// "{" "name": value … "}" with names strictly ascending: in canonical order, and none twice.
    template <class Value>
    bool object(Value value) {
        if (!text("{")) return false;
        if (text("}")) return true;
        std::string previous, name;
        for (bool first = true;; first = false) {
            if (!quoted(name) || !text(":") || (!first && name <= previous)) return false;
            if (!value(name)) return false;
            if (text("}")) return true;
            if (!text(",")) return false;
            previous.swap(name);
        }
    }

private:
    bool digits(bool no_leading_zero) {
        const char* begin = at_;
        while (at_ != end_ && is_digit(*at_)) ++at_;
        return at_ != begin && !(no_leading_zero && *begin == '0' && at_ - begin > 1);
    }

    const char* at_;
    const char* end_;
};

bool read_texts(Cursor& cursor, std::vector<std::string>& into) {
    return cursor.list(std::numeric_limits<std::size_t>::max(), [&] { return cursor.quoted(into.emplace_back()); });
}

bool read_shape(Cursor& cursor, Shape& into) {
    into.reserve(3);
    return cursor.list(most_axes, [&] { return cursor.integer(into.emplace_back()); });
}

bool read_axes(Cursor& cursor, std::vector<Axis>& into) {
    into.reserve(3);
    return cursor.list(most_axes, [&] { return cursor.quoted(into.emplace_back().name); });
}

template <std::size_t n>
bool read_row(Cursor& cursor, std::array<double, n>& row) {
    std::size_t i = 0;
    return cursor.list(n, [&] { return cursor.number(row[i++]); }) && i == n;
}

bool read_geometry(Cursor& cursor, Geometry& into) {
    if (cursor.text("null")) return true;
    if (cursor.text("{\"affine\":")) {
        auto& rows = into.affine.emplace().m;
        std::size_t i = 0;
        return cursor.list(rows.size(), [&] { return read_row(cursor, rows[i++]); }) && i == rows.size() &&
               cursor.text("}");
    }
    return cursor.text("{\"spacing\":") && read_row(cursor, into.raster_spacing_mm.emplace()) && cursor.text("}");
}

bool read_scale(Cursor& cursor, Scale& into) {
    if (cursor.text("null")) return true;
    return cursor.text("{\"offset\":") && cursor.number(into.offset[0]) && cursor.text(",\"slope\":") &&
           cursor.number(into.slope[0]) && cursor.text("}");
}

bool read_native(Cursor& cursor, NativeGrid& into) {
    return cursor.text("{\"axes\":") && read_axes(cursor, into.axes) && cursor.text(",\"geometry\":") &&
           read_geometry(cursor, into.geometry) && cursor.text(",\"shape\":") && read_shape(cursor, into.shape) &&
           cursor.text("}");
}

template <class Named, class Value>
bool read_named(Cursor& cursor, Named named, Value& into) {
    std::string name;
    if (!cursor.quoted(name)) return false;
    const auto value = named(name);
    if (value) into = *value;
    return value.has_value();
}

bool read_array(Cursor& cursor, ArrayInfo& info) {
    return cursor.text("{\"axes\":") && read_axes(cursor, info.axes) &&
           (!cursor.text(",\"channels\":") || read_texts(cursor, info.channels)) && cursor.text(",\"digest\":") &&
           read_named(cursor, digest_from_text, info.digest) && cursor.text(",\"geometry\":") &&
           read_geometry(cursor, info.geometry) &&
           (!cursor.text(",\"native\":") || read_native(cursor, info.native.emplace())) && cursor.text(",\"role\":") &&
           read_named(cursor, role_named, info.role) && cursor.text(",\"scale\":") && read_scale(cursor, info.scale) &&
           cursor.text(",\"shape\":") && read_shape(cursor, info.shape) && cursor.text(",\"type\":") &&
           read_named(cursor, voxel_type_named, info.type) && cursor.text("}") && fault_of(info) == nullptr;
}

bool read_flag(Cursor& cursor, Flag& flag) {
    return cursor.text("{\"check\":") && cursor.quoted(flag.check) && cursor.text(",\"message\":") &&
           cursor.quoted(flag.message) && cursor.text("}");
}

/// Numbers become what parse_json makes of them: unsigned, signed when negative, floating otherwise.
bool read_number(Cursor& cursor, Json& into) {
    std::string_view token;
    bool is_integer = false;
    if (!cursor.number_text(token, is_integer)) return false;
    double floating = 0;
    std::int64_t negative = 0;
    std::uint64_t natural = 0;
    if (is_integer && token[0] == '-')
        return Cursor::converted(token, negative) && negative < 0 && (into = negative, true);
    if (is_integer) return Cursor::converted(token, natural) && (into = natural, true);
    return Cursor::converted(token, floating) && std::isfinite(floating) && (into = floating, true);
}

bool read_value(Cursor& cursor, Json& into) {
    if (cursor.text("null")) return true;
    if (cursor.text("true")) return into = true, true;
    if (cursor.text("false")) return into = false, true;
    if (read_number(cursor, into)) return true;
    std::string text;
    return cursor.quoted(text) && (into = std::move(text), true);
}

const char* fault_of_grid(const Shape& shape, const std::vector<Axis>& axes) {
    if (shape.empty() || shape.size() > most_axes) return "'shape' must list one to seven extents";
    if (axes.size() != shape.size()) return "'axes' and 'shape' differ in length";
    std::array<std::int64_t, most_axes + 1> factors{};
    for (std::size_t i = 0; i < shape.size(); ++i) {
        if (shape[i] <= 0) return "an extent of 'shape' is not positive";
        factors[i] = shape[i];
        const auto extent = static_cast<std::uint64_t>(shape[i]);
        for (const std::size_t length : {axes[i].coordinates.size(), axes[i].labels.size()})
            if (length != 0 && length != extent) return "coordinates or labels of an axis do not match its extent";
    }
    factors[shape.size()] = 16;  // the largest voxel: so the size in bytes fits as well
    if (!checked_product(std::span<const std::int64_t>(factors.data(), shape.size() + 1)))
        return "'shape' promises more than 2^63 bytes";
    return nullptr;
}

}  // namespace

const char* fault_of(const ArrayInfo& info) {
    if (const char* fault = fault_of_grid(info.shape, info.axes)) return fault;
    if (info.native)
        if (const char* fault = fault_of_grid(info.native->shape, info.native->axes)) return fault;
    if (info.scale.axis.empty()) return nullptr;
    for (std::size_t i = 0; i < info.axes.size(); ++i)
        if (info.axes[i].name == info.scale.axis)
            return static_cast<std::uint64_t>(info.shape[i]) == info.scale.slope.size()
                       ? nullptr
                       : "'scale' does not have a slope for each index of its axis";
    return "'scale' names an axis that the array lacks";
}

const char* fault_of_name(std::string_view name) {
    if (name.find_first_not_of('.') == std::string_view::npos) return "it is empty or made of dots";
    const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || is_digit(c) || c == '.' || c == '_' || c == '%' ||
               c == '-';
    });
    return plain ? nullptr : "it holds bytes beyond [A-Za-z0-9._-] that are not written as %XX";
}

bool read_plain_line(std::string_view line, Sample& sample) {
    Cursor cursor(line);
    const auto array = [&](const std::string& name) {
        const auto place = sample.arrays.try_emplace(sample.arrays.end(), name);
        return fault_of_name(name) == nullptr && read_array(cursor, place->second);
    };
    const auto flag = [&] { return read_flag(cursor, sample.flags.emplace_back()); };
    const auto value = [&](const std::string& name) { return read_value(cursor, sample.values[name]); };
    return cursor.text("{\"arrays\":") && cursor.object(array) && cursor.text(",\"flags\":") &&
           cursor.list(std::numeric_limits<std::size_t>::max(), flag) && cursor.text(",\"id\":") &&
           cursor.quoted(sample.id) && cursor.text(",\"session\":") && cursor.quoted(sample.session) &&
           cursor.text(",\"source\":") && read_texts(cursor, sample.source) && cursor.text(",\"subject\":") &&
           cursor.quoted(sample.subject) && cursor.text(",\"values\":") && cursor.object(value) && cursor.text("}") &&
           cursor.at_end() && fault_of_name(sample.id) == nullptr;
}

}  // namespace cohort::store
