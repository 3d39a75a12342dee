#include <algorithm>
#include <map>
#include <set>

#include "apps/inspect/summary.h"
#include "core/error.h"
#include "core/files.h"
#include "store/dataset.h"

namespace cohort::inspect {
namespace {

/// Smallest, middle and largest of something that every array of a name has, axis by axis.
class Spread {
public:
    void take(std::size_t axis, double value) {
        if (axis >= values_.size()) values_.resize(axis + 1);
        values_[axis].push_back(value);
    }
    Json json() {
        Json out{{"min", Json::array()}, {"median", Json::array()}, {"max", Json::array()}};
        for (auto& axis : values_) {
            std::sort(axis.begin(), axis.end());
            out["min"].push_back(axis.front());
            out["median"].push_back(axis[(axis.size() - 1) / 2]);
            out["max"].push_back(axis.back());
        }
        return out;
    }

private:
    std::vector<std::vector<double>> values_;
};

/// All arrays of one name.
struct ArrayFacts {
    std::map<std::string, std::uint64_t> roles, types, axes;
    std::uint64_t samples = 0, without_world = 0, scaled = 0, regridded = 0, voxel_bytes = 0;
    Spread shape, spacing;

    void take(const store::ArrayInfo& info) {
        ++samples;
        ++roles[std::string(store::name_of(info.role))];
        ++types[std::string(name_of(info.type))];
        std::string names;
        for (const Axis& axis : info.axes) names += (names.empty() ? "" : " ") + axis.name;
        ++axes[names];
        without_world += !info.geometry.affine;
        scaled += !info.scale.is_identity();
        regridded += info.native.has_value();
        voxel_bytes += static_cast<std::uint64_t>(voxel_count(info.shape)) * size_of(info.type);
        for (std::size_t a = 0; a < info.shape.size(); ++a) shape.take(a, static_cast<double>(info.shape[a]));
        const Vec3 mm = info.geometry.spacing_mm();
        for (std::size_t a = 0; a < std::min<std::size_t>(3, info.shape.size()); ++a) spacing.take(a, mm[a]);
    }
    Json json() {
        return {{"roles", roles},
                {"types", types},
                {"axes", axes},
                {"samples", samples},
                {"without_world", without_world},
                {"scaled", scaled},
                {"on_changed_grid", regridded},
                {"voxel_bytes", voxel_bytes},
                {"shape", shape.json()},
                {"spacing_mm", spacing.json()}};
    }
};

/// Reasons with their numbers and one example each; quarantine.jsonl is provenance, not data, so a damaged line is only
/// counted.
Json quarantine_table(const std::filesystem::path& file) {
    std::map<std::pair<std::string, std::string>, Json> rows;
    std::error_code unknown;
    if (!std::filesystem::exists(file, unknown)) return Json::array();
    const std::string text = read_text(file);
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        const Json line = parse_json(std::string_view(text).substr(at, end - at), file.string());
        Json& row = rows[{line.value("stage", std::string()), line.value("reason", std::string())}];
        if (row.is_null())
            row = {{"stage", line.value("stage", "")},
                   {"reason", line.value("reason", "")},
                   {"sources", 0},
                   {"example", line.value("source", "")},
                   {"message", line.value("message", "")}};
        row["sources"] = row["sources"].get<std::uint64_t>() + 1;
        at = end + 1;
    }
    Json table = Json::array();
    for (auto& [key, row] : rows) table.push_back(std::move(row));
    return table;
}

Json header_fields(const store::Dataset& dataset, const std::string& id, const std::string& array) {
    auto header = dataset.header(id, array);
    if (!header) return nullptr;
    header->erase("raw");  // base64 of what `fields` says
    if (const auto found = header->find("extensions"); found != header->end() && found->is_string())
        *found = std::to_string(found->get_ref<const std::string&>().size()) + " characters of base64";
    return *header;
}

}  // namespace

Json dataset_summary(const step::Input& input) {
    const store::Dataset dataset(input.path);
    std::map<std::string, ArrayFacts> arrays;
    std::map<std::string, std::uint64_t> values, flags;
    std::map<std::string, std::string> flag_example;
    std::set<std::string> subjects;
    std::uint64_t samples = 0, with_image = 0, with_label = 0, with_session = 0, flagged = 0;
    auto reader = dataset.samples();
    while (const auto sample = reader.next()) {
        ++samples;
        subjects.insert(sample->subject);
        with_session += !sample->session.empty();
        with_image += sample->first_with(store::Role::image) != nullptr;
        with_label += sample->first_with(store::Role::label) != nullptr;
        for (const auto& [name, info] : sample->arrays) arrays[name].take(info);
        for (const auto& [name, value] : sample->values.items())
            if (!store::is_missing(value)) ++values[name];
        std::set<std::string> checks;
        for (const auto& flag : sample->flags)
            if (checks.insert(flag.check).second) {
                ++flags[flag.check];
                flag_example.emplace(flag.check, sample->id + ": " + flag.message);
            }
        flagged += !sample->flags.empty();
    }
    Json array_table = Json::object(), flag_table = Json::array();
    for (auto& [name, facts] : arrays) array_table[name] = facts.json();
    for (const auto& [check, n] : flags)
        flag_table.push_back({{"check", check}, {"samples", n}, {"example", flag_example[check]}});
    const Json& content = input.manifest.content;
    return {{"samples", samples},
            {"subjects", subjects.size()},
            {"with_session", with_session},
            {"with_image", with_image},
            {"with_label", with_label},
            {"flagged", flagged},
            {"arrays", std::move(array_table)},
            {"channels", content.value("channels", Json::array())},
            {"labels", content.value("labels", Json::array())},
            {"preprocessing", content.value("preprocessing", Json())},
            {"values", values},
            {"flags", std::move(flag_table)},
            {"quarantine", quarantine_table(input.path / "quarantine.jsonl")}};
}

Json dataset_sample(const step::Input& input, const std::string& id) {
    const store::Dataset dataset(input.path);
    auto reader = dataset.samples();
    std::vector<std::string> known;
    std::optional<store::Sample> found;
    while (auto sample = reader.next()) {  // to the end: only then is the file's digest checked
        known.push_back(sample->id);
        if (sample->id == id) found = std::move(sample);
    }
    if (!found) refuse_unknown_sample(input, id, known);
    Json json = store::to_json(*found);
    for (const auto& [name, info] : found->arrays) {
        json["arrays"][name]["spacing_mm"] = info.geometry.spacing_mm();
        if (Json header = header_fields(dataset, id, name); !header.is_null())
            json["arrays"][name]["header"] = std::move(header);
    }
    return json;
}

}  // namespace cohort::inspect
