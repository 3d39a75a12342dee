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
            throw Error(Exit::bad_input, "case " + printable(id) + " is in two predictions, " +
                                             printable(predictions_[found->second].path.string()) + " and " +
                                             printable(predictions_[prediction].path.string()) +
                                             "; give each case once, or evaluate them apart.");
    }

private:
    const std::vector<step::Input>& predictions_;
    std::map<std::string, std::size_t> owner_;
};

using Samples = std::map<std::string, store::Sample>;

Samples by_id(const store::Dataset& dataset) {
    Samples samples;
    for (auto& sample : dataset.all_samples()) {
        const std::string id = sample.id;
        samples.emplace(id, std::move(sample));
    }
    return samples;
}

std::string label_array(const Samples& reference, const std::string& wanted, const std::filesystem::path& place) {
    for (const auto& [id, sample] : reference)
        for (const auto& [name, info] : sample.arrays)
            if (wanted.empty() ? info.role == store::Role::label : name == wanted) return name;
    throw Error(Exit::bad_input,
                printable(place.string()) +
                    (wanted.empty() ? " has no label array; evaluate needs reference labels."
                                    : " has no array '" + wanted + "'; name its label array with --array."));
}

/// What the predictions hold and ask for.
struct Asked {
    std::map<std::string, Prediction> predicted;
    std::set<std::string> ids;
    bool from_elsewhere = false;  ///< one of them says not what it was asked for
};

Asked read_predictions(const std::vector<step::Input>& predictions, const Samples& reference,
                       const std::filesystem::path& reference_place, Cases& cases) {
    Asked asked;
    Owners owners(predictions);
    for (std::size_t p = 0; p < predictions.size(); ++p) {
        cases.predictions.push_back(std::make_unique<store::Dataset>(predictions[p].path));
        const auto listed = listed_cases(predictions[p]);
        if (!listed) asked.from_elsewhere = true;
        for (const std::string& id : listed.value_or(std::vector<std::string>{})) {
            owners.claim(id, p);
            asked.ids.insert(id);
        }
        for (auto& [id, sample] : by_id(*cases.predictions[p])) {
            owners.claim(id, p);
            if (!reference.contains(id))
                throw Error(Exit::bad_input, printable(predictions[p].path.string()) + " predicts case " + id +
                                                 ", which the reference " + printable(reference_place.string()) +
                                                 " lacks; check that both belong together.");
            asked.predicted.emplace(id, Prediction{p, std::move(sample)});
        }
    }
    return asked;
}

/// Predictions from elsewhere must cover every labelled case of the reference, or of the part.
void ask_for_all(Asked& asked, const Samples& reference, const std::optional<std::set<std::string>>& part,
                 Cases& cases) {
    for (const auto& [id, sample] : reference)
        if (sample.array(cases.array) != nullptr && (!part || part->contains(id))) asked.ids.insert(id);
    for (const auto& [id, prediction] : asked.predicted)
        if (!part && !asked.ids.contains(id)) cases.outside_subset.push_back(id);
}

/// Only what lies in the split's part is scored, whoever asked for more.
void keep_part(Asked& asked, const std::set<std::string>& part, Cases& cases) {
    for (const auto& [id, prediction] : asked.predicted) asked.ids.insert(id);
    std::erase_if(asked.ids, [&](const std::string& id) {
        if (part.contains(id)) return false;
        cases.outside_subset.push_back(id);
        return true;
    });
}

/// Each asked-for id with its reference and prediction, which are taken from their maps.
void pair_up(Asked& asked, Samples& reference, Cases& cases) {
    for (const std::string& id : asked.ids) {
        const auto ref = reference.find(id);
        if (ref != reference.end() && ref->second.array(cases.array) == nullptr) {
            cases.unlabelled.push_back(id);
            continue;
        }
        AskedCase& one = cases.asked.emplace_back();
        one.id = id;
        if (ref != reference.end()) one.reference = std::move(ref->second);
        if (const auto found = asked.predicted.find(id); found != asked.predicted.end())
            one.prediction = std::move(found->second);
    }
}

}  // namespace

std::string some_of(const std::vector<std::string>& ids, std::size_t most) {
    std::string text;
    for (std::size_t i = 0; i < ids.size() && i < most; ++i) text.append(i ? ", " : "").append(printable(ids[i]));
    if (ids.size() > most) text += " and " + std::to_string(ids.size() - most) + " more";
    return text;
}

std::set<std::string> split_part(const step::Input& split, const std::string& fold, const std::string& subset) {
    const std::string where = printable((split.path / "split.json").string());
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
    const auto& place = inputs.one("reference").path;
    cases.reference = std::make_unique<store::Dataset>(place);
    Samples reference = by_id(*cases.reference);
    cases.array = label_array(reference, parameters.array, place);
    Asked asked = read_predictions(inputs.all("predictions"), reference, place, cases);
    const auto* split = inputs.optional("split");
    const auto part = split ? std::optional(split_part(*split, parameters.fold, parameters.subset)) : std::nullopt;
    if (asked.from_elsewhere) ask_for_all(asked, reference, part, cases);
    if (part) keep_part(asked, *part, cases);
    pair_up(asked, reference, cases);
    if (cases.asked.empty())
        throw Error(Exit::bad_input,
                    cases.outside_subset.empty()
                        ? "there is no case to score: the predictions ask for none that has a label in " +
                              printable(place.string()) + "."
                        : "there is no case to score: none of the " + std::to_string(cases.outside_subset.size()) +
                              " predictions lies in the split's part; give the fold that was predicted.");
    return cases;
}

}  // namespace cohort::evaluate
