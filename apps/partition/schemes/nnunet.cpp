#include "apps/partition/numpy_shuffle.h"
#include "apps/partition/schemes/scheme.h"
#include "core/error.h"
#include "core/files.h"

namespace cohort::partition {
namespace {

constexpr std::uint32_t nnunet_seed = 12345;

}  // namespace

Split make_nnunet(SchemeInput& input) {
    const auto& given = input.parameters.given;
    std::error_code ignored;
    if (given && std::filesystem::exists(*given, ignored)) {
        input.log.info("folds are read from " + printable(given->string()) +
                       ", as nnU-Net does where the file exists.");
        return make_given(input);
    }
    if (given)
        input.log.info(printable(given->string()) + " does not exist, so the folds are computed as nnU-Net does.");

    const auto n = static_cast<std::uint32_t>(input.cases.used.size());
    const auto folds = static_cast<std::uint32_t>(input.parameters.folds);
    if (folds > n)
        throw Error(Exit::bad_input, "nnU-Net's rule makes " + std::to_string(folds) + " folds of at least " +
                                         std::to_string(folds) + " samples, and there are " + std::to_string(n) +
                                         "; lower --folds.");
    require_moderate_size(folds, n);
    Split split;
    split.seed = nnunet_seed;
    for (const auto& validation : sklearn_kfold(n, folds, nnunet_seed)) {
        auto& fold = split.folds.emplace_back(Fold{std::to_string(split.folds.size())});
        fold.validation = validation;
        std::size_t next = 0;
        for (std::uint32_t i = 0; i < n; ++i) {
            if (next < validation.size() && validation[next] == i)
                ++next;
            else
                fold.train.push_back(i);
        }
    }
    return split;
}

}  // namespace cohort::partition
