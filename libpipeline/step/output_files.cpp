#include "step/output_files.h"

#include <filesystem>
#include <optional>

#include "core/error.h"
#include "core/files.h"
#include "store/manifest.h"

namespace cohort::step {
namespace {

/// The nearest folder above `file` that is an artefact of ours.
std::optional<std::filesystem::path> artefact_around(const std::filesystem::path& file) {
    std::error_code fault;
    auto folder = std::filesystem::weakly_canonical(file, fault).parent_path();
    if (fault) return std::nullopt;  // then it cannot be written either, which has its sentence
    for (; !store::find_own_folder(folder); folder = folder.parent_path())
        if (folder == folder.parent_path()) return std::nullopt;
    return folder;
}

void refuse(const std::string& flag, const std::filesystem::path& file) {
    if (const auto around = artefact_around(file))
        throw Error(Exit::usage, flag + " " + printable(file.string()) + " lies inside the artefact " +
                                     printable(around->string()) + "; choose a place outside of it.");
}

}  // namespace

void refuse_files_inside_artefacts(const cli::StepSchema& schema, const cli::CommandLine& line) {
    for (const auto& parameter : schema.parameters) {
        const auto value = line.parameters.find(parameter.name);
        if (parameter.path == cli::PathKind::output && value != line.parameters.end() && value->is_string())
            refuse(parameter.flag, value->get<std::string>());
    }
    if (line.common.log_json) refuse("--log-json", *line.common.log_json);
}

}  // namespace cohort::step
