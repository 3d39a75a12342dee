#include "apps/compare/compare_step.h"

#include <cstdio>

#include "apps/compare/compare_artefacts.h"
#include "apps/compare/compare_files.h"
#include "core/error.h"
#include "core/files.h"

namespace cohort::compare {
namespace {

bool is_artefact(const std::filesystem::path& path) { return store::find_own_folder(path).has_value(); }

bool is_file(const std::filesystem::path& path) {
    std::error_code unknown;
    return std::filesystem::is_regular_file(path, unknown);
}

Json to_json(const Comparison& comparison, std::size_t most) {
    Json list = Json::array();
    for (std::size_t i = 0; i < comparison.differences().size() && i < most; ++i)
        list.push_back({{"where", comparison.differences()[i].where}, {"what", comparison.differences()[i].what}});
    return {{"equal", comparison.equal()},
            {"arrays", comparison.arrays()},
            {"members", comparison.members()},
            {"tolerance", comparison.tolerance().absolute},
            {"relative", comparison.tolerance().relative},
            {"count", comparison.count()},
            {"differences", std::move(list)}};
}

std::string to_text(const Comparison& comparison, std::size_t most) {
    std::string out;
    for (std::size_t i = 0; i < comparison.differences().size() && i < most; ++i)
        out += comparison.differences()[i].where + ": " + comparison.differences()[i].what + "\n";
    if (comparison.count() > most) out += "… and " + std::to_string(comparison.count() - most) + " more\n";
    out += comparison.equal()
               ? "equal"
               : std::to_string(comparison.count()) + (comparison.count() == 1 ? " difference" : " differences");
    out += " (" + std::to_string(comparison.members()) + " files, " + std::to_string(comparison.arrays()) +
           " arrays; tolerance " + shortest(comparison.tolerance().absolute) + ", relative " +
           shortest(comparison.tolerance().relative) + ")\n";
    return out;
}

}  // namespace

std::vector<step::Finding> CompareStep::validate(const Json& parameters, const step::Inputs&) const {
    const std::filesystem::path a = parameters.at("a").get<std::string>(), b = parameters.at("b").get<std::string>();
    if (is_artefact(a) && is_artefact(b)) return {};
    for (const auto& path : {a, b})
        if (!is_file(path))
            return {
                {"",
                 printable(path.string()) +
                     (is_artefact(path) ? " is an artefact and the other is not; compare two artefacts, or two files."
                                        : " is neither an artefact of cohort nor a file."),
                 Exit::bad_input}};
    return {};
}

step::Outcome CompareStep::run(step::Context& context) {
    const Json& parameters = context.parameters;
    const std::filesystem::path a = parameters.at("a").get<std::string>(), b = parameters.at("b").get<std::string>();
    Comparison comparison({parameters.at("tolerance").get<double>(), parameters.at("relative").get<double>()});
    if (is_artefact(a))
        compare_artefacts(comparison, a, b, context.threads, context.progress);
    else
        compare_files(comparison, a.filename().string(), a, b);
    const auto most = parameters.at("most").get<std::size_t>();
    const std::string text = parameters.at("json").get<bool>() ? canonical_json(to_json(comparison, most)) + "\n"
                                                               : to_text(comparison, most);
    print_out(text);
    if (!comparison.equal())
        throw Error(Exit::check_failed, printable(a.string()) + " and " + printable(b.string()) +
                                            " differ: " + comparison.differences().front().where + ": " +
                                            comparison.differences().front().what + ".");
    return step::Outcome::done;
}

}  // namespace cohort::compare
