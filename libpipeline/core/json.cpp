#include "core/json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>
#include <vector>

#include "core/error.h"
#include "core/files.h"

namespace cohort {

namespace {

constexpr std::size_t deepest = 128;

/// Builds the value through nlohmann's own DOM builder while refusing what it would accept: duplicate keys, depth.
class StrictBuilder : public nlohmann::json_sax<Json> {
public:
    StrictBuilder(Json& root, std::string_view name) : builder_(root, false), name_(name) {}

    bool null() override { return builder_.null(); }
    bool boolean(bool value) override { return builder_.boolean(value); }
    bool number_integer(number_integer_t value) override { return builder_.number_integer(value); }
    bool number_unsigned(number_unsigned_t value) override { return builder_.number_unsigned(value); }
    bool number_float(number_float_t value, const string_t& text) override {
        if (!std::isfinite(value)) return refuse("the number " + text + " is beyond what a double can hold");
        return builder_.number_float(value, text);
    }
    bool string(string_t& value) override { return builder_.string(value); }
    bool binary(binary_t& value) override { return builder_.binary(value); }
    bool start_object(std::size_t size) override {
        if (!deeper()) return false;
        keys_.emplace_back();
        return builder_.start_object(size);
    }
    bool key(string_t& value) override {
        if (!keys_.back().insert(value).second) return refuse("the key \"" + printable(value) + "\" stands twice in one object");
        return builder_.key(value);
    }
    bool end_object() override {
        --depth_;
        keys_.pop_back();
        return builder_.end_object();
    }
    bool start_array(std::size_t size) override { return deeper() && builder_.start_array(size); }
    bool end_array() override {
        --depth_;
        return builder_.end_array();
    }
    bool parse_error(std::size_t position, const std::string& /*last*/, const Json::exception& fault) override {
        // nlohmann's text: "[json.exception.parse_error.101] parse error at line 1, column 5: syntax error …"
        std::string text = fault.what();
        if (const auto end = text.find("parse error"); end != std::string::npos) text.erase(0, end);
        return refuse(text + " (byte " + std::to_string(position) + ")");
    }

private:
    bool deeper() { return ++depth_ <= deepest || refuse("it nests deeper than " + std::to_string(deepest)); }
    bool refuse(const std::string& why) {
        throw Error(Exit::bad_input, std::string(name_) + ": not JSON that can be used: " + why + ".");
    }

    nlohmann::detail::json_sax_dom_parser<Json> builder_;
    std::string_view name_;
    std::vector<std::set<std::string, std::less<>>> keys_;
    std::size_t depth_ = 0;
};

void append_quoted(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += '"';
    for (const char c : text) {
        switch (c) {
            case '"': out += "\\\""; break;
            case '\\': out += "\\\\"; break;
            case '\b': out += "\\b"; break;
            case '\f': out += "\\f"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            default:
                if (static_cast<unsigned char>(c) < 0x20) {
                    out += "\\u00";
                    out += digits[static_cast<unsigned char>(c) >> 4];
                    out += digits[c & 15];
                } else {
                    out += c;
                }
        }
    }
    out += '"';
}

/// Order of UTF-16 code units, as RFC 8785 asks: differs from byte order only where one key has a code point above
/// U+FFFF (lead byte F0 and up, surrogates D800–DFFF) and the other one from U+E000 to U+FFFF (lead byte EE or EF).
bool utf16_less(std::string_view a, std::string_view b) {
    const auto [x, y] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    if (x == a.end() || y == b.end()) return a.size() < b.size();
    const auto p = static_cast<unsigned char>(*x), q = static_cast<unsigned char>(*y);
    if (p >= 0xF0 && (q == 0xEE || q == 0xEF)) return true;
    if (q >= 0xF0 && (p == 0xEE || p == 0xEF)) return false;
    return p < q;
}

/// Writes a value; `indent` 0 is canonical, else blanks per level.
class Writer {
public:
    Writer(std::string& out, std::size_t indent) : out_(out), indent_(indent) {}

    void write(const Json& value, std::size_t level) {
        switch (value.type()) {
            case Json::value_t::null: out_ += "null"; return;
            case Json::value_t::boolean: out_ += value.get<bool>() ? "true" : "false"; return;
            case Json::value_t::number_integer: return write_integer(value.get<std::int64_t>());
            case Json::value_t::number_unsigned: return write_integer(value.get<std::uint64_t>());
            case Json::value_t::number_float: out_ += shortest(value.get<double>()); return;
            case Json::value_t::string: append_quoted(out_, value.get_ref<const std::string&>()); return;
            case Json::value_t::array: return write_array(value, level);
            case Json::value_t::object: return write_object(value, level);
            case Json::value_t::binary:
            case Json::value_t::discarded: break;
        }
        throw Error(Exit::bug, "A value that JSON cannot hold was to be written; please report this.");
    }

private:
    void new_line(std::size_t level) {
        if (indent_ > 0) out_ += '\n', out_.append(indent_ * level, ' ');
    }

    template <class Integer>
    void write_integer(Integer value) {
        std::array<char, 24> text{};
        out_.append(text.data(), std::to_chars(text.begin(), text.end(), value).ptr);
    }

    void write_array(const Json& value, std::size_t level) {
        out_ += '[';
        // Rows of plain numbers stay on one line even when indented: affines and shapes are read as rows.
        const bool flat =
            indent_ > 0 && std::all_of(value.begin(), value.end(), [](const Json& v) { return v.is_number(); });
        bool first = true;
        for (const auto& entry : value) {
            if (!first) out_ += flat ? ", " : ",";
            first = false;
            if (!flat) new_line(level + 1);
            write(entry, level + 1);
        }
        if (!value.empty() && !flat) new_line(level);
        out_ += ']';
    }

    void write_object(const Json& value, std::size_t level) {
        std::vector<std::pair<std::string_view, const Json*>> members;
        members.reserve(value.size());
        for (const auto& [key, entry] : value.items()) members.emplace_back(key, &entry);
        std::sort(members.begin(), members.end(),
                  [](const auto& a, const auto& b) { return utf16_less(a.first, b.first); });
        out_ += '{';
        bool first = true;
        for (const auto& [key, entry] : members) {
            if (!first) out_ += ',';
            first = false;
            new_line(level + 1);
            append_quoted(out_, key);
            out_ += indent_ > 0 ? ": " : ":";
            write(*entry, level + 1);
        }
        if (!members.empty()) new_line(level);
        out_ += '}';
    }

    std::string& out_;
    std::size_t indent_;
};

}  // namespace

Json parse_json(std::string_view text, std::string_view name) {
    Json root;
    StrictBuilder builder(root, name);
    Json::sax_parse(text.begin(), text.end(), &builder);
    return root;
}

Json read_json(const std::filesystem::path& file, std::size_t most_bytes) {
    return parse_json(read_text(file, most_bytes), printable(file.string()));
}

std::string canonical_json(const Json& value) {
    std::string out;
    Writer(out, 0).write(value, 0);
    return out;
}

std::string pretty_json(const Json& value) {
    std::string out;
    Writer(out, 2).write(value, 0);
    return out + "\n";
}

std::string shortest(double value) {
    if (!std::isfinite(value)) throw Error(Exit::bug, "A number that is not finite was to be written; please report this.");
    if (value == 0) return "0";  // −0 too
    // std::to_chars gives the shortest digits; ECMAScript (Number::toString) decides how they are laid out.
    std::array<char, 40> buffer{};
    const auto end = std::to_chars(buffer.begin(), buffer.end(), std::abs(value), std::chars_format::scientific).ptr;
    const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
    const auto e = text.find('e');
    std::string digits(1, text[0]);
    if (e > 2) digits += text.substr(2, e - 2);
    int exponent = 0;
    const auto* from = text.data() + e + 1 + (text[e + 1] == '+' ? 1 : 0);
    std::from_chars(from, end, exponent);
    const int count = static_cast<int>(digits.size()), point = exponent + 1;  // value = 0.digits × 10^point
    std::string out = value < 0 ? "-" : "";
    if (count <= point && point <= 21) {
        out += digits + std::string(static_cast<std::size_t>(point - count), '0');
    } else if (0 < point && point <= 21) {
        out += digits.substr(0, static_cast<std::size_t>(point)) + "." + digits.substr(static_cast<std::size_t>(point));
    } else if (-6 < point && point <= 0) {
        out += "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
    } else {
        out += digits.substr(0, 1);
        if (count > 1) out += "." + digits.substr(1);
        out += point - 1 < 0 ? "e-" : "e+";
        out += std::to_string(std::abs(point - 1));
    }
    return out;
}

Json null_if_not_finite(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

const Json& member(const Json& object, std::string_view key, std::string_view where) {
    if (object.is_object())
        if (const auto found = object.find(key); found != object.end()) return *found;
    throw Error(Exit::bad_input, std::string(where) + ": the member \"" + std::string(key) + "\" is missing.");
}

std::string text_member(const Json& object, std::string_view key, std::string_view where) {
    const Json& value = member(object, key, where);
    if (!value.is_string()) throw Error(Exit::bad_input, std::string(where) + ": the member \"" + std::string(key) + "\" is no text.");
    return value.get<std::string>();
}

double number_member(const Json& object, std::string_view key, std::string_view where) {
    const Json& value = member(object, key, where);
    if (!value.is_number()) throw Error(Exit::bad_input, std::string(where) + ": the member \"" + std::string(key) + "\" is no number.");
    return value.get<double>();
}

std::int64_t integer_member(const Json& object, std::string_view key, std::string_view where) {
    const Json& value = member(object, key, where);
    const bool fits = value.is_number_integer() &&
                      !(value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX));
    if (!fits) throw Error(Exit::bad_input, std::string(where) + ": the member \"" + std::string(key) + "\" is no whole number.");
    return value.get<std::int64_t>();
}

}  // namespace cohort
