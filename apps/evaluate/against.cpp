#include "apps/evaluate/against.h"

#include <algorithm>

#include "core/error.h"
#include "core/files.h"
#include "measure/nnunet_summary.h"

namespace cohort::evaluate {
namespace {

constexpr std::uint64_t most_bytes = std::uint64_t{1} << 30;

Against read_table(const std::filesystem::path& path, const measure::Evaluation& ours) {
    const std::string where = printable(path.string());
    const std::string only_label = ours.targets.size() == 1 ? ours.targets[0].key : "";
    std::error_code unknown;
    if (std::filesystem::is_directory(path, unknown)) {
        if (store::find_own_folder(path)) {
            const auto manifest = store::read_manifest(path);
            if (manifest.kind != "evaluation")
                throw Error(Exit::bad_input, "--against " + where + " is of kind " + manifest.kind +
                                                 "; an evaluation or a table is wanted.");
            return {measure::read_per_case_csv(store::read_member(path, manifest, "cases.csv"), where + "/cases.csv",
                                               only_label),
                    manifest.privacy};
        }
        const auto inside = path / "summary.json";
        if (!std::filesystem::exists(inside, unknown))
            throw Error(Exit::bad_input,
                        "--against " + where +
                            " is a folder without manifest.json or summary.json; give an evaluation, a CSV "
                            "or nnU-Net's summary.json.");
        return {measure::read_nnunet_summary(read_text(inside, most_bytes), inside.string()), std::nullopt};
    }
    const std::string text = read_text(path, most_bytes);
    if (path.extension() == ".json") return {measure::read_nnunet_summary(text, where), std::nullopt};
    return {measure::read_per_case_csv(text, where, only_label), std::nullopt};
}

}  // namespace

Against read_against(const std::filesystem::path& path, const measure::Evaluation& ours) {
    Against against = read_table(path, ours);
    const bool shares_case = std::any_of(ours.cases.begin(), ours.cases.end(),
                                         [&](const auto& c) { return against.table.rows.contains(c.id); });
    if (!shares_case)
        throw Error(Exit::bad_input, "--against " + printable(path.string()) +
                                         " has none of the cases scored here; cases are paired by id.");
    const bool shares_metric = std::any_of(ours.metrics.begin(), ours.metrics.end(), [&](const auto* metric) {
        return metric->better != measure::Better::neither &&
               std::find(against.table.metrics.begin(), against.table.metrics.end(), metric->name) !=
                   against.table.metrics.end();
    });
    if (!shares_metric)
        throw Error(Exit::bad_input, "--against " + printable(path.string()) +
                                         " has no column that is scored here and has a better "
                                         "direction; name its columns like those of cases.csv (dice, iou, hd95_mm …).");
    return against;
}

}  // namespace cohort::evaluate
