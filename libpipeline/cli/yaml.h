// YAML's safe subset as JSON, with the place of every value (libyaml behind this one header).
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "core/json.h"

namespace cohort::cli {

struct Mark {
    int line = 0;    ///< from 1
    int column = 0;  ///< from 1
};

struct YamlDocument {
    Json value;
    std::map<std::string, Mark> marks;  ///< by JSON pointer; keys of mappings too, as pointer + "#key"
    std::vector<std::string> key_order;  ///< JSON pointers of all mapping members, as in the file
    Mark mark(const std::string& pointer) const;  ///< of the value or its nearest known ancestor
};

/// One document of plain mappings, sequences and scalars; 1.2 core schema (true/false, null/~, numbers; yes/no/on/off are
/// text). Refuses, with line and column (Error usage): anchors, aliases, tags, merge keys, duplicate keys, several
/// documents, depth over 64, more than 2^20 nodes, invalid UTF-8. JSON is YAML.
YamlDocument parse_yaml(std::string_view text, std::string_view name);
YamlDocument read_yaml(const std::filesystem::path& file);

}  // namespace cohort::cli
