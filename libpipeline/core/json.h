// JSON: parsing of hostile text, and the canonical form (RFC 8785) in which everything of ours is written and hashed.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace cohort {

using Json = nlohmann::json;

/// Parses UTF-8 text. Refuses (Error, bad_input): syntax faults, duplicate keys, nesting deeper than 128,
/// invalid UTF-8, numbers that no double can hold. `name` is what the sentence calls the text.
Json parse_json(std::string_view text, std::string_view name);

/// Reads and parses a file of at most `most_bytes`.
Json read_json(const std::filesystem::path& file, std::size_t most_bytes = std::size_t{1} << 30);

/// Canonical JSON, RFC 8785: no blanks, keys sorted by UTF-16 code units, numbers as ECMAScript prints them.
/// −0 is written 0. Non-finite numbers are a bug here: callers write null with a reason (null_if_not_finite).
std::string canonical_json(const Json& value);

/// Indented JSON for people (same numbers, same order of keys); ends with a newline.
std::string pretty_json(const Json& value);

/// Shortest text that reads back to the same double, as ECMAScript's Number::toString. Finite values only.
std::string shortest(double value);

/// The number, or null when it is NaN or infinite.
Json null_if_not_finite(double value);

/// Checked access with a sentence that names `where` when a member is missing or of another type (Error, bad_input).
const Json& member(const Json& object, std::string_view key, std::string_view where);
std::string text_member(const Json& object, std::string_view key, std::string_view where);
double number_member(const Json& object, std::string_view key, std::string_view where);
std::int64_t integer_member(const Json& object, std::string_view key, std::string_view where);

}  // namespace cohort
