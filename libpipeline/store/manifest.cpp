#include "store/manifest.h"

#include <algorithm>
#include <array>
#include <mutex>

#include "core/error.h"
#include "core/files.h"
#include "core/parallel.h"
#include "store/raw_tree.h"

namespace cohort::store {
namespace {

constexpr std::array<std::string_view, 3> privacy_names{"identified", "pseudonymised", "anonymous"};
constexpr std::array<std::string_view, 6> kinds{"dataset", "evaluation", "files", "model", "plan", "split"};

/// Seeds and counts stay exact in every JSON reader.
constexpr std::int64_t most_exact = (std::int64_t{1} << 53) - 1;

std::uint64_t count_member(const Json& object, std::string_view key, std::string_view where) {
    const std::int64_t value = integer_member(object, key, where);
    if (value < 0 || value > most_exact)
        throw Error(Exit::bad_input,
                    std::string(where) + ": '" + std::string(key) + "' must lie between 0 and 2^53 − 1.");
    return static_cast<std::uint64_t>(value);
}

Digest digest_member(const Json& object, std::string_view key, std::string_view where) {
    const auto digest = digest_from_text(text_member(object, key, where));
    if (!digest)
        throw Error(Exit::bad_input, std::string(where) + ": '" + printable(key) + "' is not of the form sha256:… .");
    return *digest;
}

void require_object(const Json& value, std::string_view what, std::string_view where) {
    if (!value.is_object())
        throw Error(Exit::bad_input, std::string(where) + ": " + std::string(what) + " must be an object.");
}

Json to_json(const MadeBy& made_by) {
    Json inputs = Json::array();
    for (const auto& input : made_by.inputs)
        inputs.push_back({{"name", input.name}, {"kind", input.kind}, {"digest", input.digest}});
    return {{"step", made_by.step},
            {"version", made_by.version},
            {"parameters", made_by.parameters},
            {"seed", made_by.seed},
            {"inputs", std::move(inputs)}};
}

MadeBy made_by_from_json(const Json& json, std::string_view where) {
    require_object(json, "'made_by'", where);
    MadeBy made_by;
    made_by.step = text_member(json, "step", where);
    made_by.version = text_member(json, "version", where);
    made_by.parameters = member(json, "parameters", where);
    require_object(made_by.parameters, "'made_by.parameters'", where);
    made_by.seed = count_member(json, "seed", where);
    const Json& inputs = member(json, "inputs", where);
    if (!inputs.is_array()) throw Error(Exit::bad_input, std::string(where) + ": 'made_by.inputs' must be a list.");
    for (const Json& input : inputs) {
        require_object(input, "an entry of 'made_by.inputs'", where);
        made_by.inputs.push_back({text_member(input, "name", where), text_member(input, "kind", where),
                                  text_member(input, "digest", where)});
    }
    return made_by;
}

std::map<std::string, Digest> members_from_json(const Json& json, std::string_view where) {
    require_object(json, "'members'", where);
    std::map<std::string, Digest> members;
    for (const auto& [name, unused] : json.items()) {
        if (!is_inside(name))
            throw Error(Exit::bad_input,
                        std::string(where) + ": member '" + printable(name) + "' does not lie inside the artefact.");
        members.emplace(name, digest_member(json, name, where));
    }
    return members;
}

Json to_json(const std::map<std::string, Digest>& members) {
    Json json = Json::object();
    for (const auto& [name, digest] : members) json[name] = digest.text();
    return json;
}

/// A sentence for a folder without manifest that says what it looks like.
std::string no_manifest_sentence(const std::filesystem::path& artefact) {
    const std::string name = printable(artefact.string());
    std::error_code ignored;
    if (std::filesystem::exists(artefact / "key", ignored) || artefact.filename().extension() == ".partial")
        return name +
               " is unfinished: the run that writes it has not ended. Wait for it, or give the same command again.";
    const auto unfinished = artefact.parent_path() / ("." + artefact.filename().string() + ".partial");
    if (std::filesystem::exists(unfinished, ignored))
        return name + " holds no manifest.json, and an unfinished run lies beside it; give that command again.";
    return name + " holds no manifest.json, so it is no artefact of cohort; give the --out folder of an earlier step.";
}

bool is_hashed(const std::string& name, bool own_is_apart) {
    static constexpr std::array<std::string_view, 4> about{"manifest.json", "run.json", "quarantine.jsonl",
                                                           "sources.jsonl"};
    // Only an unpublished folder, or one whose publishing was cut short, has these two.
    if (name == "lock" || name == "key") return false;
    if (own_is_apart) {
        const std::string_view own =
            std::string_view(name).starts_with(".cohort/") ? std::string_view(name).substr(8) : "";
        return std::find(about.begin(), about.end(), own) == about.end();
    }
    return std::find(about.begin(), about.end(), name) == about.end() && name != "index.jsonl" &&
           !name.starts_with("shards/");
}

/// A gzip file's content, so that its compression does not count. One that does not unpack counts as it is: an export
/// may carry a damaged file on purpose.
Digest member_digest(const std::filesystem::path& file) {
    constexpr std::uintmax_t large_file = std::uintmax_t{16} << 20;
    if (file.extension() != ".gz") return sha256_file(file).digest;
    // Unpacked in blocks, and large files one at a time, so that the memory held does not grow with the threads.
    static std::mutex one_at_a_time;
    std::unique_lock lock(one_at_a_time, std::defer_lock);
    if (std::filesystem::file_size(file) > large_file) lock.lock();
    const Bytes packed = read_file(file);
    Sha256 plain;
    const bool whole = gunzip_blocks(packed, [&](std::span<const std::byte> block) { plain.update(block); });
    return whole && !packed.empty() ? plain.finish() : sha256(packed);
}

}  // namespace

std::string_view name_of(Privacy level) { return privacy_names[static_cast<std::size_t>(level)]; }

std::optional<Privacy> privacy_named(std::string_view name) {
    const auto found = std::find(privacy_names.begin(), privacy_names.end(), name);
    if (found == privacy_names.end()) return std::nullopt;
    return static_cast<Privacy>(found - privacy_names.begin());
}

bool is_kind(std::string_view kind) { return std::find(kinds.begin(), kinds.end(), kind) != kinds.end(); }

const Digest& Manifest::member(const std::string& name, const std::filesystem::path& artefact) const {
    const auto found = members.find(name);
    if (found == members.end())
        throw Error(Exit::bad_input, printable(artefact.string()) + " has no " + printable(name) + " (it is a " + kind +
                                         "); give an artefact that has one.");
    return found->second;
}

Json to_json(const Manifest& manifest) {
    return {{"format", manifest_format},
            {"kind", manifest.kind},
            {"digest", manifest.digest.text()},
            {"privacy", name_of(manifest.privacy)},
            {"content", manifest.content},
            {"members", to_json(manifest.members)},
            {"counts",
             {{"sources", manifest.counts.sources},
              {"quarantined", manifest.counts.quarantined},
              {"skipped", manifest.counts.skipped}}},
            {"made_by", to_json(manifest.made_by)}};
}

Manifest manifest_from_json(const Json& json, std::string_view where) {
    require_object(json, "a manifest", where);
    const std::int64_t format = integer_member(json, "format", where);
    if (format != manifest_format)
        throw Error(Exit::bad_input, std::string(where) + ": format " + std::to_string(format) +
                                         " is unknown here; it was written by another release of cohort.");
    Manifest manifest;
    manifest.kind = text_member(json, "kind", where);
    if (!is_kind(manifest.kind))
        throw Error(Exit::bad_input, std::string(where) + ": unknown kind '" + printable(manifest.kind) + "'.");
    manifest.digest = digest_member(json, "digest", where);
    const auto privacy = privacy_named(text_member(json, "privacy", where));
    if (!privacy)
        throw Error(Exit::bad_input,
                    std::string(where) + ": 'privacy' must be identified, pseudonymised or anonymous.");
    manifest.privacy = *privacy;
    manifest.content = cohort::member(json, "content", where);
    require_object(manifest.content, "'content'", where);
    manifest.members = members_from_json(cohort::member(json, "members", where), where);
    const Json& counts = cohort::member(json, "counts", where);
    require_object(counts, "'counts'", where);
    manifest.counts = {count_member(counts, "sources", where), count_member(counts, "quarantined", where),
                       count_member(counts, "skipped", where)};
    manifest.made_by = made_by_from_json(cohort::member(json, "made_by", where), where);
    return manifest;
}

std::filesystem::path own_folder(const std::filesystem::path& artefact, std::string_view kind) {
    return kind == "files" ? artefact / ".cohort" : artefact;
}

std::optional<std::filesystem::path> find_own_folder(const std::filesystem::path& artefact) {
    std::error_code ignored;
    // `.cohort` first: an exported tree may well hold a manifest.json of somebody else's.
    for (const auto& folder : {artefact / ".cohort", artefact})
        if (std::filesystem::is_regular_file(folder / "manifest.json", ignored)) return folder;
    return std::nullopt;
}

Manifest read_manifest(const std::filesystem::path& artefact) {
    std::error_code error;
    const auto status = std::filesystem::status(artefact, error);
    const std::string name = printable(artefact.string());
    if (status.type() == std::filesystem::file_type::not_found)
        throw Error(Exit::bad_input, name + " does not exist; give the --out folder of an earlier step.");
    if (error) throw Error(Exit::bad_input, name + " cannot be opened: " + errno_text(error.value()) + ".");
    if (!std::filesystem::is_directory(status))
        throw Error(Exit::bad_input, name + " is a file; give the --out folder of an earlier step.");
    const auto own = find_own_folder(artefact);
    if (!own) throw Error(Exit::bad_input, no_manifest_sentence(artefact));
    const auto file = *own / "manifest.json";
    const std::string where = printable(file.string());
    Manifest manifest = manifest_from_json(read_json(file), where);
    if (content_digest(manifest, manifest.members) != manifest.digest)
        throw Error(Exit::bad_input, where +
                                         ": its digest does not belong to what it says, so it was altered after it "
                                         "was written; make " +
                                         name + " again.");
    return manifest;
}

namespace {
void demand_same(const Digest& found, const Digest& expected, const std::filesystem::path& artefact,
                 const std::string& name) {
    if (found != expected)
        throw Error(Exit::bad_input, printable((artefact / name).string()) +
                                         " is not what manifest.json says: it was altered, cut or swapped after it was "
                                         "written; make " +
                                         printable(artefact.string()) + " again.");
}
}  // namespace

std::string read_member(const std::filesystem::path& artefact, const Manifest& manifest, const std::string& name) {
    const Digest& expected = manifest.member(name, artefact);
    std::string text = read_text(artefact / name);
    demand_same(sha256(text), expected, artefact, name);
    return text;
}

void check_member(const std::filesystem::path& artefact, const Manifest& manifest, const std::string& name) {
    const Digest& expected = manifest.member(name, artefact);
    demand_same(sha256_file(artefact / name).digest, expected, artefact, name);
}

std::map<std::string, Digest> hashed_members(const std::filesystem::path& artefact, unsigned threads) {
    std::error_code unknown;
    const bool own_is_apart = std::filesystem::is_directory(artefact / ".cohort", unknown);
    std::vector<std::string> names;
    for (auto& entry : list_tree(artefact))
        if (is_hashed(entry.path, own_is_apart)) names.push_back(std::move(entry.path));
    std::vector<Digest> digests(names.size());
    parallel_for(names.size(), threads, [&](std::size_t i) { digests[i] = member_digest(artefact / names[i]); });
    std::map<std::string, Digest> members;
    for (std::size_t i = 0; i < names.size(); ++i) members.emplace(json_name(names[i]), digests[i]);
    return members;
}

Digest content_digest(const Manifest& manifest, const std::map<std::string, Digest>& members) {
    return sha256(canonical_json({{"kind", manifest.kind},
                                  {"privacy", name_of(manifest.privacy)},
                                  {"content", manifest.content},
                                  {"members", to_json(members)}}));
}

}  // namespace cohort::store
