#include "apps/augment/augment_step.h"

#include <algorithm>
#include <chrono>
#include <set>

#include "apps/augment/augment_parameters.h"
#include "apps/augment/copied_sample.h"
#include "apps/augment/copy_order.h"
#include "apps/augment/preview.h"
#include "core/checked_math.h"
#include "core/files.h"
#include "core/parallel.h"

namespace cohort::augmentation {
namespace {

struct Planned {
    store::Sample sample;
    std::optional<Quarantined> fault;
    MemoryBudget::Reservation memory;
};

struct Item {
    Wanted wanted;
    CopyPlan plan;
    MemoryBudget::Reservation memory;
};

struct Made {
    std::unique_ptr<store::PackedSample> packed;
    std::uint64_t bytes_read = 0;
};

class Augmentation {
public:
    explicit Augmentation(step::Context& context)
        : context_(context),
          parameters_(augment_parameters(context.parameters, nullptr)),
          dataset_(context.inputs.one("dataset").path),
          has_background_(backgrounds(dataset_.manifest().content)),
          writer_(context.out, store::Codec::fast) {}

    step::Outcome run() {
        const auto begin = std::chrono::steady_clock::now();
        look_at_samples();
        if (context_.stop.stop_requested()) return step::Outcome::stopped_with_state_saved;
        write_samples();
        if (context_.stop.stop_requested()) return step::Outcome::stopped_with_state_saved;
        finish(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
        return step::Outcome::done;
    }

private:
    /// First pass: which samples can be copied. A sample is set aside as a whole, before anything of it is written.
    void look_at_samples() {
        auto samples = dataset_.samples();
        const auto total = dataset_.manifest().content.value("samples", Json());
        context_.progress.start("looking at voxels", total.is_number_unsigned() ? total.get<std::uint64_t>() : 0,
                                "samples");
        // Memory is reserved in the one serial stage that holds no item: a thread that waits keeps nobody waiting.
        const auto source = [&]() -> std::optional<Planned> {
            if (context_.stop.stop_requested()) return std::nullopt;
            auto sample = samples.next();
            if (!sample) return std::nullopt;
            Planned item{std::move(*sample), std::nullopt, {}};
            auto plan = plan_copies(item.sample);
            if (auto* fault = std::get_if<Quarantined>(&plan))
                item.fault = std::move(*fault);
            else
                item.memory = context_.memory.reserve(std::get<CopyPlan>(plan).bytes, "copying " + item.sample.id);
            return item;
        };
        ordered_pipeline(
            context_.threads, 0, source,
            [&](Planned& item) { return item.fault ? item.fault : fault_of_voxels(dataset_, item.sample); },
            [&](Planned& item, const std::optional<Quarantined>& fault) {
                ++sources_;
                context_.progress.advance();
                if (fault) set_aside(item.sample, *fault);
                item.memory = {};
            });
    }

    void set_aside(const store::Sample& sample, Quarantined why) {
        why.message = sample.id + ": " + why.message;
        why.details["id"] = sample.id;
        context_.quarantine.add(sample.source.empty() ? sample.id : sample.source.front(), why);
        context_.progress.quarantined();
        context_.log.warn("set aside: " + why.message);
        set_aside_.insert(sample.id);
    }

    void write_samples() {
        auto samples = dataset_.samples();
        CopyOrder order(
            [&]() -> std::optional<store::Sample> {
                for (;;) {
                    auto sample = samples.next();
                    if (!sample || set_aside_.count(sample->id) == 0) return sample;
                }
            },
            parameters_.copies, parameters_.keeps_originals);
        context_.progress.start(
            "writing", (sources_ - set_aside_.size()) * (parameters_.copies + (parameters_.keeps_originals ? 1 : 0)),
            "samples");
        const auto source = [&]() -> std::optional<Item> {
            if (context_.stop.stop_requested()) return std::nullopt;
            auto wanted = order.next();
            if (!wanted) return std::nullopt;
            Item item{std::move(*wanted), {}, {}};
            if (item.wanted.number == 0) return item;
            item.plan = std::get<CopyPlan>(plan_copies(*item.wanted.original));
            item.memory = context_.memory.reserve(item.plan.bytes, "copying " + item.wanted.original->id);
            return item;
        };
        ordered_pipeline(
            context_.threads, 0, source, [&](Item& item) { return made(item); },
            [&](Item& item, Made result) {
                context_.progress.advance(1, result.bytes_read);
                bytes_ += result.bytes_read;
                writer_.add(std::move(result.packed));
                item.memory = {};
            });
    }

    Made made(const Item& item) const {
        const auto& original = *item.wanted.original;
        if (item.wanted.number == 0) return {writer_.pack(original, store::taken_over(dataset_, original)), 0};
        auto copy = within([&] { return "making copy " + std::to_string(item.wanted.number) + " of " + original.id; },
                           [&] {
                               return make_copy(parameters_.recipe, dataset_, original, item.plan, item.wanted.number,
                                                context_.seed, has_background_);
                           });
        // The first pass has read the same voxels.
        if (auto* fault = std::get_if<Quarantined>(&copy))
            throw Error(Exit::bad_input, original.id + ": " + fault->message +
                                             " It was readable a moment ago; was the dataset changed?");
        auto& done = std::get<Copy>(copy);
        return {writer_.pack(std::move(done.sample), std::move(done.arrays)), done.bytes_read};
    }

    void finish(double seconds) {
        const auto totals = writer_.finish();
        auto& result = context_.result;
        result.content = dataset_.manifest().content;
        // What curate found was found in other samples.
        for (const char* stale : {"fingerprint", "checks"}) result.content.erase(stale);
        totals.renew(result.content);
        result.content["augmentation"] = {{"recipe", parameters_.recipe_name},
                                          {"transforms", augment::to_json(parameters_.recipe)},
                                          {"copies", parameters_.copies},
                                          {"originals", parameters_.keeps_originals}};
        result.sources = sources_;
        result.run = {{"voxel_bytes_read", bytes_},
                      {"voxel_bytes", totals.voxel_bytes},
                      {"stored_bytes", totals.stored_bytes},
                      {"shards", totals.shards},
                      {"voxel_bytes_per_s", seconds > 0 ? static_cast<double>(bytes_) / seconds : 0.0}};
        const auto usable = sources_ - set_aside_.size();
        result.report = std::to_string(usable) + (usable == 1 ? " sample, " : " samples, ") +
                        std::to_string(parameters_.copies) + (parameters_.copies == 1 ? " copy" : " copies") +
                        " of each" + (parameters_.keeps_originals ? "" : ", originals left out") + "; voxels " +
                        human_bytes(totals.voxel_bytes) + ", stored " + human_bytes(totals.stored_bytes) + "\n";
    }

    step::Context& context_;
    const AugmentParameters parameters_;
    const store::Dataset dataset_;
    const std::map<std::string, bool> has_background_;
    store::DatasetWriter writer_;
    std::set<std::string> set_aside_;
    std::uint64_t sources_ = 0, bytes_ = 0;
};

}  // namespace

std::vector<step::Finding> AugmentStep::validate(const Json& parameters, const step::Inputs& inputs) const {
    std::vector<std::string> faults;
    const auto wanted = augment_parameters(parameters, &faults);
    std::vector<step::Finding> findings;
    findings.reserve(faults.size() + 1);
    for (auto& fault : faults) findings.push_back({"transform", std::move(fault), Exit::usage});
    const auto& input = inputs.one("dataset");
    if (!wanted.preview.empty() && input.manifest.privacy == store::Privacy::identified &&
        !parameters.at("allow_identified").get<bool>())
        findings.push_back({"preview",
                            printable(input.path.string()) +
                                " is identified, and a picture of it leaves the dataset's protection; "
                                "anonymise it, or give --allow-identified.",
                            Exit::privacy});
    return findings;
}

step::Outcome AugmentStep::run(step::Context& context) {
    const auto parameters = augment_parameters(context.parameters, nullptr);
    if (parameters.preview.empty()) return Augmentation(context).run();
    if (context.inputs.one("dataset").manifest.privacy == store::Privacy::identified)
        context.log.warn("--allow-identified: the picture shows identified data.");
    const auto sentence = write_preview(parameters, context);
    if (context.stop.stop_requested()) return step::Outcome::stopped_with_state_saved;
    context.log.info(sentence);
    return step::Outcome::done;
}

}  // namespace cohort::augmentation
