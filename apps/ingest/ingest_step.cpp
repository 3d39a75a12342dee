#include "apps/ingest/ingest_step.h"

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "apps/ingest/case_reader.h"
#include "apps/ingest/dataset_content.h"
#include "core/checked_math.h"
#include "core/error.h"
#include "core/files.h"
#include "core/parallel.h"
#include "formats/nifti/nifti_reader.h"
#include "formats/registry.h"
#include "store/raw_tree.h"

namespace cohort::ingest {

namespace {

layouts::FileKind kind_of(std::string_view name) {
    if (nifti::is_voxel_name(name)) return layouts::FileKind::second_half;
    return formats::format_for(name) ? layouts::FileKind::image : layouts::FileKind::other;
}

layouts::Listing list_files(const IngestParameters& p, const StopAsked& stop) {
    return layouts::list_cases({p.input, p.labels, p.layout, p.pattern, p.keep_unlabelled, kind_of, stop});
}

std::string some_of(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < std::min<std::size_t>(names.size(), 5); ++i)
        text += (i ? ", " : "") + printable(names[i]);
    return text + (names.size() > 5 ? " …" : "");
}

constexpr std::uint64_t most_warned = 10;

/// Skipped files by reason: each counted, one line of the log per reason.
class Skips {
public:
    explicit Skips(step::Context& context) : context_(context) {}
    void add(const std::string& source, const std::string& why) {
        const auto name = store::json_name(source);
        context_.quarantine.skip(name, why);
        context_.log.detail("skipped " + printable(name) + ": " + why + ".");
        by_reason_[why].push_back(name);
        ++count_;
    }
    void report() const {
        for (const auto& [why, names] : by_reason_)
            context_.log.info("skipped " + std::to_string(names.size()) + (names.size() == 1 ? " file (" : " files (") +
                              why + "): " + some_of(names) + ".");
    }
    std::uint64_t count() const { return count_; }

private:
    step::Context& context_;
    std::map<std::string, std::vector<std::string>> by_reason_;
    std::uint64_t count_ = 0;
};

/// The table's variables by case, and its word on subject and session.
class Variables {
public:
    Variables(const IngestParameters& p, layouts::Listing& listing, step::Context& context) {
        if (!p.table) return;
        const auto name = p.table->filename().string();
        layouts::JoinTable table(read_csv(*p.table));
        std::vector<std::string> without;
        for (auto& one : listing.cases) {
            const auto* row = table.find(one.id, one.subject, one.session);
            if (!row) {
                without.push_back(one.id);
                continue;
            }
            values_[one.id] = row->values;
            if (row->subject) one.subject = *row->subject;
            if (row->session) one.session = *row->session;
        }
        if (!without.empty())
            context.log.warn(printable(name) + " has no row for " + std::to_string(without.size()) +
                             " of the samples (joined by " + table.key_column() + "): " + some_of(without) + ".");
        if (const auto unused = table.unused(); !unused.empty())
            context.log.warn(std::to_string(unused.size()) + " rows of " + printable(name) +
                             " belong to no sample: " + some_of(unused) + ".");
    }
    Json of(const std::string& id) const {
        const auto found = values_.find(id);
        return found == values_.end() ? Json::object() : found->second;
    }

private:
    std::map<std::string, Json> values_;
};

/// Volumes of like size come and go: kept, their pages need not be fetched from the kernel again for each (a seventh of
/// the CPU time on 256³ volumes). What is held at once does not grow by it.
void keep_freed_memory() {
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, -1);
    mallopt(M_TOP_PAD, 16 << 20);
}

/// The run: cases through the pipeline, outcomes in order.
class Ingest {
public:
    explicit Ingest(step::Context& context)
        : context_(context), parameters_(IngestParameters::from_json(context.parameters)), skips_(context) {}

    step::Outcome run() {
        const auto begin = std::chrono::steady_clock::now();
        listing_ = list_files(parameters_, [this] { return context_.stop.stop_requested(); });
        context_.log.info("layout " + listing_.layout + ": " + listing_.why + "; " +
                          std::to_string(listing_.cases.size()) + " cases" +
                          (listing_.labels_given ? ", labels are given." : "."));
        for (const auto& warning : listing_.warnings) context_.log.warn(warning);
        if (listing_.cases.empty() && listing_.set_aside.empty())
            throw Error(Exit::bad_input,
                        "There is no image to read in " +
                            printable((parameters_.input ? *parameters_.input : *parameters_.labels).string()) +
                            (listing_.skipped.empty()
                                 ? "."
                                 : ": all " + std::to_string(listing_.skipped.size()) +
                                       " files were skipped (such as " + printable(listing_.skipped.front().source) +
                                       ": " + listing_.skipped.front().why + ")."));
        take_listing();
        const Variables variables(parameters_, listing_, context_);
        keep_freed_memory();
        writer_.emplace(context_.out, parameters_.codec);
        read_cases(variables);
        if (context_.stop.stop_requested()) return step::Outcome::stopped_with_state_saved;
        finish(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
        return step::Outcome::done;
    }

private:
    /// What the names alone decide.
    void take_listing() {
        for (const auto& skipped : listing_.skipped) skips_.add(skipped.source, skipped.why);
        for (const auto& entry : listing_.set_aside) {
            Json details = Json::object();
            if (!entry.id.empty()) details["id"] = entry.id;
            quarantine(store::json_name(entry.source), {entry.reason, entry.message, std::move(details)});
            for (const auto& other : entry.others) skips_.add(other, "set aside with " + printable(entry.source));
        }
    }

    void quarantine(const std::string& source, const Quarantined& why) {
        context_.quarantine.add(source, why);
        context_.progress.quarantined();
        // Each is in quarantine.jsonl; the terminal and run.json get the first few.
        const std::string line = "quarantined (" + why.reason + "): " + why.message;
        if (context_.quarantine.quarantined() <= most_warned)
            context_.log.warn(line);
        else
            context_.log.detail(line);
        ++reasons_[why.reason];
    }

    void read_cases(const Variables& variables) {
        const CaseReader reader(parameters_, listing_, *writer_);
        context_.progress.start("reading", listing_.cases.size(), "samples");
        const unsigned threads = std::max(1u, context_.threads);
        const std::size_t window = 2 * std::size_t{threads};
        const std::uint64_t unworried = context_.memory.total() / (4 * window);
        std::size_t next = 0;
        // Memory is reserved here, by the one serial stage that holds no item: a thread that waits keeps nobody
        // waiting.
        const auto source = [&]() -> std::optional<CaseItem> {
            if (next == listing_.cases.size() || context_.stop.stop_requested()) return std::nullopt;
            CaseItem item{std::move(listing_.cases[next++]), {}, {}};
            item.values = variables.of(item.one.id);
            // What does not fit ends the run with 5 instead of being set aside: --memory never changes content.
            item.memory = context_.memory.reserve(reader.bytes_needed(item.one, unworried), "reading " + item.one.id);
            return item;
        };
        ordered_pipeline(
            threads, window, source, [&](CaseItem& item) { return reader.read(item); },
            [&](CaseItem& item, CaseOutcome outcome) {
                take(std::move(outcome));
                item.memory = {};
            });
    }

    void take(CaseOutcome outcome) {
        for (auto& file : outcome.files) context_.result.raw_files.push_back(std::move(file));
        context_.progress.advance(1, outcome.bytes);
        bytes_ += outcome.bytes;
        if (outcome.packed) {
            content_.add(outcome);
            sources_ += outcome.sources.size();
            writer_->add(std::move(outcome.packed));
            return;
        }
        quarantine(outcome.fault_source, outcome.fault);
        for (const auto& name : outcome.sources)
            if (name != outcome.fault_source) skips_.add(name, "set aside with " + printable(outcome.fault_source));
    }

    void finish(double seconds) {
        skips_.report();
        const auto totals = writer_->finish();
        if (const auto fewer = content_.incomplete(); fewer > 0)
            context_.log.warn(std::to_string(fewer) + " samples lack channels that others have.");
        auto& result = context_.result;
        auto names = parameters_.names_by_value();
        if (names.empty()) names = listing_.label_names;
        result.content = content_.json(totals, listing_, names);
        result.privacy = parameters_.privacy.value_or(store::Privacy::identified);
        if (parameters_.privacy) result.content["privacy_stated"] = store::name_of(*parameters_.privacy);
        result.sources = sources_ + context_.quarantine.quarantined() + context_.quarantine.skipped();
        result.run = {{"layout_reason", listing_.why},
                      {"bytes_read", bytes_},
                      {"voxel_bytes", totals.voxel_bytes},
                      {"stored_bytes", totals.stored_bytes},
                      {"shards", totals.shards},
                      {"voxel_bytes_per_s", seconds > 0 ? static_cast<double>(totals.voxel_bytes) / seconds : 0.0}};
        result.report = report(totals);
    }

    std::string report(const store::DatasetTotals& totals) const {
        std::string text = std::to_string(totals.samples) + " samples of " + std::to_string(totals.subjects) +
                           " subjects, " + std::to_string(totals.labelled) + " with a label; voxels " +
                           human_bytes(totals.voxel_bytes) + ", stored " + human_bytes(totals.stored_bytes) + " in " +
                           std::to_string(totals.shards) + (totals.shards == 1 ? " shard" : " shards") + "\n";
        for (const auto& [reason, count] : reasons_)
            text += "quarantined: " + std::to_string(count) + " " + reason + "\n";
        return text;
    }

    step::Context& context_;
    IngestParameters parameters_;
    layouts::Listing listing_;
    std::optional<store::DatasetWriter> writer_;
    DatasetContent content_;
    Skips skips_;
    std::map<std::string, std::uint64_t> reasons_;
    std::uint64_t sources_ = 0, bytes_ = 0;
};

}  // namespace

std::vector<step::Finding> IngestStep::validate(const Json& parameters, const step::Inputs&) const {
    return findings_of(IngestParameters::from_json(parameters));
}

step::Outcome IngestStep::run(step::Context& context) { return Ingest(context).run(); }

}  // namespace cohort::ingest
