#include "apps/partition/partition_parameters.h"

namespace cohort::partition {

PartitionParameters partition_parameters(const Json& json) {
    PartitionParameters p;
    p.scheme = json.at("scheme").get<std::string>();
    p.folds = json.at("folds").get<int>();
    if (json.contains("given")) p.given = json.at("given").get<std::string>();
    p.group = json.at("group").get<std::string>();
    p.stratify = json.at("stratify").get<std::vector<std::string>>();
    p.bins = json.at("bins").get<int>();
    if (json.contains("validation_fraction")) p.validation_fraction = json.at("validation_fraction").get<double>();
    if (json.contains("test_fraction")) p.test_fraction = json.at("test_fraction").get<double>();
    p.refuse_missing_ids = json.at("missing_ids").get<std::string>() == "refuse";
    return p;
}

}  // namespace cohort::partition
