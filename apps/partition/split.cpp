#include "apps/partition/split.h"

#include <algorithm>
#include <array>
#include <map>

#include "apps/partition/balance.h"
#include "core/error.h"
#include "core/files.h"

namespace cohort::partition {
namespace {

constexpr std::array part_names{"train", "validation", "test"};
constexpr std::uint8_t nowhere = 0xFF;  // train, validation and test are 0 to 2

std::array<const std::vector<std::uint32_t>*, 3> parts_of(const Fold& fold) {
    return {&fold.train, &fold.validation, &fold.test};
}

/// Collects clashes of one kind over all folds; throws them together, the first few by name.
class Clashes {
public:
    explicit Clashes(std::string what) : what_(std::move(what)) {}
    void add(const std::string& sentence) {
        if (++count_ <= most_named) text_ += (text_.empty() ? "" : "; ") + sentence;
    }
    void throw_if_any(const std::string& advice) const {
        if (count_ == 0) return;
        const auto more = count_ > most_named ? " (and " + std::to_string(count_ - most_named) + " more)" : "";
        throw Error(Exit::bad_input, what_ + ": " + text_ + more + "; " + advice);
    }

private:
    static constexpr std::size_t most_named = 5;
    std::string what_, text_;
    std::size_t count_ = 0;
};

/// Which part each thing (case, group, content) of a fold has been seen in, and by which case.
class Seen {
public:
    explicit Seen(std::size_t things) : part_(things, nowhere), by_(things, 0) {}
    /// The case that put this thing into another part, or nothing.
    std::optional<std::pair<std::uint32_t, std::uint8_t>> put(std::uint32_t thing, std::uint8_t part,
                                                              std::uint32_t one) {
        if (part_[thing] == nowhere) {
            part_[thing] = part, by_[thing] = one;
            return std::nullopt;
        }
        if (part_[thing] == part) return std::nullopt;
        return std::pair(by_[thing], part_[thing]);
    }

private:
    std::vector<std::uint8_t> part_;
    std::vector<std::uint32_t> by_;
};

/// Equal numbers for equal contents; a case without images has a number of its own.
std::vector<std::uint32_t> content_numbers(const Cases& cases) {
    std::map<Digest, std::uint32_t> first;
    std::vector<std::uint32_t> number(cases.used.size());
    for (std::uint32_t i = 0; i < number.size(); ++i)
        number[i] = cases.used[i].content ? first.emplace(*cases.used[i].content, i).first->second : i;
    return number;
}

std::string where(const std::string& id, std::uint8_t part) { return "'" + id + "' in " + part_names[part]; }

void refuse_shared(const Split& split, const Cases& cases, const std::vector<std::uint32_t>& thing_of,
                   std::size_t things, const std::string& what, const std::string& advice,
                   const std::vector<std::string>* names) {
    Clashes clashes(what);
    for (const auto& fold : split.folds) {
        Seen seen(things);
        for (std::uint8_t part = 0; part < 3; ++part)
            for (const auto one : *parts_of(fold)[part]) {
                const auto other = seen.put(thing_of[one], part, one);
                if (!other) continue;
                clashes.add("fold " + fold.name + ": " + (names ? "'" + (*names)[thing_of[one]] + "': " : "") +
                            where(cases.used[other->first].id, other->second) + " and " +
                            where(cases.used[one].id, part));
            }
    }
    clashes.throw_if_any(advice);
}

Json ids_of(const std::vector<std::uint32_t>& part, const Cases& cases) {
    Json ids = Json::array();
    for (const auto i : part) ids.push_back(cases.used[i].id);
    return ids;
}

/// {by, number, largest, together: {group: [ids]} of groups with several cases, left_out: […]}
Json groups_json(const Split& split, const Cases& cases, const Grouping& grouping, std::string_view column) {
    Json together = Json::object();
    for (std::size_t i = 0; i < cases.used.size(); ++i)
        if (const auto g = grouping.group_of[i]; grouping.sizes[g] > 1)
            together[grouping.names[g]].push_back(cases.used[i].id);
    const auto largest = grouping.sizes.empty() ? 0U : *std::max_element(grouping.sizes.begin(), grouping.sizes.end());
    return {{"by", column},
            {"number", grouping.names.size()},
            {"largest", largest},
            {"together", together},
            {"left_out", split.left_out}};
}

Json strata_json(const std::vector<Variable>& variables, std::size_t stratified) {
    Json strata = Json::array();
    for (std::size_t v = 0; v < stratified; ++v)
        strata.push_back({{"name", variables[v].name},
                          {"continuous", variables[v].continuous},
                          {"edges", variables[v].edges},
                          {"levels", variables[v].levels}});
    return strata;
}

}  // namespace

std::vector<std::uint32_t> unlisted_cases(const Split& split, std::size_t cases) {
    std::vector<bool> listed(cases, false);
    for (const auto& fold : split.folds)
        for (const auto* part : parts_of(fold))
            for (const auto i : *part) listed[i] = true;
    std::vector<std::uint32_t> unlisted;
    for (std::uint32_t i = 0; i < cases; ++i)
        if (!listed[i]) unlisted.push_back(i);
    return unlisted;
}

void refuse_overlap(const Split& split, const Cases& cases, const Grouping& grouping, std::string_view group_column) {
    std::vector<std::uint32_t> itself(cases.used.size());
    for (std::uint32_t i = 0; i < itself.size(); ++i) itself[i] = i;
    refuse_shared(split, cases, itself, itself.size(), "samples stand in two parts of a fold", "list each once.",
                  nullptr);
    const std::string column(group_column);
    refuse_shared(split, cases, grouping.group_of, grouping.names.size(), "groups (" + column + ") are split",
                  "correct the folds, or name with --group another column whose values stay together (id: every "
                  "sample alone).",
                  &grouping.names);
    refuse_shared(split, cases, content_numbers(cases), cases.used.size(), "samples with equal images are split",
                  "correct the folds, or remove the copies with cohort-curate --check "
                  "duplicate-across-subjects=quarantine --check duplicate-within-subject=quarantine.",
                  nullptr);
}

std::vector<std::string> empty_parts(const Split& split) {
    std::vector<std::string> sentences;
    for (const auto& fold : split.folds) {
        if (fold.train.empty()) sentences.push_back("fold " + fold.name + ": its training part is empty.");
        if (fold.validation.empty()) sentences.push_back("fold " + fold.name + ": its validation part is empty.");
    }
    return sentences;
}

void write_split(const std::filesystem::path& file, std::string_view scheme, const Split& split, const Cases& cases,
                 const Grouping& grouping, std::string_view group_column, const std::vector<Variable>& variables) {
    // Members in the order of canonical JSON; one fold at a time, since n samples in k folds are n·k ids.
    FileWriter out(file);
    out.write("{\"balance\":" + canonical_json(balance_json(split, grouping, variables)) + ",\"folds\":[");
    bool first = true;
    for (const auto& fold : split.folds) {
        const Json json{{"name", fold.name},
                        {"train", ids_of(fold.train, cases)},
                        {"validation", ids_of(fold.validation, cases)},
                        {"test", ids_of(fold.test, cases)}};
        out.write((first ? "" : ",") + canonical_json(json));
        first = false;
    }
    out.write("],\"groups\":" + canonical_json(groups_json(split, cases, grouping, group_column)));
    out.write(",\"scheme\":" + canonical_json(scheme));
    out.write(",\"seed\":" + canonical_json(split.seed ? Json(*split.seed) : Json(nullptr)));
    out.write(",\"strata\":" + canonical_json(strata_json(variables, cases.stratified)) + "}");
    out.close();
}

}  // namespace cohort::partition
