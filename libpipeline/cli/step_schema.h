// A step's schema: the only place where its parameters are described. Compiled in from schemas/steps/*.json.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace cohort::cli {

/// How a parameter names something on disk.
enum class PathKind {
    none,
    artefact,  ///< folder(s) of ours; `artefact_kinds` says which kinds are accepted
    raw,       ///< a file or folder from elsewhere that is read: its content enters the key
    output     ///< a file to write (inspect's --png): never in the key
};

struct Parameter {
    std::string name;   ///< snake_case, as in JSON
    std::string flag;   ///< "--kebab-case"
    std::string value;  ///< placeholder in the help: DIR, N …; empty for a switch (boolean)
    std::string group;
    std::string description;
    Json schema;  ///< the property's own schema (type, enum, minimum, default …)
    bool required = false;
    bool is_list = false;     ///< type array: the flag repeats or takes commas
    bool positional = false;  ///< inspect ARTEFACT, compare A B
    PathKind path = PathKind::none;
    std::vector<std::string> artefact_kinds;
    bool may_be_absent = false;   ///< a raw path that need not exist (then null in the key)
    bool affects_content = true;  ///< false: not in the key (x-cli "content": false)
    bool instead_of_output = false;  ///< given, it is what the run makes (a picture): no --out then
    std::string when;             ///< of a common option: "output", "seed" or "device", if only steps with that have it
};

struct StepSchema {
    std::string name;  ///< "ingest"
    std::string description;
    std::string output;  ///< kind of artefact it makes; empty: none
    int content_version = 1;
    bool uses_seed = false;
    bool uses_device = false;  ///< also: compute threads, device and LibTorch version enter the key
    std::vector<std::string> example;
    std::vector<int> exit_codes;        ///< x-cli "exit_codes": beyond those that every program has; may be empty
    std::vector<Parameter> parameters;  ///< in the order of the help
    Json json;                          ///< the whole schema

    const Parameter* parameter(std::string_view name) const;
};

/// Names of all steps that are compiled in, sorted.
std::vector<std::string> step_names();
bool has_step(std::string_view name);
/// Parsed once per process; Error(usage) with "did you mean" for an unknown name.
const StepSchema& step_schema(std::string_view name);
/// The options every program has (schemas/options.json), in the order of the help.
const StepSchema& options_schema();
/// Those of them that this step's program has: no --out without output, no --seed without randomness …
std::vector<const Parameter*> options_of(const StepSchema& schema);

/// From a schema's text; Error(bug) when it does not keep to our conventions.
StepSchema parse_step_schema(std::string_view text, std::string_view name);

/// Other schemas by file name without folder: "pipeline", "manifest", "sample". Error(bug) if there is none.
std::string_view schema_text(std::string_view name);

}  // namespace cohort::cli
