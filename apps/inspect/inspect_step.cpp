#include "apps/inspect/inspect_step.h"

#include "apps/inspect/preview.h"
#include "apps/inspect/summary.h"
#include "apps/inspect/verification.h"
#include "core/error.h"
#include "core/files.h"

namespace cohort::inspect {
std::vector<step::Finding> InspectStep::validate(const Json& parameters, const step::Inputs& inputs) const {
    std::vector<step::Finding> findings;
    const auto& input = inputs.one("artefact");
    if (!parameters.contains("png")) {
        if (parameters.at("allow_identified").get<bool>())
            findings.push_back({"allow_identified", "--allow-identified goes with --png."});
        return findings;
    }
    if (input.manifest.kind != "dataset")
        findings.push_back({"png", "--png draws datasets; " + printable(input.path.string()) + " is of kind " +
                                       input.manifest.kind + "."});
    else if (input.manifest.privacy == store::Privacy::identified && !parameters.at("allow_identified").get<bool>())
        findings.push_back({"png",
                            printable(input.path.string()) +
                                " is identified, and a picture of it leaves the dataset's protection; "
                                "anonymise it, or give --allow-identified.",
                            Exit::privacy});
    return findings;
}

step::Outcome InspectStep::run(step::Context& context) {
    const Json& parameters = context.parameters;
    const auto& input = context.inputs.one("artefact");
    const std::string sample = parameters.value("sample", std::string());
    const bool as_json = parameters.at("json").get<bool>();

    Json shown = sample.empty() ? summary_of(input) : sample_of(input, sample);
    std::string text = as_json ? "" : sample.empty() ? summary_text(shown) : sample_text(shown);
    if (parameters.contains("png")) {
        if (input.manifest.privacy == store::Privacy::identified)
            context.log.warn("--allow-identified: the picture shows identified data.");
        const std::string file = parameters.at("png").get<std::string>();
        context.log.info(write_preview(input, sample, file, context.memory));
        shown["png"] = file;
    }
    if (!parameters.at("verify").get<bool>()) {
        print_out(as_json ? canonical_json(shown) + "\n" : text);
        return step::Outcome::done;
    }
    const Verification verified = verify(input, context.threads, context.progress);
    shown["verified"] = {{"members", verified.members}, {"arrays", verified.arrays}, {"faults", verified.faults}};
    text += "\nverified  " + std::to_string(verified.members) + " members, " + std::to_string(verified.arrays) +
            " arrays: " +
            (verified.faults.empty() ? "all as they were made" : std::to_string(verified.faults.size()) + " faults") +
            "\n";
    for (const std::string& fault : verified.faults) text += "  " + fault + "\n";
    print_out(as_json ? canonical_json(shown) + "\n" : text);
    if (!verified.faults.empty())
        throw Error(
            Exit::check_failed,
            printable(input.path.string()) + " is not as it was made: " + verified.faults.front() +
                (verified.faults.size() > 1 ? " (and " + std::to_string(verified.faults.size() - 1) + " more faults)"
                                            : ""));
    return step::Outcome::done;
}

}  // namespace cohort::inspect
