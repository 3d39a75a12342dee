// manifest.json: what an artefact is. Canonical JSON, same bytes for same content.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/digest.h"
#include "core/json.h"

namespace cohort::store {

enum class Privacy { identified, pseudonymised, anonymous };  // ordered: later is more private
std::string_view name_of(Privacy level);
std::optional<Privacy> privacy_named(std::string_view name);

/// Kinds: dataset, split, plan, model, evaluation, files.
bool is_kind(std::string_view kind);

/// sources = samples' sources + quarantined + skipped; unhashed.
struct Counts {
    std::uint64_t sources = 0;
    std::uint64_t quarantined = 0;
    std::uint64_t skipped = 0;
};

struct InputRecord {
    std::string name;  ///< parameter name, with [i] for a list: "predictions[1]"
    std::string kind;  ///< an artefact kind, or "raw"
    std::string digest;
    friend bool operator==(const InputRecord&, const InputRecord&) = default;
};

struct MadeBy {
    std::string step;
    std::string version;               ///< a release, never a commit
    Json parameters = Json::object();  ///< those of the cache key: defaults filled in, paths replaced by digests
    std::uint64_t seed = 0;
    std::vector<InputRecord> inputs;
};

struct Manifest {
    std::string kind;
    Digest digest;
    Privacy privacy = Privacy::identified;
    Json content = Json::object();  ///< the kind's own tables
    std::map<std::string, Digest>
        members;  ///< what `digest` covers beside kind, privacy and content; see hashed_members
    Counts counts;
    MadeBy made_by;

    /// Digest of a member ("samples.jsonl", "split.json" …); Error(bad_input) naming `artefact` when it has none.
    const Digest& member(const std::string& name, const std::filesystem::path& artefact) const;
};

inline constexpr int manifest_format = 1;

Json to_json(const Manifest& manifest);
/// Validates shape and types; Error(bad_input) naming `where` otherwise.
Manifest manifest_from_json(const Json& json, std::string_view where);

/// Where our own files lie in an artefact: its folder, for `files` its `.cohort/`.
std::filesystem::path own_folder(const std::filesystem::path& artefact, std::string_view kind);
/// The folder that holds manifest.json and run.json of what stands there; nothing when neither place has a manifest.
std::optional<std::filesystem::path> find_own_folder(const std::filesystem::path& artefact);

/// Error(bad_input): no folder, no manifest (a sentence that says whether it looks unfinished), damaged manifest, or a
/// digest that is not that of {kind, privacy, content, members}: the manifest was altered.
/// The members' own bytes are checked by who reads them, against `members`.
Manifest read_manifest(const std::filesystem::path& artefact);

/// Reads a member whole and checks it against the manifest; Error(bad_input) naming it when it was altered.
std::string read_member(const std::filesystem::path& artefact, const Manifest& manifest, const std::string& name);

/// The same for a member that is read by other means: Error(bad_input) naming it when its bytes are others.
void check_member(const std::filesystem::path& artefact, const Manifest& manifest, const std::string& name);

/// Members that enter the digest: every file but manifest.json, run.json, quarantine.jsonl, sources.jsonl, index.jsonl
/// and what is under shards/ (of `files`: every file but the first four in `.cohort/`).
/// Relative path → SHA-256 of its bytes, for `.gz` of its unpacked bytes (of its bytes when it does not unpack).
std::map<std::string, Digest> hashed_members(const std::filesystem::path& artefact, unsigned threads);

/// sha256 of canonical {kind, privacy, content, members}.
Digest content_digest(const Manifest& manifest, const std::map<std::string, Digest>& members);

}  // namespace cohort::store
