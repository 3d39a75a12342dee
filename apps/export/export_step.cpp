#include "apps/export/export_step.h"

#include <algorithm>
#include <optional>
#include <set>

#include "apps/export/array_writer.h"
#include "core/error.h"
#include "core/files.h"
#include "core/parallel.h"

namespace cohort::exporting {

namespace {

struct Item {
    store::Sample sample;
    MemoryBudget::Reservation memory;
};

struct ItemOutcome {
    std::vector<WrittenFile> files;
    std::optional<Quarantined> fault;
    bool labelled = false;
};

bool has_label(const store::Sample& sample, const ExportParameters& parameters) {
    return std::any_of(sample.arrays.begin(), sample.arrays.end(), [&](const auto& entry) {
        return entry.second.role == store::Role::label && parameters.wants(entry.first);
    });
}

std::string folder_name(const ExportParameters& p) {
    if (p.format != Format::nnunet || !p.dataset_id) return {};
    const auto number = std::to_string(*p.dataset_id);
    return "Dataset" + std::string(3 - std::min<std::size_t>(3, number.size()), '0') + number + "_" +
           percent_encode(p.dataset_name);
}

/// The run: samples through the pipeline, files listed in order.
class Export {
public:
    explicit Export(step::Context& context)
        : context_(context),
          parameters_(ExportParameters::from_json(context.parameters)),
          dataset_(context.inputs.one("dataset").path),
          root_(context.out / folder_name(parameters_)) {}

    step::Outcome run() {
        const auto& content = dataset_.manifest().content;
        context_.progress.start("exporting", content.value("samples", std::uint64_t{0}), "samples");
        export_samples();
        if (context_.stop.stop_requested()) return step::Outcome::stopped_with_state_saved;
        if (parameters_.format == Format::nnunet) write_dataset_json(content);
        write_list();
        auto& result = context_.result;
        result.content = {{"format", parameters_.format == Format::nifti ? "nifti" : "nnunet"},
                          {"samples", exported_},
                          {"files", files_.size()}};
        if (context_.inputs.one("dataset").manifest.privacy == store::Privacy::identified)
            result.content["allow_identified"] = true;
        result.sources = exported_ + context_.quarantine.quarantined() + context_.quarantine.skipped();
        result.report = std::to_string(exported_) + " samples in " + std::to_string(files_.size()) + " files\n";
        return step::Outcome::done;
    }

private:
    void export_samples() {
        auto reader = dataset_.samples();
        const unsigned threads = std::max(1u, context_.threads);
        const auto source = [&]() -> std::optional<Item> {
            if (context_.stop.stop_requested()) return std::nullopt;
            auto sample = reader.next();
            if (!sample) return std::nullopt;
            const auto bytes = bytes_needed(*sample);
            auto memory = context_.memory.reserve(bytes, "exporting " + sample->id);
            return Item{std::move(*sample), std::move(memory)};
        };
        ordered_pipeline(
            threads, 0, source, [&](Item& item) { return write_sample(item.sample); },
            [&](Item& item, ItemOutcome outcome) {
                take(item.sample, std::move(outcome));
                item.memory = {};
            });
    }

    ItemOutcome write_sample(const store::Sample& sample) const {
        ItemOutcome outcome;
        auto targets = parameters_.format == Format::nifti ? nifti_targets(sample, dataset_, parameters_)
                                                           : nnunet_targets(sample, dataset_, parameters_);
        if (auto* fault = std::get_if<Quarantined>(&targets)) {
            outcome.fault = std::move(*fault);
            return outcome;
        }
        for (const auto& target : std::get<std::vector<Target>>(targets))
            for (auto& file : write_target(sample, dataset_, target, root_)) outcome.files.push_back(std::move(file));
        outcome.labelled = has_label(sample, parameters_);
        return outcome;
    }

    void take(const store::Sample& sample, ItemOutcome outcome) {
        if (outcome.fault) {
            context_.quarantine.add(sample.id, *outcome.fault);
            context_.progress.quarantined();
            context_.log.warn("left out: " + outcome.fault->message);
        } else if (outcome.files.empty()) {
            context_.quarantine.skip(sample.id, "it has none of the arrays asked for");
        } else {
            ++exported_;
            labelled_ += outcome.labelled;
        }
        std::uint64_t bytes = 0;
        for (auto& file : outcome.files) {
            if (!paths_.insert(file.path).second)
                throw Error(Exit::bad_input, "Two arrays would be written to " + printable(file.path) +
                                                 " (the later belongs to " + sample.id +
                                                 "); export them one after the other with --arrays.");
            bytes += file.bytes;
            files_.push_back(std::move(file));
        }
        context_.progress.advance(1, bytes);
    }

    void write_dataset_json(const Json& content) {
        warn_of_gaps(content);
        const auto text = pretty_json(nnunet_dataset_json(content, labelled_));
        std::filesystem::create_directories(root_);
        write_file_atomically(root_ / "dataset.json", text);
        files_.push_back({"dataset.json", text.size(), sha256(text)});
    }

    /// nnU-Net itself refuses labels that are not 0, 1, 2 …; the voxels stay what they are.
    void warn_of_gaps(const Json& content) {
        std::int64_t expected = 0;
        if (const auto labels = content.find("labels"); labels != content.end())
            for (const auto& label : *labels) {
                const auto value = label.value("value", std::int64_t{0});
                if (value != expected && !(expected == 0 && value == 1)) {
                    context_.log.warn("the labels' values are not consecutive (" + std::to_string(value) +
                                      "), which nnU-Net refuses to train on.");
                    return;
                }
                expected = value + 1;
            }
    }

    void write_list() {
        std::sort(files_.begin(), files_.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
        const auto folder = folder_name(parameters_);
        std::string text;
        for (const auto& file : files_)
            text += canonical_json({{"path", folder.empty() ? file.path : folder + "/" + file.path},
                                    {"bytes", file.bytes},
                                    {"sha256", file.digest.hex()}}) +
                    "\n";
        std::filesystem::create_directories(context_.out / ".cohort");
        write_file_atomically(context_.out / ".cohort" / "files.jsonl", text);
    }

    step::Context& context_;
    ExportParameters parameters_;
    store::Dataset dataset_;
    std::filesystem::path root_;
    std::vector<WrittenFile> files_;
    std::set<std::string> paths_;
    std::uint64_t exported_ = 0, labelled_ = 0;
};

}  // namespace

std::vector<step::Finding> ExportStep::validate(const Json& parameters, const step::Inputs& inputs) const {
    const auto p = ExportParameters::from_json(parameters);
    std::vector<step::Finding> findings;
    const auto& manifest = inputs.one("dataset").manifest;
    if (manifest.privacy == store::Privacy::identified && !p.allow_identified)
        findings.push_back({"dataset",
                            "the dataset may identify patients; run cohort-anonymise first, or give "
                            "--allow-identified, which is recorded.",
                            Exit::privacy});
    if (const auto known = manifest.content.find("arrays"); known != manifest.content.end() && known->is_object())
        for (const auto& name : p.arrays)
            if (!known->contains(name)) {
                std::vector<std::string> names;
                for (const auto& [key, value] : known->items()) names.push_back(key);
                findings.push_back({"arrays",
                                    "the dataset has no array " + printable(name) + "; " + did_you_mean(name, names) +
                                        "cohort-inspect names them.",
                                    Exit::usage});
            }
    if (p.format == Format::nifti && p.dataset_id)
        findings.push_back({"dataset_id", "it goes with --format nnunet.", Exit::usage});
    return findings;
}

step::Outcome ExportStep::run(step::Context& context) { return Export(context).run(); }

}  // namespace cohort::exporting
