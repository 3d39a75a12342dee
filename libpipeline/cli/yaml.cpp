#include "cli/yaml.h"

#include <charconv>
#include <cmath>
#include <optional>

#include "cli/validator.h"
#include "core/error.h"
#include "core/files.h"

#ifdef COHORT_HAS_LIBYAML
#include <yaml.h>
#endif

namespace cohort::cli {
namespace {

constexpr std::uint64_t most_bytes = std::uint64_t{64} << 20;

/// A parsed JSON text, in the order of the text, as a document without marks.
void take_ordered(const nlohmann::ordered_json& from, const std::string& pointer, Json& value, Json& written,
                  YamlDocument& document) {
    if (from.is_object()) {
        value = Json::object();
        written = Json::object();
        for (const auto& [key, member] : from.items()) {
            const auto below = pointer_to(pointer, key);
            document.key_order.push_back(below);
            take_ordered(member, below, value[key], written[key], document);
        }
    } else if (from.is_array()) {
        value = Json::array();
        written = Json::array();
        for (const auto& entry : from) {
            value.emplace_back();
            written.emplace_back();
            take_ordered(entry, pointer_to(pointer, std::to_string(value.size() - 1)), value.back(), written.back(),
                         document);
        }
    } else {
        value = from;
        written = from.is_null() ? Json() : Json(from.is_string() ? from.get<std::string>() : canonical_json(value));
    }
}

YamlDocument parse_as_json(std::string_view text, std::string_view name) {
    try {
        parse_json(text, name);  // refuses what the plain parser below would take: duplicates, depth, bad UTF-8
    } catch (const Error& error) {
        throw Error(Exit::usage, error.sentence());
    }
    YamlDocument document;
    take_ordered(nlohmann::ordered_json::parse(text), "", document.value, document.written, document);
    return document;
}

#ifdef COHORT_HAS_LIBYAML

constexpr int most_depth = 64;
constexpr std::size_t most_nodes = std::size_t{1} << 20;

/// An event of libyaml that frees itself.
class Event {
public:
    Event() = default;
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;
    ~Event() { yaml_event_delete(&event_); }
    yaml_event_t* get() { return &event_; }
    yaml_event_type_t type() const { return event_.type; }
    Mark mark() const {
        return {static_cast<int>(event_.start_mark.line) + 1, static_cast<int>(event_.start_mark.column) + 1};
    }
    const yaml_event_t* operator->() const { return &event_; }

private:
    yaml_event_t event_{};
};

bool all_of(std::string_view text, std::string_view allowed) {
    return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

constexpr std::string_view digits = "0123456789";

/// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?   (YAML 1.2.2, 10.3.2)
bool looks_like_number(std::string_view text) {
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    const auto e = text.find_first_of("eE");
    if (e != std::string_view::npos) {
        auto exponent = text.substr(e + 1);
        if (exponent.starts_with('-') || exponent.starts_with('+')) exponent.remove_prefix(1);
        if (!all_of(exponent, digits)) return false;
        text = text.substr(0, e);
    }
    const auto point = text.find('.');
    if (point == std::string_view::npos) return all_of(text, digits);
    const auto before = text.substr(0, point), after = text.substr(point + 1);
    return (before.empty() || all_of(before, digits)) && (after.empty() || all_of(after, digits)) &&
           before.size() + after.size() > 0;
}

std::optional<std::int64_t> parse_whole(std::string_view text, int base) {
    std::int64_t whole = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole, base);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return whole;
}

/// A plain scalar by the core schema; nothing when it is a number that no double holds.
std::optional<Json> resolved(std::string_view text) {
    if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return Json();
    if (text == "true" || text == "True" || text == "TRUE") return Json(true);
    if (text == "false" || text == "False" || text == "FALSE") return Json(false);
    if (text.starts_with("0o") && all_of(text.substr(2), "01234567"))
        if (const auto whole = parse_whole(text.substr(2), 8)) return Json(*whole);
    if (text.starts_with("0x") && all_of(text.substr(2), "0123456789abcdefABCDEF"))
        if (const auto whole = parse_whole(text.substr(2), 16)) return Json(*whole);
    auto unsigned_text = text;
    if (text.starts_with('-') || text.starts_with('+')) unsigned_text.remove_prefix(1);
    for (const char* special : {".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"})
        if (unsigned_text == special) return std::nullopt;
    if (!looks_like_number(text)) return Json(std::string(text));
    if (text.starts_with('+')) text.remove_prefix(1);
    if (all_of(unsigned_text, digits))
        if (const auto whole = parse_whole(text, 10)) return Json(*whole);
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || !std::isfinite(number)) return std::nullopt;
    return Json(number);
}

class Reader {
public:
    Reader(std::string_view text, std::string_view name) : text_(text), name_(name) {
        if (yaml_parser_initialize(&parser_) == 0) throw std::bad_alloc();
        // Said, not guessed: a UTF-16 mark would otherwise change how every byte is read.
        yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
    }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    ~Reader() { yaml_parser_delete(&parser_); }

    YamlDocument read() {
        Event stream;
        next(stream);
        Event document;
        next(document);
        if (document.type() == YAML_STREAM_END_EVENT) return std::move(document_);  // nothing but comments
        if (document->data.document_start.tag_directives.start != document->data.document_start.tag_directives.end)
            refuse(document.mark(), "tags are not read here; leave the %TAG line out.");
        Event root;
        next(root);
        document_.marks[""] = root.mark();
        node(root, "", document_.value, document_.written, 0);
        Event end;
        next(end);
        Event after;
        next(after);
        if (after.type() != YAML_STREAM_END_EVENT)
            refuse(after.mark(), "a second document begins here; one file holds one document.");
        return std::move(document_);
    }

private:
    [[noreturn]] void refuse(Mark mark, const std::string& sentence) const {
        throw Error(Exit::usage, printable(name_) + ":" + std::to_string(mark.line) + ":" +
                                     std::to_string(mark.column) + ": " + sentence);
    }

    void next(Event& event) {
        if (yaml_parser_parse(&parser_, event.get()) == 0) refuse_syntax();
    }

    [[noreturn]] void refuse_syntax() const {
        const std::string problem = parser_.problem != nullptr ? parser_.problem : "out of memory";
        if (parser_.error == YAML_READER_ERROR) {  // has an offset in place of a mark
            Mark mark{1, 1};
            for (const char c : text_.substr(0, parser_.problem_offset)) {
                mark = c == '\n' ? Mark{mark.line + 1, 1} : Mark{mark.line, mark.column + 1};
            }
            refuse(mark, "a byte here is no UTF-8 text (" + problem + ").");
        }
        const Mark mark{static_cast<int>(parser_.problem_mark.line) + 1,
                        static_cast<int>(parser_.problem_mark.column) + 1};
        std::string context;
        if (parser_.context != nullptr)
            context = ", " + std::string(parser_.context) + " that begins at line " +
                      std::to_string(parser_.context_mark.line + 1);
        refuse(mark, "this is no valid YAML: " + problem + context + ".");
    }

    void refuse_properties(Mark mark, const unsigned char* anchor, const unsigned char* tag) const {
        if (anchor != nullptr)
            refuse(mark, "anchors (&" + printable(reinterpret_cast<const char*>(anchor)) +
                             ") are not read here; write the value out where it is needed.");
        if (tag != nullptr)
            refuse(mark,
                   "tags (" + printable(reinterpret_cast<const char*>(tag)) + ") are not read here; leave them out.");
    }

    void node(const Event& event, const std::string& pointer, Json& value, Json& written, int depth) {
        if (depth > most_depth) refuse(event.mark(), "nested more than 64 deep.");
        if (++nodes_ > most_nodes) refuse(event.mark(), "more than a million values; split the file.");
        switch (event.type()) {
            case YAML_SCALAR_EVENT:
                return scalar(event, value, written);
            case YAML_SEQUENCE_START_EVENT:
                refuse_properties(event.mark(), event->data.sequence_start.anchor, event->data.sequence_start.tag);
                return sequence(pointer, value, written, depth);
            case YAML_MAPPING_START_EVENT:
                refuse_properties(event.mark(), event->data.mapping_start.anchor, event->data.mapping_start.tag);
                return mapping(pointer, value, written, depth);
            case YAML_ALIAS_EVENT:
                refuse(event.mark(), "aliases (*" + printable(reinterpret_cast<const char*>(event->data.alias.anchor)) +
                                         ") are not read here; write the value out.");
            default:
                refuse(event.mark(), "a value is missing.");
        }
    }

    static std::string text_of_scalar(const Event& event) {
        return {reinterpret_cast<const char*>(event->data.scalar.value), event->data.scalar.length};
    }

    void scalar(const Event& event, Json& value, Json& written) const {
        refuse_properties(event.mark(), event->data.scalar.anchor, event->data.scalar.tag);
        auto text = text_of_scalar(event);
        if (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE) {
            value = written = std::move(text);
            return;
        }
        auto json = resolved(text);
        if (!json)
            refuse(event.mark(), "'" + printable(text) + "' is a number that cannot be held; quote it if it is text.");
        written = json->is_null() ? Json() : Json(std::move(text));
        value = std::move(*json);
    }

    void sequence(const std::string& pointer, Json& value, Json& written, int depth) {
        value = Json::array();
        written = Json::array();
        for (;;) {
            Event event;
            next(event);
            if (event.type() == YAML_SEQUENCE_END_EVENT) return;
            const auto below = pointer_to(pointer, std::to_string(value.size()));
            document_.marks[below] = event.mark();
            value.emplace_back();
            written.emplace_back();
            node(event, below, value.back(), written.back(), depth + 1);
        }
    }

    void mapping(const std::string& pointer, Json& value, Json& written, int depth) {
        value = Json::object();
        written = Json::object();
        for (;;) {
            Event key;
            next(key);
            if (key.type() == YAML_MAPPING_END_EVENT) return;
            const auto name = key_of(key);
            if (value.contains(name)) refuse(key.mark(), "'" + printable(name) + "' stands here for the second time.");
            const auto below = pointer_to(pointer, name);
            document_.marks[below + "#key"] = key.mark();
            document_.key_order.push_back(below);
            Event event;
            next(event);
            document_.marks[below] = event.mark();
            node(event, below, value[name], written[name], depth + 1);
        }
    }

    std::string key_of(const Event& key) const {
        if (key.type() == YAML_ALIAS_EVENT) refuse(key.mark(), "aliases are not read here; write the name out.");
        if (key.type() != YAML_SCALAR_EVENT) refuse(key.mark(), "a name must be plain text, no list or mapping.");
        refuse_properties(key.mark(), key->data.scalar.anchor, key->data.scalar.tag);
        auto name = text_of_scalar(key);
        if (name == "<<" && key->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
            refuse(key.mark(), "merge keys (<<) are not read here; write the entries out.");
        return name;
    }

    yaml_parser_t parser_{};
    std::string_view text_;
    std::string name_;
    std::size_t nodes_ = 0;
    YamlDocument document_;
};

#endif

}  // namespace

Mark YamlDocument::mark(const std::string& pointer) const {
    for (auto ancestor = pointer;; ancestor.resize(ancestor.rfind('/'))) {
        if (const auto found = marks.find(ancestor); found != marks.end()) return found->second;
        if (ancestor.rfind('/') == std::string::npos) return {};
    }
}

YamlDocument parse_yaml(std::string_view text, std::string_view name) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    if (name.ends_with(".json")) return parse_as_json(text, name);
#ifdef COHORT_HAS_LIBYAML
    return Reader(text, name).read();
#else
    return within([&] { return "while reading " + printable(name) + " as JSON: this build has no libyaml"; },
                  [&] { return parse_as_json(text, name); });
#endif
}

YamlDocument read_yaml(const std::filesystem::path& file) {
    return parse_yaml(read_text(file, most_bytes), file.string());
}

}  // namespace cohort::cli
