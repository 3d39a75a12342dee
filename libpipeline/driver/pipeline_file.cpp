// YAML → Pipeline: shape, names, variables; what refers to what is in pipeline_checks.cpp.
#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "cli/validator.h"
#include "core/checked_math.h"
#include "core/error.h"
#include "core/files.h"
#include "driver/pipeline.h"
#include "driver/pipeline_checks.h"
#include "driver/references.h"
#include "driver/variables.h"

namespace cohort::driver {
namespace {

/// Names of the members of the mapping at `pointer` in the order of the file.
std::vector<std::string> members_in_order(const cli::YamlDocument& document, const std::string& pointer,
                                          const Json& mapping) {
    std::vector<std::pair<std::pair<int, int>, std::string>> placed;
    for (const auto& [name, value] : mapping.items()) {
        const auto found = document.marks.find(cli::pointer_to(pointer, name) + "#key");
        const auto mark = found == document.marks.end() ? cli::Mark{} : found->second;
        placed.push_back({{mark.line, mark.column}, name});
    }
    std::stable_sort(placed.begin(), placed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<std::string> names;
    names.reserve(placed.size());
    for (auto& [mark, name] : placed) names.push_back(std::move(name));
    return names;
}

class Reader {
public:
    Reader(const PipelineSource& source, PipelineDraft& draft) : source_(source), draft_(draft) {}

    void read() {
        Pipeline& pipeline = draft_.pipeline;
        pipeline.file = source_.file;
        pipeline.folder = source_.file.parent_path();
        pipeline.working_directory = source_.working_directory;
        static const Json schema = parse_json(cli::schema_text("pipeline"), "schema of pipelines");
        for (auto& fault : cli::validate(schema, document().value)) faults().add(fault.pointer, fault.sentence);
        if (!document().value.is_object()) return;
        read_name();
        variables_ = read_variables(document(), source_, faults());
        read_steps();
        read_outputs();
    }

private:
    const cli::YamlDocument& document() const { return draft_.document; }
    Faults& faults() { return draft_.faults; }

    void read_name() {
        const auto found = document().value.find("name");
        if (found == document().value.end() || !found->is_string()) return;
        draft_.pipeline.name = found->get<std::string>();
        if (!draft_.pipeline.name.empty() && !is_name(draft_.pipeline.name))
            faults().add("/name", "'" + printable(draft_.pipeline.name) +
                                      "' cannot name a pipeline; use letters, digits, '_' and '-', at most 100.");
    }

    void read_steps() {
        const auto found = document().written.find("steps");
        if (found == document().written.end() || !found->is_object()) return;
        const auto names = members_in_order(document(), "/steps", *found);
        for (const auto& name : names) step_names_.emplace(name, static_cast<std::uint32_t>(step_names_.size()));
        for (const auto& name : names) {
            StepModel step;
            step.name = name;
            step.pointer = cli::pointer_to("/steps", name);
            if (!is_name(name))
                faults().add(
                    step.pointer + "#key",
                    "'" + printable(name) + "' cannot name a step; use letters, digits, '_' and '-', at most 100.");
            if (name == "outputs" || name == "journal")  // beside its results' names in runs/PIPELINE
                faults().add(step.pointer + "#key",
                             "'" + printable(name) +
                                 "' cannot name a step: the driver keeps something of its own under it; take another.");
            const Json& written = (*found)[name];
            if (written.is_object()) read_step(step, written);
            draft_.pipeline.steps.push_back(std::move(step));
        }
    }

    void read_step(StepModel& step, const Json& written) {
        const auto part = [&](const char* name) -> const Json* {
            const auto found = written.find(name);
            return found == written.end() || found->is_null() ? nullptr : &*found;
        };
        if (const Json* run = part("run"); run != nullptr && run->is_string())
            read_program(step, run->get<std::string>());
        if (const Json* matrix = part("matrix"); matrix != nullptr && matrix->is_object()) read_matrix(step, *matrix);
        if (const Json* with = part("with"); with != nullptr && with->is_object()) read_with(step, *with);
        if (const Json* resources = part("resources"); resources != nullptr && resources->is_object())
            read_resources(step, *resources);
        if (const Json* accept = part("accept_quarantined"); accept != nullptr && accept->is_string())
            read_acceptance(step, accept->get<std::string>());
        if (const Json* expect = part("expect"); expect != nullptr && expect->is_object()) read_expect(step, *expect);
    }

    void read_program(StepModel& step, std::string program) {
        if (program == "anonymize") program = "anonymise";
        if (!cli::has_step(program)) {
            faults().add(step.pointer + "/run", "There is no step '" + printable(program) + "'" +
                                                    cli::unknown_name_ending(program, cli::step_names()));
            return;
        }
        step.schema = &cli::step_schema(program);
        if (step.schema->output.empty())
            faults().add(step.pointer + "/run",
                         "'" + program + "' makes no artefact, so a pipeline has no use for it; run cohort-" + program +
                             " by itself.");
    }

    void read_matrix(StepModel& step, const Json& matrix) {
        const std::string at = step.pointer + "/matrix";
        for (const auto& name : members_in_order(document(), at, matrix)) {
            const std::string here = cli::pointer_to(at, name);
            if (!is_name(name) || name == "steps")
                faults().add(here + "#key",
                             "'" + printable(name) + "' cannot name a matrix key; use letters, digits, '_' and '-'.");
            MatrixKey key;
            key.name = name;
            read_matrix_values(key, matrix[name], here);
            step.matrix.push_back(std::move(key));
        }
    }

    void read_matrix_values(MatrixKey& key, const Json& written, const std::string& at) {
        const Json list = written.is_array() ? written : Json::array({written});
        const StepModel no_matrix;  // the values of a matrix cannot refer to the matrix
        const std::size_t before = faults().size();
        for (std::size_t i = 0; i < list.size(); ++i) {
            if (!list[i].is_string()) {
                faults().add(at, "Values of a matrix must be texts and numbers.");
                continue;
            }
            bool is_list = false;
            for (auto& item : compile(list[i].get<std::string>(), no_matrix, at, is_list)) {
                if (!item.is_constant()) {
                    faults().add(at, "A matrix cannot depend on what steps make.");
                    continue;
                }
                key.values.push_back(item.pieces.empty() ? "" : item.pieces[0].text);
                key.origin = item.origin;
            }
        }
        if (key.values.empty() && faults().size() == before)
            faults().add(at, "Matrix key '" + key.name + "' has no values.");
        std::set<std::string_view> seen;
        for (const auto& value : key.values)
            if (!seen.insert(value).second)
                faults().add(at, "Matrix key '" + key.name + "' has the value '" + printable(value) + "' twice.");
    }

    void read_with(StepModel& step, const Json& with) {
        for (const auto& [name, written] : with.items()) {
            Setting setting;
            setting.name = name;
            setting.pointer = cli::pointer_to(step.pointer + "/with", name);
            if (step.schema == nullptr) {
                check_texts(step, setting, written);
                continue;
            }
            if (!find_parameter(step, setting) || written.is_null()) continue;
            if (written.is_object()) {
                setting.mapping = document().value["steps"][step.name]["with"][name];
            } else if (written.is_array()) {
                setting.is_list = true;
                for (const Json& item : written) add_item(step, setting, item);
            } else {
                add_item(step, setting, written);
                if (!setting.is_list && setting.items.empty()) continue;  // a variable without value: left out
            }
            step.settings.push_back(std::move(setting));
        }
    }

    /// Of a step that does not exist: what its texts refer to can be found wrong all the same.
    void check_texts(const StepModel& step, const Setting& setting, const Json& written) {
        bool is_list = false;
        for (const Json& item : written.is_array() ? written : Json::array({written}))
            if (item.is_string()) compile(item.get<std::string>(), step, setting.pointer, is_list);
    }

    /// False, with a fault, if `with` may not have it.
    bool find_parameter(const StepModel& step, Setting& setting) {
        setting.parameter = step.schema->parameter(setting.name);
        if (setting.parameter != nullptr) return true;
        if (setting.name == "seed" && step.schema->uses_seed) return true;
        if (setting.name == "device" && step.schema->uses_device) return true;
        const std::string at = setting.pointer + "#key";
        if (setting.name == "seed" || setting.name == "device") {
            faults().add(at, "'" + step.schema->name + "' has no use for a " + setting.name + "; remove it.");
        } else if (cli::options_schema().parameter(setting.name) != nullptr) {
            faults().add(at, "'" + setting.name +
                                 "' is set by the driver, not in 'with'; see 'resources', 'accept_quarantined' and "
                                 "cohort run --help.");
        } else {
            std::vector<std::string> names;
            for (const auto& parameter : step.schema->parameters) names.push_back(parameter.name);
            faults().add(at, "'" + step.schema->name + "' has no parameter '" + printable(setting.name) + "'" +
                                 cli::unknown_name_ending(setting.name, names));
        }
        return false;
    }

    void add_item(const StepModel& step, Setting& setting, const Json& written) {
        if (!written.is_string()) {
            faults().add(setting.pointer, "'" + setting.name + "' must be a value or a list of values.");
            return;
        }
        for (auto& item : compile(written.get<std::string>(), step, setting.pointer, setting.is_list))
            setting.items.push_back(std::move(item));
    }

    /// A written text with its variables put in: one template; many for a list variable (`is_list` is set); none for a
    /// variable without value that stands alone (inside a longer text that is a fault).
    std::vector<Template> compile(const std::string& written, const StepModel& step, const std::string& at,
                                  bool& is_list) {
        const ReferenceText parsed = parse_references(written);
        if (!parsed.fault.empty()) {
            faults().add(at, parsed.fault);
            return {};
        }
        const bool whole = parsed.pieces.size() == 1;
        Template result;
        for (const auto& piece : parsed.pieces) {
            if (piece.kind == ReferencePiece::Kind::text) {
                append_text(result, piece.text);
                continue;
            }
            if (piece.kind != ReferencePiece::Kind::name) {
                if (!append_step(result, piece, at)) return {};
                continue;
            }
            const auto key = std::find_if(step.matrix.begin(), step.matrix.end(),
                                          [&](const MatrixKey& candidate) { return candidate.name == piece.text; });
            if (key != step.matrix.end()) {
                if (result.pieces.empty()) result.origin = key->origin;
                result.pieces.push_back({Piece::Kind::matrix, "${" + piece.text + "}",
                                         static_cast<std::uint32_t>(key - step.matrix.begin())});
                continue;
            }
            const Variable* variable = variable_named(piece.text, step, at);
            if (variable == nullptr) return {};
            if (variable->kind == Variable::Kind::absent) {
                if (!whole && !is_told(piece.text))
                    faults().add(at, "Variable '" + piece.text +
                                         "' has no value, so this text cannot be made; give --set " + piece.text +
                                         "=VALUE or a default, or let ${" + piece.text +
                                         "} stand alone to leave it out.");
                return {};
            }
            if (variable->kind == Variable::Kind::list) {
                if (whole) return list_of(*variable, is_list);
                faults().add(at, "The list '" + piece.text + "' cannot stand inside a text; let ${" + piece.text +
                                     "} stand alone.");
                return {};
            }
            if (result.pieces.empty()) result.origin = variable->origin;
            append_text(result, variable->items[0]);
        }
        return {std::move(result)};
    }

    static void append_text(Template& into, const std::string& text) {
        if (!into.pieces.empty() && into.pieces.back().kind == Piece::Kind::text)
            into.pieces.back().text += text;
        else
            into.pieces.push_back({Piece::Kind::text, text, 0});
    }

    bool append_step(Template& into, const ReferencePiece& piece, const std::string& at) {
        const auto found = step_names_.find(piece.text);
        if (found == step_names_.end()) {
            std::vector<std::string> names;
            for (const auto& [name, index] : step_names_) names.push_back(name);
            faults().add(at, "There is no step '" + piece.text + "' in this pipeline" +
                                 cli::unknown_name_ending(piece.text, names));
            return false;
        }
        const bool gather = piece.kind == ReferencePiece::Kind::gather;
        into.pieces.push_back({gather ? Piece::Kind::gather : Piece::Kind::step,
                               "${steps." + piece.text + (gather ? ".*}" : "}"), found->second});
        return true;
    }

    /// Is a fault of this variable's own told already? Then that it has no value only follows.
    bool is_told(const std::string& variable) {
        const std::string at = cli::pointer_to("/variables", variable);
        return draft_.faults.any_below(at + "/") || draft_.faults.any_below(at + "#") ||
               draft_.faults.any_below("--set " + variable);
    }

    const Variable* variable_named(const std::string& name, const StepModel& step, const std::string& at) {
        const auto found = variables_.find(name);
        if (found != variables_.end()) return &found->second;
        std::vector<std::string> names;
        for (const auto& [variable, value] : variables_) names.push_back(variable);
        for (const auto& key : step.matrix) names.push_back(key.name);
        faults().add(at, "There is no variable '" + name + "'" + cli::unknown_name_ending(name, names));
        return nullptr;
    }

    static std::vector<Template> list_of(const Variable& variable, bool& is_list) {
        is_list = true;
        std::vector<Template> items;
        for (const auto& text : variable.items) items.push_back({{{Piece::Kind::text, text, 0}}, variable.origin});
        return items;
    }

    /// A text that may hold variables and nothing else; nothing, with a fault, otherwise. Nothing without fault if a
    /// variable has no value.
    std::optional<std::string> constant(const Json& written, const std::string& at) {
        if (!written.is_string()) return std::nullopt;
        bool is_list = false;
        const StepModel no_matrix;
        const auto items = compile(written.get<std::string>(), no_matrix, at, is_list);
        if (items.empty()) return std::nullopt;
        if (is_list || !items[0].is_constant()) {
            faults().add(at, "A single value must stand here; variables may be used, lists and steps not.");
            return std::nullopt;
        }
        return items[0].pieces.empty() ? std::string() : items[0].pieces[0].text;
    }

    std::optional<unsigned> whole_number(const Json& written, const std::string& at, unsigned least, unsigned most) {
        const auto text = constant(written, at);
        if (!text) return std::nullopt;
        unsigned value = 0;
        const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
        if (error == std::errc() && end == text->data() + text->size() && value >= least && value <= most) return value;
        faults().add(at, "A whole number from " + std::to_string(least) + " to " + std::to_string(most) +
                             " must stand here, not '" + printable(*text) + "'.");
        return std::nullopt;
    }

    void read_resources(StepModel& step, const Json& written) {
        const std::string at = step.pointer + "/resources";
        const auto part = [&](const char* name) -> const Json& {
            static const Json none;
            const auto found = written.find(name);
            return found == written.end() ? none : *found;
        };
        if (const auto cores = whole_number(part("cores"), at + "/cores", 1, 4096)) step.resources.cores = *cores;
        if (const auto gpus = whole_number(part("gpus"), at + "/gpus", 0, 64)) step.resources.gpus = *gpus;
        if (const auto text = constant(part("memory"), at + "/memory")) {
            const auto bytes = parse_bytes(*text);
            if (bytes && *bytes > 0)
                step.resources.memory = *bytes;
            else
                faults().add(at + "/memory", "'" + printable(*text) + "' is no size; write one such as 6 GiB.");
        }
    }

    void read_acceptance(StepModel& step, const Json& written) {
        const std::string at = step.pointer + "/accept_quarantined";
        const auto text = constant(written, at);
        if (!text) return;
        const auto acceptance = cli::parse_acceptance(*text);
        if (!acceptance) {
            faults().add(at, "'" + printable(*text) + "' is no number of inputs; write 3, 2% or all.");
            return;
        }
        step.acceptance = *acceptance;
        step.acceptance_text = *text;
    }

    void read_expect(StepModel& step, const Json& written) {
        for (const auto& name : members_in_order(document(), step.pointer + "/expect", written)) {
            const std::string at = cli::pointer_to(step.pointer + "/expect", name);
            const auto text = constant(written[name], at);
            if (!text) continue;
            if (auto expectation = parse_expectation(name, *text))
                step.expectations.push_back(std::move(*expectation));
            else
                faults().add(at, "'" + printable(*text) +
                                     "' cannot be compared with; write a number, '>= x', '<= x' or 'a..b'.");
        }
    }

    void read_outputs() {
        const auto found = document().written.find("outputs");
        if (found == document().written.end() || !found->is_object()) return;
        for (const auto& name : members_in_order(document(), "/outputs", *found)) {
            const std::string at = cli::pointer_to("/outputs", name);
            if (!is_name(name))
                faults().add(at + "#key",
                             "'" + printable(name) + "' cannot name an output; use letters, digits, '_' and '-'.");
            if (!(*found)[name].is_string()) continue;
            const std::size_t before = faults().size();
            bool is_list = false;
            const StepModel no_matrix;
            const auto items = compile((*found)[name].get<std::string>(), no_matrix, at, is_list);
            const bool single = items.size() == 1 && (items[0].is_reference(Piece::Kind::step) ||
                                                      items[0].is_reference(Piece::Kind::gather));
            if (single) {
                const Piece& piece = items[0].pieces[0];
                draft_.pipeline.outputs.push_back({name, piece.index, piece.kind == Piece::Kind::gather});
            } else if (faults().size() == before) {
                faults().add(at, "An output is one reference, ${steps.NAME} or ${steps.NAME.*}.");
            }
        }
    }

    const PipelineSource& source_;
    PipelineDraft& draft_;
    Variables variables_;
    std::map<std::string, std::uint32_t, std::less<>> step_names_;
};

}  // namespace

bool is_name(std::string_view name) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    };
    return !name.empty() && name.size() <= 100 && std::all_of(name.begin(), name.end(), fits);
}

PipelineDraft draft_pipeline(const PipelineSource& source) {
    PipelineDraft draft;
    draft.document = cli::parse_yaml(source.text, source.file.filename().string());
    Reader(source, draft).read();
    check_references(draft);
    return draft;
}

std::string pipeline_name(const std::filesystem::path& file) {
    const auto document = cli::read_yaml(file);
    const auto text = document.value.is_object() ? document.value.value("name", Json()) : Json();
    if (!text.is_string() || !is_name(text.get<std::string>()))
        throw Error(Exit::usage, printable(file.string()) + " is no pipeline file: it has no usable 'name'.");
    return text.get<std::string>();
}

}  // namespace cohort::driver
