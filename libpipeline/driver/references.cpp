#include "driver/references.h"

#include "core/files.h"
#include "driver/pipeline.h"

namespace cohort::driver {
namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

void add_text(std::vector<ReferencePiece>& pieces, std::string_view text) {
    if (text.empty()) return;
    if (!pieces.empty() && pieces.back().kind == ReferencePiece::Kind::text)
        pieces.back().text += text;
    else
        pieces.push_back({ReferencePiece::Kind::text, std::string(text)});
}

/// What stands between the braces; false if it is no reference.
bool add_reference(std::vector<ReferencePiece>& pieces, std::string_view inside) {
    inside = trimmed(inside);
    if (!inside.starts_with("steps.")) {
        if (!is_name(inside)) return false;
        pieces.push_back({ReferencePiece::Kind::name, std::string(inside)});
        return true;
    }
    inside.remove_prefix(6);
    const bool gather = inside.ends_with(".*");
    if (gather) inside.remove_suffix(2);
    if (!is_name(inside)) return false;
    pieces.push_back({gather ? ReferencePiece::Kind::gather : ReferencePiece::Kind::step, std::string(inside)});
    return true;
}

}  // namespace

ReferenceText parse_references(std::string_view text) {
    ReferenceText result;
    while (!text.empty()) {
        const auto begin = text.find("${");
        if (begin == std::string_view::npos) {
            add_text(result.pieces, text);
            break;
        }
        if (begin > 0 && text[begin - 1] == '$') {
            add_text(result.pieces, text.substr(0, begin - 1));
            add_text(result.pieces, "${");
            text.remove_prefix(begin + 2);
            continue;
        }
        add_text(result.pieces, text.substr(0, begin));
        text.remove_prefix(begin + 2);
        const auto end = text.find('}');
        if (end == std::string_view::npos) {
            result.fault = "A '${' is never closed by '}'; write $${ for the two characters themselves.";
            return result;
        }
        if (!add_reference(result.pieces, text.substr(0, end))) {
            result.fault = "'${" + printable(text.substr(0, end)) +
                           "}' is no reference; there are ${name}, ${steps.NAME} and ${steps.NAME.*}.";
            return result;
        }
        text.remove_prefix(end + 1);
    }
    return result;
}

}  // namespace cohort::driver
