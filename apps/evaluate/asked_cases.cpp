#include "apps/evaluate/asked_cases.h"

#include <algorithm>

#include "core/error.h"
#include "core/files.h"

namespace cohort::evaluate {
namespace {

/// The ids of cases.txt; nothing for a dataset that has none. The file is checked against the manifest.
std::optional<std::vector<std::string>> listed_cases(const step::Input& input) {
    if (!input.manifest.members.contains("cases.txt")) return std::nullopt;
    const std::string text = store::read_member(input.path, input.manifest, "cases.txt");
    std::vector<std::string> ids;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        if (end > at) ids.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return ids;
}

/// Notes who asked for or holds an id; a second prediction for it is an error.
class Owners {
public:
    explicit Owners(const std::vector<step::Input>& predictions) : predictions_(predictions) {}
    void claim(const std::string& id, std::size_t prediction) {
        const auto [found, is_new] = owner_.emplace(id, prediction);
        if (!is_new && found->second != prediction)
            throw Error(Exit::bad_input, "case " + id + " is in two predictions, " +
                                             predictions_[found->second].path.string() + " and " +
                                             predictions_[prediction].path.string() +
                                             "; give each case once, or evaluate them apart.");
    }

private:
    const std::vector<step::Input>& predictions_;
    std::map<std::string, std::size_t> owner_;
};

std::string label_array(const std::map<std::string, store::Sample>& reference, const std::string& wanted) {
    for (const auto& [id, sample] : reference)
        for (const auto& [name, info] : sample.arrays)
            if (wanted.empty() ? info.role == store::Role::label : name == wanted) return name;
    return {};
}

}  // namespace

std::string some_of(const std::vector<std::string>& ids, std::size_t most) {
    std::string text;
    for (std::size_t i = 0; i < ids.size() && i < most; ++i) text += (i ? ", " : "") + ids[i];
    if (ids.size() > most) text += " and " + std::to_string(ids.size() - most) + " more";
    return text;
}

std::set<std::string> split_part(const step::Input& split, const std::string& fold, const std::string& subset) {
    const std::string where = (split.path / "split.json").string();
    const Json json = parse_json(store::read_member(split.path, split.manifest, "split.json"), where);
    const Json& folds = member(json, "folds", where);
    if (!folds.is_array()) throw Error(Exit::bad_input, where + ": 'folds' is no list.");
    std::vector<std::string> names;
    for (const Json& one : folds) {
        names.push_back(text_member(one, "name", where));
        if (names.back() != fold && !(fold.empty() && folds.size() == 1)) continue;
        std::set<std::string> ids;
        for (const auto* part : {"train", "validation", "test"}) {
            if (subset != "all" && subset != part) continue;
            const auto found = one.find(part);
            if (found == one.end()) continue;
            for (const Json& id : *found) {
                if (!id.is_string()) throw Error(Exit::bad_input, where + ": an id of '" + part + "' is no text.");
                ids.insert(id.get<std::string>());
            }
        }
        return ids;
    }
    if (fold.empty())
        throw Error(Exit::usage, "the split has " + std::to_string(names.size()) + " folds; say which with --fold (" +
                                     some_of(names) + ").");
    throw Error(Exit::usage, "the split has no fold '" + fold + "'; " + did_you_mean(fold, names) + "it has " +
                                 some_of(names) + ".");
}

Cases find_cases(const step::Inputs& inputs, const EvaluateParameters& parameters) {
    Cases cases;
    const auto& reference_input = inputs.one("reference");
    cases.reference = std::make_unique<store::Dataset>(reference_input.path);
    std::map<std::string, store::Sample> reference;
    for (auto& sample : cases.reference->all_samples()) {
        const std::string id = sample.id;
        reference.emplace(id, std::move(sample));
    }
    cases.array = label_array(reference, parameters.array);
    if (cases.array.empty())
        throw Error(Exit::bad_input,
                    reference_input.path.string() +
                        (parameters.array.empty()
                             ? " has no label array; evaluate needs reference labels."
                             : " has no array '" + parameters.array + "'; name its label array with --array."));

    const auto& predictions = inputs.all("predictions");
    Owners owners(predictions);
    std::map<std::string, Prediction> predicted;
    std::set<std::string> asked;
    bool from_elsewhere = false;
    for (std::size_t p = 0; p < predictions.size(); ++p) {
        cases.predictions.push_back(std::make_unique<store::Dataset>(predictions[p].path));
        const auto listed = listed_cases(predictions[p]);
        if (!listed) from_elsewhere = true;
        for (const std::string& id : listed.value_or(std::vector<std::string>{})) {
            owners.claim(id, p);
            asked.insert(id);
        }
        for (auto& sample : cases.predictions[p]->all_samples()) {
            owners.claim(sample.id, p);
            if (!reference.contains(sample.id))
                throw Error(Exit::bad_input, predictions[p].path.string() + " predicts case " + sample.id +
                                                 ", which the reference " + reference_input.path.string() +
                                                 " lacks; check that both belong together.");
            const std::string id = sample.id;
            predicted.emplace(id, Prediction{p, std::move(sample)});
        }
    }
    if (from_elsewhere) {
        const auto* split = inputs.optional("split");
        const auto part = split ? std::optional(split_part(*split, parameters.fold, parameters.subset)) : std::nullopt;
        for (const auto& [id, sample] : reference)
            if (sample.array(cases.array) != nullptr && (!part || part->contains(id))) asked.insert(id);
        for (const auto& [id, prediction] : predicted)
            if (!asked.contains(id)) cases.outside_subset.push_back(id);
    }
    for (const std::string& id : asked) {
        const auto ref = reference.find(id);
        if (ref != reference.end() && ref->second.array(cases.array) == nullptr) {
            cases.unlabelled.push_back(id);
            continue;
        }
        AskedCase& one = cases.asked.emplace_back();
        one.id = id;
        if (ref != reference.end()) one.reference = std::move(ref->second);
        if (const auto found = predicted.find(id); found != predicted.end()) one.prediction = std::move(found->second);
    }
    if (cases.asked.empty())
        throw Error(Exit::bad_input, "there is no case to score: the predictions ask for none that has a label in " +
                                         reference_input.path.string() + ".");
    return cases;
}

}  // namespace cohort::evaluate
