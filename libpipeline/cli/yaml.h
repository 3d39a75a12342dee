// YAML's safe subset as JSON, with the place of every value (libyaml behind this one header).
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace cohort::cli {

struct Mark {
    int line = 0;    ///< from 1
    int column = 0;  ///< from 1
};

struct YamlDocument {
    Json value;
    Json
        written;  ///< the same with every scalar as the text that stands in the file (null stays null): see converted()
    std::map<std::string, Mark> marks;            ///< by JSON pointer; keys of mappings too, as pointer + "#key"
    std::vector<std::string> key_order;           ///< JSON pointers of all mapping members, as in the file
    Mark mark(const std::string& pointer) const;  ///< of the value or its nearest known ancestor
};

/// One document of plain mappings, sequences and scalars; 1.2 core schema (true/false, null/~, numbers; yes/no/on/off
/// are text). Refuses, with line and column (Error usage): anchors, aliases, tags, merge keys, duplicate keys, several
/// documents, depth over 64, more than 2^20 nodes, numbers that no double holds, invalid UTF-8. JSON is YAML; a name
/// that ends in ".json" is read as JSON, without marks. A build without libyaml reads JSON only and says so.
YamlDocument parse_yaml(std::string_view text, std::string_view name);
/// Error(bad_input) when the file cannot be read or is larger than 64 MiB.
YamlDocument read_yaml(const std::filesystem::path& file);

}  // namespace cohort::cli
