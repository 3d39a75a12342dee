#include "apps/inspect/summary.h"

#include <algorithm>
#include <map>

#include "core/error.h"
#include "core/files.h"

namespace cohort::inspect {
namespace {

Json member_json(const step::Input& input, const std::string& name) {
    return parse_json(store::read_member(input.path, input.manifest, name), (input.path / name).string());
}

bool has(const step::Input& input, const std::string& name) { return input.manifest.members.contains(name); }

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        if (end > at) lines.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return lines;
}

Json split_summary(const step::Input& input) {
    const Json split = member_json(input, "split.json");
    const std::string where = (input.path / "split.json").string();
    Json folds = Json::array();
    for (const Json& fold : member(split, "folds", where)) {
        Json row{{"name", text_member(fold, "name", where)}};
        for (const auto* part : {"train", "validation", "test"}) row[part] = fold.value(part, Json::array()).size();
        folds.push_back(std::move(row));
    }
    return {{"scheme", split.value("scheme", Json())},
            {"seed", split.value("seed", Json())},
            {"folds", std::move(folds)},
            {"balance", split.value("balance", Json::array())}};
}

/// Validation Dice of a line of history.jsonl; nothing where nothing was validated.
std::optional<double> dice_of(const Json& line) {
    const auto validation = line.find("validation");
    if (validation == line.end() || !validation->is_object()) return std::nullopt;
    const auto dice = validation->find("mean_dice");
    return dice != validation->end() && dice->is_number() ? std::optional(dice->get<double>()) : std::nullopt;
}

Json model_summary(const step::Input& input) {
    Json out = Json::object();
    if (has(input, "plan.json")) out["plan"] = member_json(input, "plan.json");
    if (!has(input, "history.jsonl")) return out;
    const auto lines = lines_of(store::read_member(input.path, input.manifest, "history.jsonl"));
    out["history_lines"] = lines.size();
    Json best;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        Json line = parse_json(lines[i], (input.path / "history.jsonl").string() + ", line " + std::to_string(i + 1));
        if (!line.is_object()) continue;
        if (const auto dice = dice_of(line); dice && (best.is_null() || *dice > *dice_of(best))) best = line;
        if (i == 0) out["first"] = line;
        if (i + 1 == lines.size()) out["last"] = std::move(line);
    }
    out["best"] = std::move(best);
    return out;
}

Json files_summary(const step::Input& input) {
    std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> by_ending;
    const auto own = store::own_folder(input.path, "files");
    for (const TreeEntry& entry : list_tree(input.path)) {
        const std::filesystem::path path(entry.path);
        if (path.begin() != path.end() && *path.begin() == own.filename()) continue;
        std::string ending = path.filename().string();
        const auto dot = ending.ends_with(".gz") ? ending.rfind('.', ending.size() - 4) : ending.rfind('.');
        ending = dot == std::string::npos ? "(none)" : ending.substr(dot);
        by_ending[ending].first += 1;
        by_ending[ending].second += entry.bytes;
    }
    Json table = Json::array();
    for (const auto& [ending, numbers] : by_ending)
        table.push_back({{"ending", ending}, {"files", numbers.first}, {"bytes", numbers.second}});
    return {{"files", std::move(table)}};
}

Json kind_summary(const step::Input& input) {
    const std::string& kind = input.manifest.kind;
    if (kind == "dataset") return dataset_summary(input);
    if (kind == "split") return split_summary(input);
    if (kind == "model") return model_summary(input);
    if (kind == "plan") return {{"plan", member_json(input, "plan.json")}};
    if (kind == "evaluation") return member_json(input, "summary.json");
    return files_summary(input);
}

Json split_sample(const step::Input& input, const std::string& id) {
    const Json split = member_json(input, "split.json");
    Json parts = Json::array();
    std::vector<std::string> known;
    for (const Json& fold : member(split, "folds", "split.json"))
        for (const auto* part : {"train", "validation", "test"})
            for (const Json& one : fold.value(part, Json::array())) {
                known.push_back(one.get<std::string>());
                if (one == id) parts.push_back({{"fold", fold.value("name", "")}, {"part", part}});
            }
    if (parts.empty()) refuse_unknown_sample(input, id, known);
    return {{"id", id}, {"parts", std::move(parts)}};
}

/// The rows of cases.csv for one case, as it stands there.
Json evaluation_sample(const step::Input& input, const std::string& id) {
    const auto lines = lines_of(store::read_member(input.path, input.manifest, "cases.csv"));
    std::vector<std::string> known;
    Json rows = Json::array();
    for (std::size_t i = 1; i < lines.size(); ++i) {
        known.push_back(lines[i].substr(0, lines[i].find(',')));
        if (known.back() == id) rows.push_back(lines[i]);
    }
    if (rows.empty()) refuse_unknown_sample(input, id, known);
    return {{"id", id}, {"columns", lines.front()}, {"rows", std::move(rows)}};
}

}  // namespace

void refuse_unknown_sample(const step::Input& input, const std::string& id, const std::vector<std::string>& known) {
    throw Error(Exit::usage, "--sample: " + printable(input.path.string()) + " has no sample '" + printable(id) +
                                 "'; " + did_you_mean(id, known) + "it has " + std::to_string(known.size()) +
                                 (input.manifest.kind == "dataset" ? " samples." : " entries."));
}

Json summary_of(const step::Input& input) {
    const store::Manifest& m = input.manifest;
    Json inputs = Json::array();
    for (const auto& one : m.made_by.inputs)
        inputs.push_back({{"name", one.name}, {"kind", one.kind}, {"digest", one.digest}});
    Json members = Json::array();
    for (const auto& [name, digest] : m.members) members.push_back(name);
    return {{"artefact", input.path.string()},
            {"kind", m.kind},
            {"digest", m.digest.text()},
            {"privacy", store::name_of(m.privacy)},
            {"counts",
             {{"sources", m.counts.sources}, {"quarantined", m.counts.quarantined}, {"skipped", m.counts.skipped}}},
            {"made_by",
             {{"step", m.made_by.step}, {"version", m.made_by.version}, {"seed", m.made_by.seed}, {"inputs", inputs}}},
            {"content", m.content},
            {"members", std::move(members)},
            {m.kind, kind_summary(input)}};
}

Json sample_of(const step::Input& input, const std::string& id) {
    if (input.manifest.kind == "dataset") return dataset_sample(input, id);
    if (input.manifest.kind == "split") return split_sample(input, id);
    if (input.manifest.kind == "evaluation") return evaluation_sample(input, id);
    throw Error(Exit::usage, "--sample: a " + input.manifest.kind + " has no samples; leave it out.");
}

}  // namespace cohort::inspect
