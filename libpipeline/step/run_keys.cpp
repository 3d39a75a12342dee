#include "step/run_keys.h"

#include <algorithm>

#include "store/cache_key.h"

namespace cohort::step {
namespace {

store::KeyRole role_of(const cli::StepSchema& schema, const std::string& name) {
    const cli::Parameter* parameter = schema.parameter(name);
    if (parameter == nullptr || !parameter->affects_content || parameter->path == cli::PathKind::output)
        return store::KeyRole::ignored;
    return parameter->path == cli::PathKind::none ? store::KeyRole::value : store::KeyRole::path;
}

}  // namespace

RunKeys::RunKeys(const cli::StepSchema& schema, const Json& parameters, const Inputs& inputs, std::vector<RawInput> raw,
                 std::uint64_t seed, Json extras)
    : schema_(schema),
      parameters_(parameters),
      inputs_(inputs),
      raw_(std::move(raw)),
      seed_(seed),
      extras_(std::move(extras)) {}

bool RunKeys::has_raw() const {
    return std::any_of(raw_.begin(), raw_.end(), [](const RawInput& input) { return input.present; });
}

std::string RunKeys::begin_key(const StopAsked& stop) const {
    return key_of(
        keyed_parameters([&](const RawInput& input) { return Json(store::listing_digest(input.path, stop).text()); }));
}

std::string RunKeys::content_key(const RawFiles& files) const { return key_of(parameters_by_content(files)); }

Json RunKeys::parameters_by_content(const RawFiles& files) const {
    return keyed_parameters(
        [&](const RawInput& input) { return Json(store::raw_digest(files.at(input.name)).text()); });
}

RawFiles RunKeys::read_raw(unsigned threads, const std::vector<store::SourceFile>& known, const StopAsked& stop) const {
    RawFiles files;
    for (const auto& input : raw_) {
        if (!input.present || input.artefact) continue;
        std::vector<store::SourceFile> known_here;
        for (const auto& file : known)
            if (file.input == input.name || file.input == input.parameter || (file.input.empty() && raw_.size() == 1))
                known_here.push_back(file);
        auto& read = files[input.name] = store::hash_raw_tree(input.path, threads, known_here, stop);
        if (raw_.size() > 1)
            for (auto& file : read) file.input = input.name;
    }
    return files;
}

Json RunKeys::keyed_parameters(const DigestOfRaw& digest_of_raw) const {
    // key_parameters asks for the paths of a list in order, as inputs and raw inputs are listed.
    std::map<std::string, std::size_t> asked;
    return store::key_parameters(
        parameters_, [&](const std::string& name) { return role_of(schema_, name); },
        [&](const std::string& name, const std::string& /*path*/) -> Json {
            const std::size_t index = asked[name]++;
            const cli::Parameter& parameter = *schema_.parameter(name);
            if (parameter.path == cli::PathKind::artefact) return inputs_.all(name).at(index).manifest.digest.text();
            const std::string entry = entry_name(parameter, index);
            const auto found =
                std::find_if(raw_.begin(), raw_.end(), [&](const RawInput& raw) { return raw.name == entry; });
            if (found != raw_.end() && found->artefact) return found->artefact->digest;
            return found != raw_.end() && found->present ? digest_of_raw(*found) : Json(nullptr);
        });
}

std::string RunKeys::key_of(Json parameters) const {
    return store::cache_key({schema_.name, schema_.content_version, std::move(parameters), seed_, extras_}).text();
}

}  // namespace cohort::step
