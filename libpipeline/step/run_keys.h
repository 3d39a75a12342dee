// The keys of one run: by its content, and, while raw inputs have not been read, by their listing.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/step_schema.h"
#include "core/json.h"
#include "step/open_inputs.h"
#include "store/raw_tree.h"

namespace cohort::step {

/// Files of the raw inputs by RawInput::name.
using RawFiles = std::map<std::string, std::vector<store::SourceFile>>;

class RunKeys {
public:
    /// `extras` as store::KeyParts has them. References must outlive this.
    RunKeys(const cli::StepSchema& schema, const Json& parameters, const Inputs& inputs, std::vector<RawInput> raw,
            std::uint64_t seed, Json extras);

    bool has_raw() const;
    const std::vector<RawInput>& raw() const { return raw_; }

    /// What the unfinished folder is known by: raw inputs count by their listing, so nothing of them is read.
    /// Error(stopped) when `stop` says so while a tree is listed.
    std::string begin_key(const StopAsked& stop) const;
    /// The key of the content: raw inputs count by the digest of `files`.
    std::string content_key(const RawFiles& files) const;
    /// Parameters as they stand in the manifest: those of content_key().
    Json parameters_by_content(const RawFiles& files) const;

    /// Hashes every file of the raw inputs; those that `known` has already (by `input`, path and size) are not read
    /// again.
    RawFiles read_raw(unsigned threads, const std::vector<store::SourceFile>& known, const StopAsked& stop) const;

private:
    using DigestOfRaw = std::function<Json(const RawInput& input)>;
    Json keyed_parameters(const DigestOfRaw& digest_of_raw) const;
    std::string key_of(Json parameters) const;

    const cli::StepSchema& schema_;
    const Json& parameters_;
    const Inputs& inputs_;
    std::vector<RawInput> raw_;
    std::uint64_t seed_;
    Json extras_;
};

}  // namespace cohort::step
