#include "step/run_program.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>

#include "cli/command_line.h"
#include "core/error.h"
#include "core/files.h"
#include "step/driver_link.h"
#include "step/failure.h"
#include "step/output_files.h"
#include "step/run.h"

namespace cohort::step {
namespace {

/// Failures before there is a log: the command line's own.
Ending said(const std::string& program, Ending ending) {
    std::fputs((program + ": " + ending.message + "\n").c_str(), stderr);
    return ending;
}

Ending answer_or_run(Step& step, const cli::StepSchema& schema, int argc, char** argv) {
    cli::CommandLine line = cli::parse_command_line(schema, argc, argv);
    if (line.answer) {
        print_out(*line.answer);
        return {};
    }
    refuse_files_inside_artefacts(schema, line);
    return Run(step, schema, std::move(line), {argv, argv + argc}).perform();
}

/// `schema_of` may fail itself: the schema is looked up inside.
template <class SchemaOf>
int run_with(Step& step, SchemaOf schema_of, int argc, char** argv) {
    const auto begun = std::chrono::steady_clock::now();
    const std::string program = "cohort-" + std::string(step.name());
    // A closed pipe and a file-size limit are failed writes, which have their sentence, not deaths.
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    Ending ending;
    if (!follow_parent()) {
        ending = said(program, {Exit::stopped, "the driver that started this has ended.", {}});
    } else {
        try {
            ending = answer_or_run(step, schema_of(), argc, argv);
        } catch (...) {
            ending = said(program, ending_of(std::current_exception(), default_memory(), {}));
        }
    }
    write_end_record(ending, std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
    return static_cast<int>(ending.code);
}

}  // namespace

int run_program(Step& step, int argc, char** argv) {
    return run_with(
        step, [&]() -> const cli::StepSchema& { return cli::step_schema(step.name()); }, argc, argv);
}

int run_program(Step& step, const cli::StepSchema& schema, int argc, char** argv) {
    return run_with(
        step, [&]() -> const cli::StepSchema& { return schema; }, argc, argv);
}

}  // namespace cohort::step
