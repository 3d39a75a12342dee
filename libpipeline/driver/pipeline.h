// A pipeline file, checked: what its author wrote, with the variables' values put in and nothing run yet.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/command_line.h"
#include "cli/step_schema.h"
#include "cli/validator.h"
#include "cli/yaml.h"
#include "core/json.h"
#include "driver/expect.h"

namespace cohort::driver {

/// Where a value was written, which decides from where its relative paths count: the file's folder, or the working
/// directory.
enum class Origin { file, command_line };

/// A piece of a text with references. Variables are replaced when the file is read, so none of them is left.
struct Piece {
    enum class Kind {
        text,    ///< itself
        matrix,  ///< the job's value of matrix key `index` of this step
        step,    ///< ${steps.S}: the artefact of step `index` (the matched job where S has a matrix)
        gather   ///< ${steps.S.*}: all jobs of step `index` that agree with this job's matrix values
    };
    Kind kind = Kind::text;
    std::string text;  ///< of a text; of a reference, what was written (for sentences)
    std::uint32_t index = 0;
};

struct Template {
    std::vector<Piece> pieces;
    Origin origin = Origin::file;

    bool is_constant() const { return pieces.empty() || (pieces.size() == 1 && pieces[0].kind == Piece::Kind::text); }
    bool is_reference(Piece::Kind kind) const { return pieces.size() == 1 && pieces[0].kind == kind; }
};

/// One entry of `with`.
struct Setting {
    std::string name;
    const cli::Parameter* parameter = nullptr;  ///< null for seed and device, which are no parameters of the step
    bool is_list = false;                       ///< written as a list, or a reference to a list variable
    std::vector<Template> items;                ///< one for a scalar
    Json mapping;                               ///< a mapping, taken as it stands; else null
    std::string pointer;                        ///< where in the file, for faults
};

struct MatrixKey {
    std::string name;
    std::vector<std::string> values;  ///< as written
    Origin origin = Origin::file;
};

struct Resources {
    unsigned cores = 1;
    std::uint64_t memory = std::uint64_t{2} << 30;
    unsigned gpus = 0;
};

struct StepModel {
    std::string name;
    const cli::StepSchema* schema = nullptr;
    std::vector<Setting> settings;
    std::vector<MatrixKey> matrix;
    Resources resources;
    cli::Acceptance acceptance;
    std::string acceptance_text = "0";  ///< as a command line takes it
    std::vector<Expectation> expectations;
    std::string pointer;
};

struct OutputModel {
    std::string name;
    std::uint32_t step = 0;
    bool gathered = false;  ///< ${steps.S.*}: a folder with a link for each job
};

struct Pipeline {
    std::string name;
    std::filesystem::path file, folder;  ///< absolute
    std::filesystem::path working_directory;
    std::vector<StepModel> steps;  ///< in the order of the file
    std::vector<OutputModel> outputs;
    std::vector<std::uint32_t> order;  ///< of the steps: what is needed stands before what needs it
};

/// Faults of one file: all of them are told at once, each with its line and column.
class Faults {
public:
    /// `pointer` is a JSON pointer into the file; with "#key" behind it, the key itself is meant. A pointer that does
    /// not start with '/' is a name of its own ("--set folds").
    void add(std::string pointer, std::string sentence) {
        faults_.push_back({std::move(pointer), std::move(sentence)});
    }
    bool empty() const { return faults_.empty(); }
    std::size_t size() const { return faults_.size(); }
    /// True if a fault lies at or below `pointer`.
    bool any_below(std::string_view pointer) const;
    /// Throws Error(usage) with every fault, in the order of the file, unless there is none.
    void throw_if_any(const std::string& file_name, const cli::YamlDocument& document) const;

private:
    std::vector<cli::Fault> faults_;
};

struct Assignment {
    std::string name, value;  ///< of --set NAME=VALUE
};

struct PipelineSource {
    std::string text;
    std::filesystem::path file;               ///< absolute; its folder is where relative paths in it begin
    std::filesystem::path working_directory;  ///< absolute; where relative paths of --set begin
    std::vector<Assignment> assignments;
};

/// A pipeline and the document it came from: later checks (graph.h) add their faults to the same list.
struct PipelineDraft {
    Pipeline pipeline;
    cli::YamlDocument document;
    Faults faults;
};

/// Parses and checks the file: shape, names, variables, references, matrices, resources, expect. Faults are collected,
/// not thrown; a syntax error of the YAML itself is thrown as Error(usage), since nothing after it can be trusted.
PipelineDraft draft_pipeline(const PipelineSource& source);

/// The file's `name`, without checking the rest.
std::string pipeline_name(const std::filesystem::path& file);

/// True for a name that may stand in references and as a folder: [A-Za-z0-9_-]+, at most 100 characters.
bool is_name(std::string_view name);

}  // namespace cohort::driver
