#include "apps/@name@/@name@_step.h"

#include "apps/@name@/@name@_parameters.h"
#include "store/dataset.h"
#include "store/dataset_writer.h"

namespace cohort::@name@ {
std::vector<step::Finding> @Name@Step::validate(const Json&, const step::Inputs&) const {
    return {};  // the schema says all
}

step::Outcome @Name@Step::run(step::Context& context) {
    const auto parameters = @name@_parameters(context.parameters);
    const store::Dataset dataset(context.inputs.one("dataset").path);
    store::DatasetWriter writer(context.out, store::Codec::fast);
    auto samples = dataset.samples();
    std::uint64_t seen = 0;
    context.progress.start("writing", 0, "samples");
    while (auto sample = samples.next()) {
        if (context.stop.stop_requested()) return step::Outcome::stopped_with_state_saved;
        if (++seen > parameters.count) {
            context.quarantine.skip(sample->id, "it comes after the first " + std::to_string(parameters.count));
            continue;
        }
        auto arrays = store::taken_over(dataset, *sample);
        writer.add(writer.pack(std::move(*sample), std::move(arrays), context.threads));
        context.progress.advance();
    }
    const auto totals = writer.finish();

    auto& result = context.result;
    result.content = dataset.manifest().content;
    totals.renew(result.content);
    result.sources = seen;
    result.report = std::to_string(totals.samples) + " of " + std::to_string(seen) + " samples kept\n";
    return step::Outcome::done;
}

}  // namespace cohort::@name@
