#include "learn/split_part.h"

#include <algorithm>

#include "core/error.h"
#include "core/json.h"

namespace cohort::learn {
namespace {

std::vector<std::string> ids_of(const Json& fold, std::string_view part, std::string_view where) {
    std::vector<std::string> ids;
    const auto found = fold.find(part);
    if (found == fold.end()) return ids;
    if (!found->is_array())
        throw Error(Exit::bad_input, std::string(where) + ": '" + std::string(part) + "' is no list of ids.");
    for (const auto& id : *found) {
        if (!id.is_string())
            throw Error(Exit::bad_input, std::string(where) + ": an id of '" + std::string(part) + "' is no text.");
        ids.push_back(id.get<std::string>());
    }
    std::sort(ids.begin(), ids.end());
    return ids;
}

}  // namespace

std::vector<Fold> read_folds(const std::filesystem::path& split) {
    const auto file = split / "split.json";
    const auto json = read_json(file);
    const auto where = file.string();
    const auto& list = member(json, "folds", where);
    if (!list.is_array() || list.empty()) throw Error(Exit::bad_input, where + ": it holds no folds.");
    std::vector<Fold> folds;
    for (const auto& fold : list)
        folds.push_back({text_member(fold, "name", where), ids_of(fold, "train", where),
                         ids_of(fold, "validation", where), ids_of(fold, "test", where)});
    return folds;
}

const Fold& fold_named(const std::vector<Fold>& folds, std::string_view name) {
    if (name.empty() && folds.size() == 1) return folds.front();
    std::vector<std::string> known;
    for (const auto& fold : folds) {
        if (fold.name == name) return fold;
        known.push_back(fold.name);
    }
    std::string list;
    for (std::size_t i = 0; i < known.size() && i < 10; ++i) list += (i ? ", " : "") + known[i];
    if (known.size() > 10) list += ", …";
    if (name.empty())
        throw Error(Exit::usage,
                    "The split has " + std::to_string(folds.size()) + " folds; say which with --fold (" + list + ").");
    throw Error(Exit::usage, "The split has no fold '" + std::string(name) + "'; " + did_you_mean(name, known) +
                                 "it has " + list + ".");
}

}  // namespace cohort::learn
