#include "driver/commands.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <new>
#include <unordered_set>

#include "cli/terminal.h"
#include "cli/validator.h"
#include "core/checked_math.h"
#include "core/files.h"
#include "core/machine.h"
#include "driver/console.h"
#include "driver/dot.h"
#include "driver/executor_local.h"
#include "driver/gc.h"
#include "driver/graph.h"
#include "driver/journal.h"
#include "driver/scheduler.h"
#include "driver/status.h"
#include "driver/summary.h"
#include "driver/work_folder.h"
#include "store/cache_key.h"

namespace cohort::driver {

namespace fs = std::filesystem;

namespace {

void tell(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
}

Graph graph_of(const Options& options) {
    PipelineSource source;
    source.file = fs::absolute(options.pipeline).lexically_normal();
    std::error_code ignored;
    if (fs::is_directory(source.file, ignored))
        throw Error(Exit::usage, printable(options.pipeline) + " is a folder; give a pipeline file, such as " +
                                     printable((fs::path(options.pipeline) / "pipeline.yaml").string()) + ".");
    if (!fs::exists(source.file, ignored))
        throw Error(Exit::usage, "There is no file " + printable(source.file.string()) + "; give a pipeline file.");
    source.text = read_text(source.file, std::uint64_t{64} << 20);
    source.working_directory = fs::current_path();
    source.assignments = options.set;
    return build_graph(draft_pipeline(source));
}

bool wants_gpus(const Graph& graph) {
    for (const auto& step : graph.pipeline.steps)
        if (step.resources.gpus > 0) return true;
    return std::any_of(graph.jobs.begin(), graph.jobs.end(),
                       [](const Job& job) { return job.device.starts_with("cuda"); });
}

Limits limits_of(const Options& options, const Graph& graph) {
    Limits limits;
    limits.jobs = options.jobs;
    limits.cores = options.cores.value_or(allowed_cpus());
    limits.memory = options.memory.value_or(allowed_memory() / 5 * 4);
    if (!wants_gpus(graph)) return limits;
    limits.gpus = visible_gpus();
    if (options.gpus && *options.gpus > limits.gpus.size())
        throw Error(Exit::resources, "--gpus " + std::to_string(*options.gpus) + " is more than the " +
                                         std::to_string(limits.gpus.size()) + " that are visible here; lower it.");
    if (options.gpus) limits.gpus.resize(*options.gpus);
    limits.cuda = store::resolved_device("auto") == "cuda";
    return limits;
}

std::uint32_t step_named(const Graph& graph, const std::string& name, const char* flag) {
    std::vector<std::string> names;
    for (std::uint32_t i = 0; i < graph.steps.size(); ++i) {
        if (graph.pipeline.steps[i].name == name) return i;
        names.push_back(graph.pipeline.steps[i].name);
    }
    throw Error(Exit::usage, std::string(flag) + ": there is no step '" + printable(name) + "' in this pipeline" +
                                 cli::unknown_name_ending(name, names));
}

/// Marks a step and all that depend on it.
void mark_from(const Graph& graph, std::uint32_t from, std::vector<bool>& marked) {
    std::vector<bool> below(graph.steps.size(), false);
    below[from] = true;
    for (const auto step : graph.pipeline.order) {
        const auto needs = [&](const std::vector<JobIndex>& jobs) {
            return std::any_of(jobs.begin(), jobs.end(), [&](JobIndex job) { return below[graph.jobs[job].step]; });
        };
        bool depends = needs(graph.steps[step].needs);
        for (JobIndex i = 0; i < graph.steps[step].count && !depends; ++i)
            depends = needs(graph.jobs[graph.steps[step].first + i].needs);
        if (depends) below[step] = true;
        if (below[step]) marked[step] = true;
    }
}

Selection selection_of(const Options& options, const Graph& graph) {
    Selection selection = Selection::all(graph);
    selection.keep_going = options.keep_going;
    if (!options.only.empty() || !options.from.empty()) selection.selected.assign(graph.steps.size(), false);
    for (const auto& name : options.only) selection.selected[step_named(graph, name, "--only")] = true;
    for (const auto& name : options.from) mark_from(graph, step_named(graph, name, "--from"), selection.selected);
    for (const auto& name : options.force) selection.forced[step_named(graph, name, "--force")] = true;
    return selection;
}

class Observers final : public Observer {
public:
    explicit Observers(std::vector<Observer*> all) : all_(std::move(all)) {}
    void changed(JobIndex job, const JobState& state) override {
        for (auto* observer : all_) observer->changed(job, state);
    }
    void tick() override {
        for (auto* observer : all_) observer->tick();
    }

private:
    std::vector<Observer*> all_;
};

/// Links the outputs that there are and gives their names and paths.
std::vector<std::pair<std::string, std::string>> link_outputs(const Graph& graph, const std::vector<JobState>& states,
                                                              WorkFolder& folder) {
    std::vector<std::pair<std::string, std::string>> outputs;
    for (const auto& output : graph.pipeline.outputs) {
        std::vector<std::pair<std::string, std::string>> keys;
        const StepJobs& jobs = graph.steps[output.step];
        for (JobIndex job = jobs.first; job < jobs.first + jobs.count; ++job)
            if (states[job].has_result()) keys.emplace_back(graph.jobs[job].name, states[job].key);
        if (keys.empty()) {
            folder.unlink_output(output.name);  // what an older run made is no output of this one
            continue;
        }
        folder.link_output(output.name, keys, output.gathered);
        outputs.emplace_back(output.name, (folder.run_folder() / "outputs" / output.name).string());
    }
    return outputs;
}

/// After a run of everything: names that a job or output had in an older form of the pipeline lead nowhere any more.
void unlink_strangers(const Graph& graph, WorkFolder& folder) {
    std::unordered_set<std::string> jobs, outputs;
    for (const auto& job : graph.jobs) jobs.insert(job.name);
    for (const auto& output : graph.pipeline.outputs) outputs.insert(output.name);
    folder.unlink_all_but(jobs, outputs);
}

/// Seen whole or not at all; lost in a power cut it would only be missed, so it is not synced.
void write_beside(const fs::path& file, const std::string& text) {
    const fs::path beside = file.parent_path() / ("." + file.filename().string() + ".partial");
    FileWriter writer(beside);
    writer.write(text);
    writer.close();
    fs::rename(beside, file);
}

void tell_end(const RunReport& report, bool quiet) {
    const Graph& graph = *report.graph;
    const auto& states = *report.states;
    const auto count = [&](auto holds) {
        return static_cast<std::size_t>(std::count_if(states.begin(), states.end(), holds));
    };
    const std::size_t cached = count([](const JobState& s) { return s.cached && s.is_good(); });
    if (!quiet || report.exit != Exit::done) tell("\n" + table(rows_of(graph, states)) + "\n");
    for (JobIndex job = 0; job < states.size(); ++job)
        if (states[job].state == State::waiting && !states[job].message.empty())
            tell(graph.jobs[job].name + ": " + states[job].message + "\n");
    std::string line = graph.pipeline.name + ": ";
    if (report.exit == Exit::stopped)
        line += "stopped; the same command goes on.";
    else if (report.exit != Exit::done)
        line += "not complete (exit " + std::to_string(static_cast<int>(report.exit)) + ").";
    else if (cached == states.size())
        line += "nothing to do, all " + std::to_string(cached) + " jobs are up to date.";
    else
        line += "done in " + duration_text(static_cast<double>(report.ended_ns - report.started_ns) * 1e-9) + ", " +
                std::to_string(cached) + " of " + std::to_string(states.size()) + " jobs reused.";
    if (!quiet || report.exit != Exit::done) tell(line + "\n");
    for (const auto& [name, path] : report.outputs) print_out(std::string(name).append("\t").append(path).append("\n"));
}

Exit run(const Options& options) {
    const SystemClock clock;
    RunReport report;
    report.started_ns = clock.nanoseconds_since_1970();
    const Graph graph = graph_of(options);
    const Limits limits = limits_of(options, graph);
    const Selection selection = selection_of(options, graph);
    const fs::path root = work_folder_path(options.work);
    const FileLock lock = lock_work_folder(root);
    StopSignal stop;
    WorkFolder folder(root, graph.pipeline.name, WorkFolder::Access::write, clock, limits.cores,
                      [&] { return stop.requested(); });
    ConsoleSettings settings;
    settings.live = options.progress == "live" || (options.progress == "auto" && cli::stderr_is_terminal());
    settings.quiet = options.quiet || options.progress == "none";
    settings.verbose = options.verbose;
    settings.colour = cli::colour_wanted();
    LocalExecutor executor(folder, clock, stop, {program_folder(), settings.live && !settings.quiet ? "json" : "none"});
    Exit exit = Exit::done;
    std::vector<JobState> states;
    {
        Console console(graph, clock, settings, [&](const std::string& job) { return executor.log_of(job).string(); });
        const fs::path journal_file = folder.run_folder() / "journal";
        Journal journal(journal_file, graph, clock, unfinished_keys(journal_file, folder.store()));
        Observers observers({&console, &journal});
        Scheduler scheduler(graph, limits, selection, folder, executor, clock, observers);
        scheduler.run();
        exit = scheduler.exit_code();
        states = scheduler.states();
        journal.end(exit);
    }
    report.graph = &graph;
    report.states = &states;
    report.limits = &limits;
    report.exit = exit;
    report.outputs = link_outputs(graph, states, folder);
    const bool whole = std::all_of(selection.selected.begin(), selection.selected.end(), [](bool is) { return is; });
    if (whole && exit == Exit::done) unlink_strangers(graph, folder);
    report.ended_ns = clock.nanoseconds_since_1970();
    write_beside(folder.run_folder() / "run-summary.json", summary_json(report));
    folder.close();
    tell_end(report, options.quiet);
    return exit;
}

/// An executor for plans, which run nothing.
class NoExecutor final : public Executor {
public:
    void submit(std::vector<JobRequest>) override { throw Error(Exit::bug, "A plan must not start jobs."); }
    std::vector<JobEnd> poll(double) override { return {}; }
    void cancel_all() override {}
    bool stop_requested() const override { return false; }
};

std::string_view plan_word(State state) {
    switch (state) {
        case State::reused:
            return "reuse";
        case State::waiting:
            return "run";
        default:
            return name_of(state);
    }
}

Exit plan(const Options& options) {
    const SystemClock clock;
    const Graph graph = graph_of(options);
    const Limits limits = limits_of(options, graph);
    const Selection selection = selection_of(options, graph);
    WorkFolder folder(work_folder_path(options.work), graph.pipeline.name, WorkFolder::Access::read, clock,
                      limits.cores, [] { return false; });
    NoExecutor executor;
    Observer nobody;
    Scheduler scheduler(graph, limits, selection, folder, executor, clock, nobody);
    scheduler.plan();
    Json jobs = Json::array();
    std::string text;
    std::size_t runs = 0, reused = 0, waits = 0, failed = 0;
    for (JobIndex job = 0; job < graph.jobs.size(); ++job) {
        const JobState& state = scheduler.states()[job];
        const bool waits_for = state.state == State::waiting && !scheduler.is_decided(job);
        const std::string word = waits_for ? "wait" : std::string(plan_word(state.state));
        const std::string why = !state.message.empty()         ? state.message
                                : state.state == State::reused ? "up to date"
                                                               : state.reason;
        ++(waits_for ? waits : state.state == State::waiting ? runs : state.exit == Exit::resources ? failed : reused);
        if (options.json)
            jobs.push_back({{"job", graph.jobs[job].name},
                            {"step", graph.model(graph.jobs[job]).name},
                            {"decision", word},
                            {"reason", why}});
        else
            text += word + std::string(word.size() < 12 ? 12 - word.size() : 1, ' ') + graph.jobs[job].name +
                    (why.empty() ? "" : "  (" + why + ")") + "\n";
    }
    print_out(options.json ? pretty_json({{"pipeline", graph.pipeline.name}, {"jobs", jobs}}) : text);
    tell(std::to_string(runs) + " to run, " + std::to_string(waits) + " waiting for them, " + std::to_string(reused) +
         " reused or left alone" + (failed > 0 ? ", " + std::to_string(failed) + " that cannot run here" : "") + ".\n");
    return failed > 0 ? Exit::resources : Exit::done;
}

Exit gc(const Options& options) {
    const SystemClock clock;
    const fs::path root = work_folder_path(options.work);
    if (!fs::is_directory(root))
        throw Error(Exit::bad_input, "There is no work folder " + printable(root.string()) + "; give --work.");
    std::optional<FileLock> lock;
    if (!options.dry_run) lock = lock_work_folder(root);
    const GcReport report = collect_garbage(root, {options.forget, options.older_than_s, options.dry_run}, clock);
    std::uint64_t bytes = 0;
    Json removed = Json::array();
    std::string text;
    for (const auto& item : report.removed) {
        bytes += item.bytes;
        removed.push_back({{"path", item.path}, {"bytes", item.bytes}, {"what", item.what}});
        text += item.path + "\t" + human_bytes(item.bytes) + "\t" + item.what + "\n";
    }
    print_out(options.json ? pretty_json({{"dry_run", options.dry_run},
                                      {"removed", removed},
                                      {"kept", report.kept},
                                      {"too_young", report.young}})
                       : text);
    tell(std::string(options.dry_run ? "Would remove " : "Removed ") + std::to_string(report.removed.size()) + " (" +
         human_bytes(bytes) + "); kept " + std::to_string(report.kept) + " that pipelines reach" +
         (report.young > 0 ? " and " + std::to_string(report.young) + " too young" : "") + ".\n");
    return Exit::done;
}

[[noreturn]] void become_step(const Options& options) {
    const fs::path program = program_folder() / ("cohort-" + options.step);
    const bool plain = options.step.find('/') == std::string::npos;
    if (!plain || ::access(program.c_str(), X_OK) != 0) {
        std::vector<std::string> known = command_names();
        for (const auto& name : cli::step_names()) known.push_back(name);
        if (plain && cli::has_step(options.step))
            throw Error(Exit::usage, "cohort-" + options.step + " is not in " + program.parent_path().string() +
                                         "; this build does not have it.");
        const std::string ending = cli::unknown_name_ending(options.step, known);
        throw Error(Exit::usage, "There is no command or step '" + printable(options.step) + "'" +
                                     (ending == "." ? "; see cohort --help." : ending));
    }
    std::vector<std::string> words{program.string()};
    words.insert(words.end(), options.step_words.begin(), options.step_words.end());
    std::vector<char*> pointers;
    pointers.reserve(words.size() + 1);
    for (auto& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    ::execv(program.c_str(), pointers.data());
    throw Error(Exit::usage, program.string() + " cannot be started: " + errno_text(errno) + ".");
}

}  // namespace

Exit perform(const Options& options) {
    switch (options.command) {
        case Command::help:
            print_out(help_text(options.help_of));
            return Exit::done;
        case Command::describe:
            print_out(pretty_json(describe()));
            return Exit::done;
        case Command::version:
            print_out("cohort " COHORT_VERSION "\n");
            return Exit::done;
        case Command::run:
            return run(options);
        case Command::plan:
            return plan(options);
        case Command::status:
            print_out(status_text(options));
            return Exit::done;
        case Command::graph:
            print_out(dot_of(graph_of(options), options.by_job ? Detail::jobs : Detail::steps));
            return Exit::done;
        case Command::gc:
            return gc(options);
        case Command::step:
            become_step(options);
    }
    return Exit::bug;
}

int run_driver(int argc, char** argv) noexcept {
    const auto say = [](const char* text) { std::fprintf(stderr, "cohort: %s\n", text); };
    try {
        return static_cast<int>(perform(parse_options(std::vector<std::string>(argv + 1, argv + std::max(argc, 1)))));
    } catch (const Error& error) {
        say(error.what());
        return static_cast<int>(error.code());
    } catch (const std::bad_alloc&) {
        say("Memory does not suffice for a pipeline of this size; shorten its matrices.");
        return static_cast<int>(Exit::resources);
    } catch (const std::filesystem::filesystem_error& error) {
        const int number = error.code().value();
        say((printable(error.path1().string()) + " cannot be used: " + errno_text(number) +
             "; check the path and who may read and write it.")
                .c_str());
        return static_cast<int>(exit_for_write(number) == Exit::resources ? Exit::resources : Exit::bad_input);
    } catch (const std::exception& error) {
        say(("This is a bug, please report it: " + std::string(error.what()) + ".").c_str());
        return static_cast<int>(Exit::bug);
    }
}

}  // namespace cohort::driver
