#include "step/outcome_report.h"

#include "store/raw_tree.h"

namespace cohort::step {
namespace {

std::string counted(std::uint64_t number, const std::string& singular) {
    return std::to_string(number) + " " + singular + (number == 1 ? "" : "s");
}

/// "208 samples from ", by whatever the kind counts; empty for kinds that count nothing.
std::string made(const Json& content) {
    for (const char* what : {"sample", "case", "file"}) {
        const auto found = content.find(std::string(what) + "s");
        if (found != content.end() && found->is_number_unsigned())
            return counted(found->get<std::uint64_t>(), what) + " from ";
    }
    return "";
}

}  // namespace

std::string three_numbers(const store::Manifest& manifest, bool from_files) {
    const auto& counts = manifest.counts;
    if (counts.sources == 0 && counts.quarantined == 0 && counts.skipped == 0) return "";
    return made(manifest.content) + counted(counts.sources, from_files ? "file" : "sample") + "; " +
           std::to_string(counts.quarantined) + " quarantined; " + std::to_string(counts.skipped) + " skipped";
}

std::string result_line(const std::filesystem::path& place, const store::Manifest& manifest) {
    Json content = Json::object();
    for (const auto& [name, value] : manifest.content.items())
        if (!value.is_structured()) content[name] = value;
    return canonical_json({{"artefact", store::json_name(place.string())},
                           {"kind", manifest.kind},
                           {"digest", manifest.digest.text()},
                           {"counts",
                            {{"sources", manifest.counts.sources},
                             {"quarantined", manifest.counts.quarantined},
                             {"skipped", manifest.counts.skipped}}},
                           {"content", std::move(content)}});
}

}  // namespace cohort::step
