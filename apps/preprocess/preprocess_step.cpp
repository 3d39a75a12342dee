#include "apps/preprocess/preprocess_step.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "apps/preprocess/preprocess_parameters.h"
#include "apps/preprocess/sample_preparation.h"
#include "core/checked_math.h"
#include "core/files.h"
#include "core/parallel.h"

namespace cohort::preprocess {
namespace {

/// A sample on its way; one that cannot be planned is set aside in its turn.
struct Item {
    store::Sample sample;
    std::optional<Quarantined> fault;
    MemoryBudget::Reservation memory;
};

struct ItemOutcome {
    std::unique_ptr<store::PackedSample> packed;
    std::optional<Quarantined> fault;
    std::uint64_t bytes = 0;
    bool changed = false;
};

std::string source_of(const store::Sample& sample) { return sample.source.empty() ? sample.id : sample.source.front(); }

/// The run: samples through the pipeline, outcomes in order.
class Preprocess {
public:
    explicit Preprocess(step::Context& context)
        : context_(context),
          how_(preparation_from_parameters(context.parameters, nullptr)),
          dataset_(context.inputs.one("dataset").path),
          writer_(context.out, store::Codec::fast) {}

    step::Outcome run() {
        const auto begin = std::chrono::steady_clock::now();
        const auto& content = dataset_.manifest().content;
        const auto found = content.find("samples");
        samples_ = found != content.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
        context_.progress.start("preparing", samples_, "samples");
        prepare_samples();
        if (context_.stop.stop_requested()) return step::Outcome::stopped_with_state_saved;
        store::keep_asked_cases(dataset_, context_.out);
        finish(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
        return step::Outcome::done;
    }

private:
    void prepare_samples() {
        auto reader = dataset_.samples();
        const unsigned threads = std::max(1U, context_.threads);
        // Many samples: one thread each. Few: they share the threads.
        const unsigned inner =
            samples_ == 0 ? 1
                          : std::max(1U, threads / static_cast<unsigned>(std::min<std::uint64_t>(samples_, threads)));
        // Memory is reserved here, by the one serial stage that holds no item: a thread that waits keeps nobody
        // waiting.
        const auto source = [&]() -> std::optional<Item> {
            if (context_.stop.stop_requested()) return std::nullopt;
            auto sample = reader.next();
            if (!sample) return std::nullopt;
            Item item{std::move(*sample), std::nullopt, {}};
            auto planned = plan_sample(how_, item.sample);
            if (auto* why = std::get_if<Quarantined>(&planned)) {
                item.fault = std::move(*why);
                return item;
            }
            const auto& plan = std::get<SamplePlan>(planned);
            // What does not fit ends the run with 5 instead of being set aside: --memory never changes content.
            item.memory = context_.memory.reserve(
                plan.bytes, "preparing " + item.sample.id +
                                (plan.grid.empty() ? "" : " (prepared, it has " + plan.grid + ")"));
            return item;
        };
        ordered_pipeline(
            threads, 0, source, [&](Item& item) { return prepare_one(item, inner); },
            [&](Item& item, ItemOutcome outcome) {
                take(item, std::move(outcome));
                item.memory = {};
            });
    }

    ItemOutcome prepare_one(Item& item, unsigned threads) const {
        ItemOutcome outcome;
        if (item.fault) {
            outcome.fault = std::move(item.fault);
            return outcome;
        }
        auto prepared = within([&] { return "preparing " + item.sample.id; },
                               [&] { return prepare_sample(how_, dataset_, item.sample, threads); });
        if (auto* why = std::get_if<Quarantined>(&prepared)) {
            outcome.fault = std::move(*why);
            return outcome;
        }
        auto& done = std::get<PreparedForStore>(prepared);
        outcome.bytes = done.bytes;
        outcome.changed = done.changed;
        outcome.packed = writer_.pack(std::move(done.sample), std::move(done.arrays), threads);
        return outcome;
    }

    void take(const Item& item, ItemOutcome outcome) {
        ++sources_;
        context_.progress.advance(1, outcome.bytes);
        if (outcome.fault) return set_aside(item.sample, std::move(*outcome.fault));
        changed_ += outcome.changed;
        bytes_ += outcome.bytes;
        writer_.add(std::move(outcome.packed));
    }

    void set_aside(const store::Sample& sample, Quarantined why) {
        why.message = sample.id + ": " + why.message;
        why.details["id"] = sample.id;
        context_.quarantine.add(source_of(sample), why);
        context_.progress.quarantined();
        context_.log.warn("set aside: " + why.message);
    }

    void finish(double seconds) {
        const auto totals = writer_.finish();
        auto& result = context_.result;
        result.content = dataset_.manifest().content;
        // What curate found was found in other voxels.
        for (const char* stale : {"fingerprint", "checks"}) result.content.erase(stale);
        totals.renew(result.content);
        result.content["flagged"] = totals.flagged;
        result.content["preprocessing"] = grid::to_json(how_);
        result.sources = sources_;
        result.run = {{"voxel_bytes_read", bytes_},
                      {"voxel_bytes", totals.voxel_bytes},
                      {"stored_bytes", totals.stored_bytes},
                      {"shards", totals.shards},
                      {"voxel_bytes_per_s", seconds > 0 ? static_cast<double>(bytes_) / seconds : 0.0}};
        result.report = std::to_string(changed_) + (changed_ == 1 ? " sample" : " samples") + " changed, " +
                        std::to_string(totals.samples - changed_) + " as they were; voxels " +
                        human_bytes(totals.voxel_bytes) + ", stored " + human_bytes(totals.stored_bytes) + "\n";
    }

    step::Context& context_;
    const grid::Preparation how_;
    const store::Dataset dataset_;
    store::DatasetWriter writer_;
    std::uint64_t samples_ = 0, sources_ = 0, changed_ = 0, bytes_ = 0;
};

}  // namespace

std::vector<step::Finding> PreprocessStep::validate(const Json& parameters, const step::Inputs& inputs) const {
    std::vector<step::Finding> findings;
    preparation_from_parameters(parameters, &findings);
    if (inputs.one("dataset").manifest.content.contains("preprocessing"))
        findings.push_back(
            {"dataset",
             "it has been prepared already, and a second time would interpolate twice; prepare the dataset it "
             "was made from, with all that is wanted.",
             Exit::bad_input});
    return findings;
}

step::Outcome PreprocessStep::run(step::Context& context) { return Preprocess(context).run(); }

}  // namespace cohort::preprocess
