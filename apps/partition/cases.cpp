#include "apps/partition/cases.h"

#include <algorithm>
#include <charconv>

#include "core/error.h"
#include "core/files.h"

namespace cohort::partition {
namespace {

std::optional<double> number_in(const std::string& text) {
    double value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

bool is_usable(const store::Sample& sample) {
    return sample.first_with(store::Role::label) != nullptr || store::value_of(sample, "class").has_value();
}

/// Equal for samples whose images are equal, whatever the arrays are called.
std::optional<Digest> content_of(const store::Sample& sample) {
    std::vector<Digest> images;
    for (const auto& [name, info] : sample.arrays)
        if (info.role == store::Role::image) images.push_back(info.digest);
    if (images.empty()) return std::nullopt;
    std::sort(images.begin(), images.end());
    Sha256 hash;
    for (const auto& digest : images) hash.update(std::as_bytes(std::span(digest.bytes)));
    return hash.finish();
}

/// Columns seen so far, so that a misspelt one can be named.
class ColumnNames {
public:
    void see(const store::Sample& sample) {
        for (const auto& [name, value] : sample.values.items())
            if (!store::is_missing(value)) names_.insert(name);
        has_session_ = has_session_ || !sample.session.empty();
    }
    void require(const std::string& column, std::string_view flag) const {
        if (column == "id" || column == "subject" || names_.contains(column)) return;
        if (column == "session" && has_session_) return;
        std::vector<std::string> known(names_.begin(), names_.end());
        known.insert(known.end(), {"id", "subject"});
        if (has_session_) known.emplace_back("session");
        throw Error(Exit::usage, std::string(flag) + " " + column + ": no sample of the dataset has this column. " +
                                     did_you_mean(column, known) + "Columns: " + listed(known) + ".");
    }
    bool has(const std::string& column) const { return names_.contains(column); }

private:
    static std::string listed(std::vector<std::string> names) {
        constexpr std::size_t most = 20;
        std::sort(names.begin(), names.end());
        std::string text;
        for (std::size_t i = 0; i < names.size() && i < most; ++i) text += (i ? ", " : "") + names[i];
        return names.size() > most ? text + " …" : text;
    }
    std::set<std::string> names_;
    bool has_session_ = false;
};

}  // namespace

Cell cell_of(const store::Sample& sample, std::string_view column) {
    if (column == "id") return {sample.id, std::nullopt};
    const auto value = store::value_of(sample, column);
    if (!value) return {};
    if (value->is_string()) {
        const auto text = value->get<std::string>();
        return {text, number_in(text)};
    }
    if (value->is_number()) return {shortest(value->get<double>()), value->get<double>()};
    return {canonical_json(*value), std::nullopt};
}

Cases read_cases(const std::filesystem::path& dataset, const Digest& expected, const std::string& group_column,
                 const std::vector<std::string>& stratify) {
    Cases cases;
    cases.columns = stratify;
    cases.stratified = stratify.size();
    const bool add_class = std::find(stratify.begin(), stratify.end(), "class") == stratify.end();
    if (add_class) cases.columns.emplace_back("class");

    ColumnNames names;
    store::SampleReader reader(dataset / "samples.jsonl", expected);
    while (const auto sample = reader.next()) {
        names.see(*sample);
        if (!is_usable(*sample)) {
            cases.unlabelled.push_back(sample->id);
            continue;
        }
        Case one{sample->id, cell_of(*sample, group_column).text, {}, content_of(*sample)};
        one.cells.reserve(cases.columns.size());
        for (const auto& column : cases.columns) one.cells.push_back(cell_of(*sample, column));
        cases.used.push_back(std::move(one));
    }
    names.require(group_column, "--group");
    for (const auto& column : stratify) names.require(column, "--stratify");
    if (cases.used.empty())
        throw Error(Exit::bad_input, printable(dataset.string()) + ": none of its " +
                                         std::to_string(cases.unlabelled.size()) +
                                         " samples has a label or a class, so there is nothing to split; give labels "
                                         "or a class column at ingest.");
    if (add_class && !names.has("class")) {
        cases.columns.pop_back();
        for (auto& one : cases.used) one.cells.pop_back();
    }
    return cases;
}

}  // namespace cohort::partition
