// From a step's result to the published folder: manifest, run.json, the three numbers.
#include <algorithm>
#include <cstdio>

#include "core/files.h"
#include "step/outcome_report.h"
#include "step/run.h"

namespace cohort::step {
namespace {

double seconds_since(std::chrono::steady_clock::time_point then) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - then).count();
}

std::uint64_t bytes_below(const std::filesystem::path& folder) {
    std::uint64_t bytes = 0;
    for (const auto& entry : list_tree(folder)) bytes += entry.bytes;
    return bytes;
}

std::vector<store::SourceFile> all_files(const RawFiles& raw) {
    std::vector<store::SourceFile> files;
    for (const auto& [name, some] : raw) files.insert(files.end(), some.begin(), some.end());
    return files;
}

}  // namespace

Ending Run::publish(store::OutputFolder& folder, const std::string& begin_key, store::QuarantineWriter& quarantine) {
    const auto own = store::own_folder(folder.path(), schema_.output);
    // Not to be stopped any more: the work is done, and what the step read already is not read again.
    const RawFiles raw = keys_->read_raw(threads_, result_.raw_files, {});
    if (!raw.empty()) store::write_sources(own / "sources.jsonl", all_files(raw));
    quarantine.close();
    // A dataset always has the list, so that its absence means damage and not "none".
    if (schema_.output == "dataset" && quarantine.quarantined() == 0) FileWriter(own / "quarantine.jsonl").close();
    store::Manifest manifest = compose_manifest(raw, quarantine);
    const Json run = compose_run(manifest, begin_key, keys_->content_key(raw), bytes_below(folder.path()));
    manifest = folder.publish(std::move(manifest), run,
                              line_.common.force ? store::Overwrite::replace : store::Overwrite::refuse, threads_);
    return judged(std::move(manifest));
}

store::Manifest Run::compose_manifest(const RawFiles& raw, const store::QuarantineWriter& quarantine) const {
    store::Manifest manifest;
    manifest.kind = schema_.output;
    manifest.privacy = output_privacy();
    manifest.content = result_.content;
    manifest.counts = {result_.sources, quarantine.quarantined(), quarantine.skipped()};
    manifest.made_by.step = schema_.name;
    manifest.made_by.version = COHORT_VERSION;
    manifest.made_by.parameters = keys_->parameters_by_content(raw);
    manifest.made_by.seed = schema_.uses_seed ? line_.common.seed : 0;
    manifest.made_by.inputs = input_records(schema_, inputs_);
    for (const auto& input : keys_->raw())
        if (input.artefact) manifest.made_by.inputs.push_back(*input.artefact);
    for (const auto& [name, files] : raw)
        manifest.made_by.inputs.push_back({name, "raw", store::raw_digest(files).text()});
    return manifest;
}

store::Privacy Run::output_privacy() const {
    const auto of_inputs = least_private(inputs_);
    // Raising the level is what anonymise is for, and nobody else's right.
    if (!of_inputs || schema_.name == "anonymise")
        return result_.privacy.value_or(of_inputs.value_or(store::Privacy::identified));
    return std::min(*of_inputs, result_.privacy.value_or(*of_inputs));
}

Json Run::compose_run(const store::Manifest& manifest, const std::string& begin_key, const std::string& content_key,
                      std::uint64_t bytes_out) const {
    store::RunRecord record;
    record.step = schema_.name;
    record.version = COHORT_VERSION;
    record.key = content_key;
    if (keys_->has_raw()) record.listing_key = begin_key;
    record.start = start_;
    record.end = store::Clock::now();
    record.duration_s = seconds_since(begun_);
    record.threads = threads_;
    record.memory = memory_;
    record.bytes_in = store::bytes_read_so_far();
    record.bytes_out = bytes_out;
    record.counts = manifest.counts;
    record.warnings = log_.warnings();
    record.command_line = words_;
    record.more = result_.run;
    if (schema_.uses_device) record.more["device"] = device_;
    return store::run_json(record, manifest.privacy);
}

Ending Run::judged(store::Manifest manifest) {
    terminal_.stop();
    if (!result_.report.empty() && !line_.common.quiet) std::fputs(printable_text(result_.report).c_str(), stderr);
    const std::string numbers = three_numbers(manifest, keys_->has_raw());
    if (!numbers.empty()) log_.info(numbers);
    print_out(result_line(line_.common.out, manifest) + "\n");
    Ending ending;
    const auto& counts = manifest.counts;
    if (!line_.common.accept_quarantined.accepts(counts.quarantined, counts.sources)) {
        ending.code = Exit::quarantined;
        ending.message = std::to_string(counts.quarantined) + " of " + std::to_string(counts.sources) +
                         " are quarantined, more than was accepted; see " +
                         printable((store::own_folder(line_.common.out, manifest.kind) / "quarantine.jsonl").string()) +
                         " or give --accept-quarantined.";
        log_.error(ending.message);
    }
    ending.manifest = std::move(manifest);
    return ending;
}

}  // namespace cohort::step
