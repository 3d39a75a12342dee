#include "step/run.h"

#include <algorithm>
#include <cstdio>

#include "core/checked_math.h"
#include "core/error.h"
#include "core/files.h"
#include "core/machine.h"
#include "step/failure.h"
#include "step/outcome_report.h"
#include "store/cache_key.h"

namespace cohort::step {

std::uint64_t default_memory() { return allowed_memory() / 5 * 4; }

Run::Run(Step& step, const cli::StepSchema& schema, cli::CommandLine line, std::vector<std::string> words)
    : step_(step),
      schema_(schema),
      line_(std::move(line)),
      words_(std::move(words)),
      terminal_("cohort-" + schema.name, log_, progress_, line_.common) {}

Ending Run::perform() noexcept {
    try {
        return perform_or_throw();
    } catch (...) {
        terminal_.stop();
        Ending ending = ending_of(std::current_exception(), memory_, line_.common.out);
        try {
            log_.error(ending.message);
        } catch (...) {
            // The log's own disk may be full: the exit code still tells.
        }
        return ending;
    }
}

Ending Run::perform_or_throw() {
    prepare();
    check_findings();
    if (line_.common.dry_run) return say_plan();
    const bool makes_nothing = schema_.output.empty() || line_.common.out.empty();  // the command line has seen to it
    return makes_nothing ? run_without_output() : run_into_folder();
}

void Run::prepare() {
    memory_ = line_.common.memory.value_or(default_memory());
    threads_ = line_.common.threads.value_or(allowed_cpus());
    if (schema_.uses_device && threads_ > allowed_cpus())
        throw Error(Exit::resources, "--threads " + std::to_string(threads_) + " is more than the " +
                                         std::to_string(allowed_cpus()) +
                                         " CPUs granted here, and the result depends on "
                                         "their number; give --threads " +
                                         std::to_string(allowed_cpus()) + ".");
    device_ = store::resolved_device(line_.common.device);
    inputs_ = open_inputs(schema_, line_.parameters);
    keys_.emplace(schema_, line_.parameters, inputs_, find_raw_inputs(schema_, line_.parameters),
                  schema_.uses_seed ? line_.common.seed : 0, key_extras());
}

Json Run::key_extras() const { return schema_.uses_device ? store::device_extras(threads_, device_) : Json::object(); }

void Run::check_findings() const {
    const auto findings = step_.validate(line_.parameters, inputs_);
    if (findings.empty()) return;
    std::string text;
    for (const auto& finding : findings) {
        if (!text.empty()) text += "\n  ";
        const cli::Parameter* parameter = schema_.parameter(finding.parameter);
        text += (parameter != nullptr && !finding.sentence.starts_with("--") ? parameter->flag + ": " : "") +
                finding.sentence;
    }
    throw Error(findings.front().code, text);
}

Ending Run::say_plan() {
    Json inputs = Json::array();
    for (const auto& input : input_records(schema_, inputs_))
        inputs.push_back({{"name", input.name}, {"kind", input.kind}, {"digest", input.digest}});
    Json plan{
        {"dry_run", true}, {"step", schema_.name}, {"parameters", line_.parameters}, {"inputs", std::move(inputs)}};
    std::string sentence = "would run";
    if (!schema_.output.empty()) {
        const std::string key = keys_->begin_key(signals_.asked());
        plan["key"] = key;
        if (!line_.common.out.empty()) {
            const auto standing = store::OutputFolder::standing(line_.common.out, {key});
            const bool reused = standing.same_key && !line_.common.force;
            plan["out"] = store::json_name(line_.common.out.string());
            plan["stands"] = standing.present;
            plan["reused"] = reused;
            sentence = reused ? "would do nothing: " + printable(line_.common.out.string()) + " is up to date"
                              : "would write a " + schema_.output + " to " + printable(line_.common.out.string());
            if (standing.present && !reused && !line_.common.force && !keys_->has_raw())
                sentence += ", but something else stands there (--force replaces it)";
        } else {
            sentence = "would write a " + schema_.output;
        }
    }
    terminal_.stop();
    log_.info(sentence + ", with " + std::to_string(threads_) + (threads_ == 1 ? " thread" : " threads") + " and " +
              human_bytes(memory_) + ".");
    print_out(canonical_json(plan) + "\n");
    return {};
}

Outcome Run::run_step(const std::filesystem::path& out, bool continues, store::QuarantineWriter& quarantine) {
    const MemoryBudget memory(memory_);
    Context context{line_.parameters, inputs_,           out,     continues,        quarantine, progress_, log_, memory,
                    threads_,         line_.common.seed, device_, signals_.token(), result_};
    return step_.run(context);
}

Ending Run::run_without_output() {
    store::QuarantineWriter quarantine({}, schema_.name);
    const Outcome outcome = run_step({}, false, quarantine);
    terminal_.stop();
    if (!result_.report.empty() && !line_.common.quiet) std::fputs(printable_text(result_.report).c_str(), stderr);
    if (outcome == Outcome::stopped_with_state_saved) return {Exit::stopped, "stopped by a signal.", {}};
    return {};
}

/// Our own output must not count among what it is made from, nor take its place.
void Run::refuse_out_inside_inputs() const {
    const auto out = std::filesystem::weakly_canonical(line_.common.out);
    const auto refuse_inside = [&](const std::filesystem::path& input) {
        std::error_code unknown;
        const auto root = std::filesystem::canonical(input, unknown);
        if (unknown) return;
        const auto [end, at] = std::mismatch(root.begin(), root.end(), out.begin(), out.end());
        if (end == root.end())
            throw Error(Exit::usage, "--out " + printable(line_.common.out.string()) +
                                         (at == out.end() ? " is the input " : " lies inside the input ") +
                                         printable(input.string()) + "; choose a folder outside of it.");
    };
    for (const auto& input : find_raw_inputs(schema_, line_.parameters))
        if (input.present) refuse_inside(input.path);
    for (const auto& [name, inputs] : inputs_.by_name)
        for (const auto& input : inputs) refuse_inside(input.path);
}

Ending Run::run_into_folder() {
    refuse_out_inside_inputs();
    const std::string begin_key = keys_->begin_key(signals_.asked());
    if (auto ending = already_there(begin_key)) return *ending;
    store::OutputFolder folder(line_.common.out, begin_key);
    // Another run may have published between the look and the lock, or a replaced folder may have been put back.
    if (auto ending = already_there(begin_key)) {
        folder.discard();
        return *ending;
    }
    if (folder.continues() && !step_.can_continue()) folder.start_afresh();
    const auto own = store::own_folder(folder.path(), schema_.output);
    std::filesystem::create_directories(own);
    store::QuarantineWriter quarantine(own / "quarantine.jsonl", schema_.name);
    try {
        if (run_step(folder.path(), folder.continues(), quarantine) == Outcome::stopped_with_state_saved) {
            terminal_.stop();
            return stopped(folder);
        }
        return publish(folder, begin_key, quarantine);
    } catch (...) {
        // State worth going on from stays; anything else would only fill the disk.
        if (!step_.can_continue() || !folder.holds_state()) folder.discard();
        throw;
    }
}

Ending Run::stopped(store::OutputFolder& folder) {
    if (!step_.can_continue()) folder.discard();
    const std::string message =
        std::string("stopped by ") + (*signals_.received() ? signals_.received() : "request") +
        (step_.can_continue() ? "; the same command goes on." : "; the same command begins anew.");
    log_.info(message);
    return {Exit::stopped, message, {}};
}

std::optional<Ending> Run::already_there(const std::string& begin_key) {
    const auto& place = line_.common.out;
    const std::string name = printable(place.string());
    auto standing = store::OutputFolder::standing(place, {begin_key});
    if (!standing.present) return std::nullopt;
    const bool is_ours = store::find_own_folder(place).has_value();
    if (!standing.same_key && line_.common.force) {
        if (is_ours) return std::nullopt;
        throw Error(Exit::output, name +
                                      " is no artefact of cohort, so --force does not replace it; remove it by hand or "
                                      "choose another --out.");
    }
    if (!standing.same_key && standing.manifest && standing.manifest->made_by.step == schema_.name &&
        keys_->has_raw()) {
        log_.info(name + " stands already; reading the raw inputs to see whether it was made from the same.");
        standing =
            store::OutputFolder::standing(place, {keys_->content_key(keys_->read_raw(threads_, {}, signals_.asked()))});
    }
    if (!standing.same_key)
        throw Error(Exit::output, name +
                                      (standing.manifest ? " stands already, made from other inputs or parameters"
                                       : is_ours         ? " stands already and is damaged"
                                                         : " exists") +
                                      "; choose another --out" + (is_ours ? ", or give --force to replace it." : "."));
    store::OutputFolder::tidy(place);
    log_.info(name + " is up to date: it was made from the same inputs and parameters.");
    return judged(std::move(*standing.manifest));
}

}  // namespace cohort::step
