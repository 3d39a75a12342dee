#include "driver/graph.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <set>
#include <unordered_map>

#include "core/digest.h"
#include "core/error.h"
#include "core/files.h"
#include "driver/variables.h"

namespace cohort::driver {
namespace {

constexpr std::size_t most_links = 20'000'000;  // of jobs to jobs: memory stays bounded
constexpr std::uint64_t most_seed = (std::uint64_t{1} << 53) - 1;

/// Does the setting's value differ between the jobs of `step`?
bool varies(const Setting& setting, const Pipeline& pipeline) {
    for (const auto& item : setting.items)
        for (const auto& piece : item.pieces) {
            if (piece.kind == Piece::Kind::matrix) return true;
            if (piece.kind == Piece::Kind::step && !pipeline.steps[piece.index].matrix.empty()) return true;
        }
    return false;
}

/// Does a gathered reference differ between the jobs of `step`? It does if the two share a key.
bool gather_varies(const Setting& setting, const StepModel& step, const Pipeline& pipeline) {
    for (const auto& item : setting.items)
        for (const auto& piece : item.pieces) {
            if (piece.kind != Piece::Kind::gather) continue;
            for (const auto& key : pipeline.steps[piece.index].matrix)
                for (const auto& own : step.matrix)
                    if (own.name == key.name) return true;
        }
    return false;
}

/// The jobs of step `needed`, grouped by their values of the keys it shares with `step`.
class Matching {
public:
    Matching(const StepModel& step, const StepModel& needed) : needed_(&needed) {
        for (std::size_t k = 0; k < needed.matrix.size(); ++k)
            for (std::size_t own = 0; own < step.matrix.size(); ++own)
                if (step.matrix[own].name == needed.matrix[k].name) shared_.emplace_back(own, k);
    }

    /// Values of the shared keys, as one text.
    std::string own_key(const StepModel& step, const std::vector<std::uint32_t>& coordinates) const {
        std::string key;
        for (const auto& [own, other] : shared_) append(key, step.matrix[own].values[coordinates[own]]);
        return key;
    }

    void add(JobIndex job, const std::vector<std::uint32_t>& coordinates) {
        std::string key;
        for (const auto& [own, other] : shared_) append(key, needed_->matrix[other].values[coordinates[other]]);
        groups_[key].push_back(job);
    }

    const std::vector<JobIndex>* find(const std::string& key) const {
        const auto found = groups_.find(key);
        return found == groups_.end() ? nullptr : &found->second;
    }

private:
    /// Lengths, so that no two lists of values look alike.
    static void append(std::string& key, const std::string& value) {
        key += std::to_string(value.size()) + ":" + value;
    }

    const StepModel* needed_;
    std::vector<std::pair<std::size_t, std::size_t>> shared_;
    std::unordered_map<std::string, std::vector<JobIndex>> groups_;
};

class Builder {
public:
    explicit Builder(PipelineDraft& draft) : draft_(draft), faults_(draft.faults) {}

    Graph build() {
        graph_.pipeline = std::move(draft_.pipeline);
        if (place_jobs()) {
            for (std::uint32_t step = 0; step < steps().size(); ++step) fill_step(step);
            if (faults_.empty()) link();
        }
        faults_.throw_if_any(graph_.pipeline.file.filename().string(), draft_.document);
        return std::move(graph_);
    }

private:
    const std::vector<StepModel>& steps() const { return graph_.pipeline.steps; }

    /// Makes the jobs with their names; false if there would be too many.
    bool place_jobs() {
        std::uint64_t total = 0;
        std::vector<std::uint64_t> counts;
        for (const auto& step : steps()) {
            std::uint64_t count = 1;
            for (const auto& key : step.matrix)
                count = std::min<std::uint64_t>(count * key.values.size(), most_jobs + 1);
            counts.push_back(count);
            total += count;
            if (total > most_jobs) {
                faults_.add(step.pointer + "/matrix",
                            "The pipeline would have more than a million jobs; shorten a matrix.");
                return false;
            }
        }
        graph_.jobs.reserve(total);
        for (std::uint32_t step = 0; step < steps().size(); ++step) {
            StepJobs jobs;
            jobs.first = static_cast<JobIndex>(graph_.jobs.size());
            jobs.count = static_cast<JobIndex>(counts[step]);
            graph_.steps.push_back(std::move(jobs));
            for (std::uint64_t i = 0; i < counts[step]; ++i) place_job(step, i);
        }
        return true;
    }

    void place_job(std::uint32_t step, std::uint64_t number) {
        Job job;
        job.step = step;
        const auto& matrix = steps()[step].matrix;
        job.coordinates.resize(matrix.size());
        for (std::size_t k = matrix.size(); k-- > 0;) {
            job.coordinates[k] = static_cast<std::uint32_t>(number % matrix[k].values.size());
            number /= matrix[k].values.size();
        }
        job.name = job_name(steps()[step], job.coordinates);
        graph_.jobs.push_back(std::move(job));
    }

    void fill_step(std::uint32_t index) {
        const StepModel& step = steps()[index];
        if (step.schema == nullptr) return;
        StepJobs& jobs = graph_.steps[index];
        if (jobs.count == 0) return check_without_jobs(step);
        std::vector<const Setting*> varying;
        Json first_parameters = Json::object();  // as a job would get them, with a stand-in for every path
        for (const auto& setting : step.settings) {
            const bool differs = varies(setting, graph_.pipeline) || gather_varies(setting, step, graph_.pipeline);
            if (setting.parameter == nullptr || differs)
                varying.push_back(&setting);
            else
                jobs.constant.push_back(argument(step, setting, graph_.jobs[jobs.first], &first_parameters));
        }
        for (JobIndex i = 0; i < jobs.count; ++i) {
            Job& job = graph_.jobs[jobs.first + i];
            for (const Setting* setting : varying)
                fill_varying(step, *setting, job, i == 0 ? &first_parameters : nullptr);
        }
        check_all(step, first_parameters);
        matchings_.clear();
    }

    /// A matrix without values is a fault and gives no job; what the values have no part in is checked all the same.
    void check_without_jobs(const StepModel& step) {
        Job nobody;
        for (const auto& setting : step.settings) {
            if (varies(setting, graph_.pipeline) || gather_varies(setting, step, graph_.pipeline)) continue;
            fill_varying(step, setting, nobody, nullptr);
        }
        matchings_.clear();
    }

    void fill_varying(const StepModel& step, const Setting& setting, Job& job, Json* first_parameters) {
        if (setting.parameter != nullptr) {
            job.varying.push_back(argument(step, setting, job, first_parameters));
            if (first_parameters == nullptr) check_one(setting, job.varying.back());
            return;
        }
        if (setting.is_list || setting.items.size() != 1)
            return once(setting.pointer, "'" + setting.name + "' takes one value.");
        const std::string text = text_of(step, setting.items[0], job);
        if (setting.name == "device") {
            job.device = text;
            if (!is_device(text))
                once(setting.pointer, "'" + printable(text) + "' is no device; write auto, cpu, cuda or cuda:N.");
        } else {
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), job.seed);
            if (error != std::errc() || end != text.data() + text.size() || job.seed > most_seed)
                once(setting.pointer, "'" + printable(text) + "' is no seed; write a whole number from 0 to 2^53 - 1.");
        }
    }

    static bool is_device(std::string_view text) {
        if (text == "auto" || text == "cpu" || text == "cuda") return true;
        if (!text.starts_with("cuda:") || text.size() < 6 || text.size() > 8) return false;
        return text.substr(5).find_first_not_of("0123456789") == std::string_view::npos;
    }

    /// A fault that many jobs of a step would repeat is told once.
    void once(const std::string& at, const std::string& sentence) {
        if (told_.insert(at + '\n' + sentence).second && told_.size() <= 1000) faults_.add(at, sentence);
    }

    Argument argument(const StepModel& step, const Setting& setting, const Job& job, Json* parameters) {
        Argument argument;
        argument.parameter = setting.parameter;
        argument.is_list = setting.is_list || setting.parameter->is_list;
        Json written;
        if (!setting.mapping.is_null()) {
            written = setting.mapping;
        } else if (setting.parameter->path == cli::PathKind::none) {
            if (setting.is_list) written = Json::array();
            for (const auto& item : setting.items)
                if (setting.is_list)
                    written.push_back(text_of(step, item, job));
                else
                    written = text_of(step, item, job);
        } else {
            if (argument.is_list) written = Json::array();
            for (const auto& item : setting.items) add_sources(step, setting, item, job, argument.sources);
            for (const auto& source : argument.sources)
                if (argument.is_list)
                    written.push_back(source.path.empty() ? "/" : source.path);
                else
                    written = source.path.empty() ? "/" : source.path;
            // Two values for one place: the schema finds the fault when it sees the list.
            if (!argument.is_list && argument.sources.size() > 1) written = Json::array({"/", "/"});
        }
        argument.value = convert(*step.schema, setting.name, std::move(written));
        if (parameters != nullptr) (*parameters)[setting.name] = argument.value;
        return argument;
    }

    static Json convert(const cli::StepSchema& schema, const std::string& name, Json written) {
        Json parameters = Json::object();
        parameters[name] = std::move(written);
        return std::move(cli::converted(schema, std::move(parameters))[name]);
    }

    static std::string text_of(const StepModel& step, const Template& item, const Job& job) {
        std::string text;
        for (const auto& piece : item.pieces)
            text += piece.kind == Piece::Kind::matrix ? step.matrix[piece.index].values[job.coordinates[piece.index]]
                                                      : piece.text;
        return text;
    }

    void add_sources(const StepModel& step, const Setting& setting, const Template& item, const Job& job,
                     std::vector<Source>& sources) {
        const bool refers = !item.pieces.empty() &&
                            (item.pieces[0].kind == Piece::Kind::step || item.pieces[0].kind == Piece::Kind::gather);
        if (!refers) {
            const auto& base =
                item.origin == Origin::command_line ? graph_.pipeline.working_directory : graph_.pipeline.folder;
            const std::string text = text_of(step, item, job);
            sources.push_back({Source::outside, text.empty() ? text : absolute_path(base, text)});
            return;
        }
        const Piece& piece = item.pieces[0];
        const std::string below = item.pieces.size() > 1 ? item.pieces[1].text.substr(1) : "";
        if (!below.empty() && !is_inside(below))
            once(setting.pointer, "'" + printable(below) + "' leaves the artefact.");
        const Matching& matching = matching_with(step, piece.index);
        const auto* jobs = matching.find(matching.own_key(step, job.coordinates));
        if (jobs == nullptr) {
            if (graph_.steps[piece.index].count == 0) return;  // its matrix has no values, which is told
            once(setting.pointer, "Step '" + steps()[piece.index].name + "' has no job that matches " + job.name +
                                      "; give both steps the same values.");
            return;
        }
        for (const JobIndex needed : *jobs) sources.push_back({needed, below});
        links_ += jobs->size();
        if (links_ > most_links)
            throw Error(Exit::usage,
                        "The pipeline's jobs refer to each other more than 20 million times; shorten a matrix.");
    }

    const Matching& matching_with(const StepModel& step, std::uint32_t needed) {
        if (const auto found = matchings_.find(needed); found != matchings_.end()) return found->second;
        Matching matching(step, steps()[needed]);
        const StepJobs& jobs = graph_.steps[needed];
        for (JobIndex i = 0; i < jobs.count; ++i) matching.add(jobs.first + i, graph_.jobs[jobs.first + i].coordinates);
        return matchings_.emplace(needed, std::move(matching)).first->second;
    }

    /// All parameters of the step's first job, required ones included.
    void check_all(const StepModel& step, const Json& parameters) {
        // A parameter whose value could not be read is told already; that it is missing follows.
        if (!faults_.any_below(step.pointer + "/with"))
            for (const auto& parameter : step.schema->parameters)
                if (parameter.required && !parameters.contains(parameter.name))
                    once(step.pointer, "'" + parameter.name + "' is missing: " + parameter.description);
        for (const auto& parameter : step.schema->parameters)
            if (const auto found = parameters.find(parameter.name); found != parameters.end())
                check_value(parameter, *found, cli::pointer_to(step.pointer + "/with", parameter.name));
    }

    /// In the words of the file: parameters by the names they have there, lists with their brackets.
    void check_value(const cli::Parameter& parameter, const Json& value, const std::string& at) {
        if (value.is_null() && parameter.path != cli::PathKind::none)
            return;  // its reference leads nowhere, as is told
        const std::string name = "'" + parameter.name + "'";
        if (value.is_array() && !parameter.is_list && parameter.path != cli::PathKind::none)
            return once(at, name + " takes one path, not " + std::to_string(value.size()) + "; write it without [ ].");
        const cli::Naming naming = [&](const std::string& pointer) {
            if (pointer.empty()) return std::string(name);  // it is asked for again
            const std::string part = pointer.substr(1);
            const bool is_entry = part.size() <= 9 && part.find_first_not_of("0123456789") == std::string::npos;
            return name + " (" + (is_entry ? "entry " + std::to_string(std::stoul(part) + 1) : printable(part)) + ")";
        };
        for (const auto& fault : cli::validate(parameter.schema, value, naming)) {
            std::string sentence = fault.sentence;
            if (parameter.is_list && !value.is_array() && sentence.ends_with('.'))
                sentence.replace(sentence.size() - 1, 1, "; write " + parameter.name + ": [a, b].");
            once(at + fault.pointer, sentence);
        }
    }

    /// A varying parameter of a further job; paths cannot differ in form.
    void check_one(const Setting& setting, const Argument& argument) {
        if (argument.parameter->path != cli::PathKind::none) return;
        check_value(*argument.parameter, argument.value, setting.pointer);
    }

    static std::vector<JobIndex> jobs_in(const std::vector<Argument>& arguments) {
        std::vector<JobIndex> jobs;
        for (const auto& argument : arguments)
            for (const auto& source : argument.sources)
                if (source.job != Source::outside) jobs.push_back(source.job);
        std::sort(jobs.begin(), jobs.end());
        jobs.erase(std::unique(jobs.begin(), jobs.end()), jobs.end());
        return jobs;
    }

    void link() {
        graph_.needed_by.resize(graph_.jobs.size());
        graph_.needed_by_step.resize(graph_.jobs.size());
        for (std::uint32_t step = 0; step < steps().size(); ++step) {
            graph_.steps[step].needs = jobs_in(graph_.steps[step].constant);
            for (const JobIndex needed : graph_.steps[step].needs) graph_.needed_by_step[needed].push_back(step);
        }
        for (JobIndex job = 0; job < graph_.jobs.size(); ++job) {
            graph_.jobs[job].needs = jobs_in(graph_.jobs[job].varying);
            for (const JobIndex needed : graph_.jobs[job].needs) graph_.needed_by[needed].push_back(job);
        }
    }

    PipelineDraft& draft_;
    Faults& faults_;
    Graph graph_;
    std::unordered_map<std::uint32_t, Matching> matchings_;  // of the step being filled
    std::set<std::string> told_;
    std::size_t links_ = 0;
};

}  // namespace

std::string job_name(const StepModel& step, const std::vector<std::uint32_t>& coordinates) {
    std::string name = step.name;
    for (std::size_t k = 0; k < coordinates.size(); ++k)
        name += (k == 0 ? "@" : ",") + percent_encode(step.matrix[k].name) + "=" +
                percent_encode(step.matrix[k].values[coordinates[k]]);
    constexpr std::size_t longest = 200;  // file systems allow 255, and ".log", ".partial" come on top
    if (name.size() > longest) name = name.substr(0, longest - 17) + "~" + sha256(name).hex().substr(0, 16);
    return name;
}

JobIndex Graph::job_named(std::string_view name) const {
    for (JobIndex job = 0; job < jobs.size(); ++job)
        if (jobs[job].name == name) return job;
    return Source::outside;
}

Graph build_graph(PipelineDraft draft) { return Builder(draft).build(); }

}  // namespace cohort::driver
