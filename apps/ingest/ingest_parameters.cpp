#include "apps/ingest/ingest_parameters.h"

#include <charconv>

#include "core/error.h"
#include "core/files.h"
#include "formats/layouts/pattern.h"

namespace cohort::ingest {

IngestParameters IngestParameters::from_json(const Json& json) {
    IngestParameters p;
    const auto text = [&](const char* name) {
        return json.contains(name) ? std::optional(json[name].get<std::string>()) : std::nullopt;
    };
    if (const auto path = text("input")) p.input = *path;
    if (const auto path = text("labels")) p.labels = *path;
    if (const auto path = text("table")) p.table = *path;
    p.layout = text("layout").value_or("auto");
    p.pattern = text("pattern").value_or("");
    p.keep_unlabelled = text("unlabelled").value_or("quarantine") == "keep";
    if (json.contains("label_names")) p.label_names = json["label_names"].get<std::vector<std::string>>();
    if (const auto level = text("privacy")) p.privacy = store::privacy_named(*level);
    p.codec = store::codec_named(text("codec").value_or("fast")).value_or(store::Codec::fast);
    return p;
}

std::map<std::int64_t, std::string> IngestParameters::names_by_value() const {
    std::map<std::int64_t, std::string> names;
    for (const auto& entry : label_names) {
        const auto equals = entry.find('=');
        std::int64_t value = 0;
        const auto [end, fault] = std::from_chars(entry.data(), entry.data() + std::min(equals, entry.size()), value);
        const bool whole = equals != std::string::npos && fault == std::errc{} && end == entry.data() + equals &&
                           equals + 1 < entry.size();
        if (!whole)
            throw Error(Exit::usage, "--label-names: " + printable(entry) + " is not VALUE=NAME, such as 1=liver.");
        if (!names.emplace(value, entry.substr(equals + 1)).second)
            throw Error(Exit::usage, "--label-names: the value " + std::to_string(value) + " is named twice.");
    }
    return names;
}

std::vector<step::Finding> findings_of(const IngestParameters& p) {
    std::vector<step::Finding> findings;
    if (!p.input && !p.labels) findings.push_back({"input", "give --input, --labels or both.", Exit::usage});
    if (!p.pattern.empty() && p.layout != "auto" && p.layout != "flat")
        findings.push_back({"pattern", "it goes with --layout flat, not with " + p.layout + ".", Exit::usage});
    const auto check = [&](const char* name, const auto& parse) {
        try {
            parse();
        } catch (const Error& error) {
            findings.push_back({name, error.sentence(), error.code()});
        }
    };
    check("pattern", [&] {
        if (!p.pattern.empty()) (void)layouts::Pattern(p.pattern);
    });
    check("label_names", [&] { (void)p.names_by_value(); });
    return findings;
}

}  // namespace cohort::ingest
