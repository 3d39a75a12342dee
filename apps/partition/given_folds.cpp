#include "apps/partition/given_folds.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "core/csv.h"
#include "core/error.h"
#include "core/files.h"
#include "core/json.h"

namespace cohort::partition {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& file, const std::string& what) {
    throw Error(Exit::bad_input, printable(file.string()) + ": " + what);
}

std::vector<std::string> id_list(const Json& json, const fs::path& file, const std::string& where) {
    if (!json.is_array()) fail(file, where + " is not a list of ids; nnU-Net's splits_final.json is expected.");
    std::vector<std::string> ids;
    for (const auto& id : json) {
        if (!id.is_string()) fail(file, where + " holds something that is no text; ids are texts.");
        ids.push_back(id.get<std::string>());
    }
    return ids;
}

std::vector<GivenFold> from_splits(const Json& json, const fs::path& file) {
    std::vector<GivenFold> folds;
    for (std::size_t k = 0; k < json.size(); ++k) {
        const auto where = "fold " + std::to_string(k);
        const auto& entry = json[k];
        if (!entry.is_object() || !entry.contains("train") || !entry.contains("val"))
            fail(file, where + R"( has no "train" and "val"; nnU-Net's splits_final.json is expected.)");
        auto& fold = folds.emplace_back(GivenFold{std::to_string(k), {}, {}, {}});
        fold.train = id_list(entry["train"], file, where + "'s train");
        fold.validation = id_list(entry["val"], file, where + "'s val");
        if (entry.contains("test")) fold.test = id_list(entry["test"], file, where + "'s test");
    }
    return folds;
}

/// "…/hippocampus_003.nii.gz" → "hippocampus_003"; both kinds of slash, since files travel.
std::string case_of(const std::string& path) {
    auto name = path.substr(path.find_last_of("/\\") + 1);
    if (name.ends_with(".gz")) name.resize(name.size() - 3);
    if (const auto dot = name.rfind('.'); dot != std::string::npos && dot > 0) name.resize(dot);
    return name;
}

GivenFold from_summary(const Json& json, const fs::path& file, std::string name) {
    GivenFold fold{std::move(name), std::nullopt, {}, {}};
    const auto where = printable(file.string());
    const auto& cases = member(json, "metric_per_case", where);
    if (!cases.is_array()) fail(file, "metric_per_case is not a list; nnU-Net's summary.json is expected.");
    for (const auto& one : cases) fold.validation.push_back(case_of(text_member(one, "prediction_file", where)));
    return fold;
}

/// K of the nearest "fold_K" among the folders above the file.
std::string fold_name_above(const fs::path& file) {
    for (auto folder = fs::absolute(file).lexically_normal().parent_path(); folder != folder.parent_path();
         folder = folder.parent_path())
        if (const auto name = folder.filename().string(); name.starts_with("fold_")) return name.substr(5);
    return "0";
}

std::vector<GivenFold> from_folder(const fs::path& folder) {
    std::vector<GivenFold> folds;
    std::error_code fault;
    fs::directory_iterator entries(folder, fault);
    if (fault) fail(folder, "the folder cannot be read: " + fault.message() + ".");
    for (const auto& entry : entries) {
        const auto name = entry.path().filename().string();
        const auto summary = entry.path() / "validation" / "summary.json";
        std::error_code ignored;
        if (!name.starts_with("fold_") || !fs::exists(summary, ignored)) continue;
        folds.push_back(from_summary(read_json(summary), summary, name.substr(5)));
    }
    if (folds.empty())
        fail(folder, "it has no fold_K/validation/summary.json; give the folder that holds fold_0, fold_1 ….");
    std::sort(folds.begin(), folds.end(),
              [](const GivenFold& a, const GivenFold& b) { return fold_name_before(a.name, b.name); });
    return folds;
}

/// Canonical part name if the fold's name is one of a hold-out's.
std::string part_named(const std::string& fold) {
    if (fold == "train" || fold == "training") return "train";
    if (fold == "val" || fold == "validation") return "validation";
    return fold == "test" ? fold : "";
}

std::size_t needed_column(const CsvTable& table, const std::string& wanted) {
    if (const auto found = table.column(wanted)) return *found;
    throw Error(Exit::usage, printable(table.name) + ": the table has no column '" + wanted + "'. " +
                                 did_you_mean(wanted, table.columns) +
                                 "A table of folds has the columns id and fold.");
}

/// Ids by fold, in the order of the table; no id is there twice.
std::map<std::string, std::vector<std::string>> ids_by_fold(const CsvTable& table) {
    const auto id = needed_column(table, "id"), fold = needed_column(table, "fold");
    std::map<std::string, std::vector<std::string>> ids_of;
    std::set<std::string_view> seen;
    for (std::size_t r = 0; r < table.rows.size(); ++r) {
        const auto& row = table.rows[r];
        if (row[id].empty() || row[fold].empty())
            throw table.fault(r, "id or fold is empty; leave out lines of samples that are in no fold.");
        if (!seen.insert(row[id]).second)
            throw table.fault(r, "the id '" + printable(row[id]) + "' is listed a second time; list it once.");
        ids_of[row[fold]].push_back(row[id]);
    }
    if (ids_of.empty()) throw Error(Exit::bad_input, printable(table.name) + ": the table lists no id.");
    return ids_of;
}

std::vector<GivenFold> from_table(const CsvTable& table) {
    const auto ids_of = ids_by_fold(table);
    const bool is_holdout =
        std::all_of(ids_of.begin(), ids_of.end(), [](const auto& f) { return !part_named(f.first).empty(); });
    std::vector<GivenFold> folds;
    if (is_holdout) {
        auto& fold = folds.emplace_back(GivenFold{"0", std::vector<std::string>{}, {}, {}});
        for (const auto& [name, ids] : ids_of) {
            const auto part = part_named(name);
            auto& into = part == "train" ? *fold.train : part == "test" ? fold.test : fold.validation;
            into.insert(into.end(), ids.begin(), ids.end());
        }
        return folds;
    }
    std::vector<std::string> names;
    names.reserve(ids_of.size());
    for (const auto& [name, ids] : ids_of) names.push_back(name);
    std::sort(names.begin(), names.end(), fold_name_before);
    for (const auto& name : names) {
        auto& fold = folds.emplace_back(GivenFold{name, std::vector<std::string>{}, ids_of.at(name), {}});
        for (const auto& [other, ids] : ids_of)
            if (other != name) fold.train->insert(fold.train->end(), ids.begin(), ids.end());
    }
    return folds;
}

std::optional<std::uint64_t> whole_number(const std::string& text) {
    std::uint64_t value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

bool fold_name_before(const std::string& a, const std::string& b) {
    const auto na = whole_number(a), nb = whole_number(b);
    if (na.has_value() != nb.has_value()) return na.has_value();
    return na && *na != *nb ? *na < *nb : a < b;
}

std::vector<GivenFold> read_given_folds(const fs::path& path) {
    std::error_code ignored;
    if (!fs::exists(path, ignored)) fail(path, "there is no such file or folder; --given names the folds to read.");
    std::vector<GivenFold> folds;
    if (fs::is_directory(path, ignored)) {
        folds = from_folder(path);
    } else if (path.extension() == ".json") {
        const auto json = read_json(path);
        if (json.is_array())
            folds = from_splits(json, path);
        else if (json.is_object() && json.contains("metric_per_case"))
            folds.push_back(from_summary(json, path, fold_name_above(path)));
        else
            fail(path, "it is neither nnU-Net's splits_final.json (a list) nor its summary.json (metric_per_case).");
    } else {
        folds = from_table(read_csv(path));
    }
    if (folds.empty()) fail(path, "it lists no fold.");
    return folds;
}

}  // namespace cohort::partition
