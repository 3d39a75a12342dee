#include <algorithm>
#include <map>
#include <set>

#include "apps/partition/given_folds.h"
#include "apps/partition/schemes/scheme.h"
#include "core/error.h"
#include "core/files.h"

namespace cohort::partition {
namespace {

/// Listed ids → cases, remembering those that cannot be used.
class Lookup {
public:
    explicit Lookup(const Cases& cases) : unlabelled_(cases.unlabelled.begin(), cases.unlabelled.end()) {
        for (std::uint32_t i = 0; i < cases.used.size(); ++i) number_.emplace(cases.used[i].id, i);
    }

    std::vector<std::uint32_t> cases_of(const std::vector<std::string>& ids, const std::string& part) {
        std::vector<std::uint32_t> found;
        std::set<std::string> seen;
        for (const auto& id : ids) {
            if (!seen.insert(id).second)
                throw Error(Exit::bad_input, "'" + printable(id) + "' is listed twice in " + part + "; list it once.");
            if (const auto number = find(id)) found.push_back(*number);
        }
        std::sort(found.begin(), found.end());
        return found;
    }
    std::vector<std::string> absent() const { return {absent_.begin(), absent_.end()}; }
    std::vector<std::string> unusable() const { return {unusable_.begin(), unusable_.end()}; }

private:
    /// Ids of ours are percent-encoded; lists from elsewhere may hold the plain name.
    std::optional<std::uint32_t> find(const std::string& id) {
        for (const auto& name : {id, percent_encode(id)}) {
            if (const auto place = number_.find(name); place != number_.end()) return place->second;
            if (unlabelled_.contains(name)) {
                unusable_.insert(name);
                return std::nullopt;
            }
        }
        absent_.insert(id);
        return std::nullopt;
    }

    std::map<std::string, std::uint32_t, std::less<>> number_;
    std::set<std::string> unlabelled_, absent_, unusable_;
};

std::string named(const std::vector<std::string>& ids) {
    std::string text;
    for (const auto& id : ids) text += (text.empty() ? "" : ", ") + printable(id);
    return text;
}

std::string ids_are(std::size_t count) {
    return std::to_string(count) + (count == 1 ? " listed id is " : " listed ids are ");
}

void report_missing(const Split& split, const std::filesystem::path& file, bool refuse, Log& log) {
    const auto say = [&](const std::vector<std::string>& ids, const std::string& what) {
        if (ids.empty()) return;
        const auto sentence = printable(file.string()) + ": " + ids_are(ids.size()) + what + ": " + named(ids) + ".";
        if (refuse)
            throw Error(Exit::bad_input, sentence + " Add them to the dataset, or leave out --missing-ids refuse.");
        log.warn(sentence);
    };
    say(split.absent, "not in the dataset");
    say(split.unusable, "in the dataset without label or class");
}

}  // namespace

Split make_given(SchemeInput& input) {
    const auto& file = *input.parameters.given;
    const auto given = read_given_folds(file);
    return within([&] { return "reading folds from " + printable(file.string()); },
                  [&] {
                      Lookup lookup(input.cases);
                      Split split;
                      split.read_from_file = true;
                      for (const auto& listed : given) {
                          auto& fold = split.folds.emplace_back(Fold{listed.name});
                          const std::string of = " of fold " + listed.name;
                          fold.validation = lookup.cases_of(listed.validation, "the validation part" + of);
                          fold.test = lookup.cases_of(listed.test, "the test part" + of);
                          if (listed.train) {
                              fold.train = lookup.cases_of(*listed.train, "the training part" + of);
                              continue;
                          }
                          std::vector<bool> taken(input.cases.used.size(), false);
                          for (const auto* part : {&fold.validation, &fold.test})
                              for (const auto i : *part) taken[i] = true;
                          for (std::uint32_t i = 0; i < taken.size(); ++i)
                              if (!taken[i]) fold.train.push_back(i);
                      }
                      split.absent = lookup.absent();
                      split.unusable = lookup.unusable();
                      report_missing(split, file, input.parameters.refuse_missing_ids, input.log);
                      return split;
                  });
}

}  // namespace cohort::partition
