#include "driver/decider.h"

#include <algorithm>

#include "core/digest.h"
#include "core/error.h"
#include "core/files.h"

namespace cohort::driver {
namespace {

std::string quoted_json(std::string_view text) { return canonical_json(Json(std::string(text))); }

std::string joined(const std::vector<std::string>& texts, bool is_list) {
    if (!is_list) return texts.empty() ? "null" : texts[0];
    std::string text = "[";
    for (std::size_t i = 0; i < texts.size(); ++i) text += (i > 0 ? "," : "") + texts[i];
    return text + "]";
}

/// The name by which a step reports a raw input.
std::string raw_name(const Argument& argument, std::size_t i) {
    return argument.parameter->name + (argument.parameter->is_list ? "[" + std::to_string(i) + "]" : "");
}

}  // namespace

Decider::Decider(const Graph& graph, const Limits& limits, Files& files)
    : graph_(graph), limits_(limits), files_(files), digests_(graph.jobs.size()), constant_(graph.steps.size()) {
    for (std::size_t step = 0; step < graph.steps.size(); ++step)
        constant_[step].resize(graph.steps[step].constant.size());
}

const RawState& Decider::raw_state(const std::string& path) {
    const auto found = raw_.find(path);
    return found != raw_.end() ? found->second : raw_.emplace(path, files_.raw(path)).first->second;
}

std::string Decider::source_text(const cli::Parameter& parameter, const Source& source, Raw raw,
                                 const std::string* reported, bool& provisional) {
    if (source.job != Source::outside) {
        const std::string& digest = digests_[source.job];
        return source.path.empty()
                   ? quoted_json(digest)
                   : "{\"artefact\":" + quoted_json(digest) + ",\"path\":" + quoted_json(source.path) + "}";
    }
    if (parameter.path == cli::PathKind::artefact) {
        if (const auto found = outside_.find(source.path); found != outside_.end()) return quoted_json(found->second);
        const auto [digest, kind] = files_.outside_artefact(source.path);
        const auto& kinds = parameter.artefact_kinds;
        if (!kinds.empty() && std::find(kinds.begin(), kinds.end(), kind) == kinds.end())
            throw Error(Exit::bad_input, printable(source.path) + " is a " + kind + "; '" + parameter.name +
                                             "' takes a " + kinds[0] + ".");
        return quoted_json(outside_.emplace(source.path, digest).first->second);
    }
    if (reported != nullptr) return quoted_json(*reported);
    const RawState& state = raw_state(source.path);
    if (!state.present) {
        if (parameter.may_be_absent) return "null";
        throw Error(Exit::bad_input, printable(source.path) + " does not exist; '" + parameter.name + "' names it.");
    }
    if (!state.digest.empty()) return quoted_json(state.digest);
    if (raw == Raw::hashed) {
        RawState& known = raw_.at(source.path);
        known.digest = files_.hash_raw(source.path);
        return quoted_json(known.digest);
    }
    provisional = true;
    return quoted_json("listing:" + state.listing);
}

Decider::Filling Decider::fill(const Argument& argument, Raw raw, const Reported* reported) {
    Filling filling;
    if (argument.parameter->path == cli::PathKind::none) {
        filling.text.key = filling.text.shape = canonical_json(argument.value);
        return filling;
    }
    std::vector<std::string> key, shape;
    for (std::size_t i = 0; i < argument.sources.size(); ++i) {
        const Source& source = argument.sources[i];
        const bool is_raw = argument.parameter->path == cli::PathKind::raw && source.job == Source::outside;
        const std::string* told = nullptr;
        if (is_raw && reported != nullptr)
            if (const auto found = reported->find(raw_name(argument, i)); found != reported->end())
                told = &found->second;
        key.push_back(source_text(*argument.parameter, source, raw, told, filling.provisional));
        shape.push_back(is_raw ? "null" : key.back());
    }
    filling.text.key = joined(key, argument.parameter->is_list);
    filling.text.shape = joined(shape, argument.parameter->is_list);
    return filling;
}

const Decider::Filling& Decider::constant_filling(std::uint32_t step, std::size_t argument, Raw raw) {
    auto& slot = constant_[step][argument][static_cast<std::size_t>(raw)];
    if (!slot) slot = fill(graph_.steps[step].constant[argument], raw, nullptr);
    return *slot;
}

const StepKey& Decider::step_key(const Job& job, const Share& share) {
    const auto at = std::pair(job.step, share.device + "/" + std::to_string(share.cores));
    const auto found = step_keys_.find(at);
    if (found != step_keys_.end()) return found->second;
    return step_keys_.emplace(at, StepKey(graph_.model(job), graph_.step_of(job), job, share.cores, share.device))
        .first->second;
}

Decision Decider::compose(JobIndex index, Raw raw, const Reported* reported) {
    const Job& job = graph_.jobs[index];
    Decision decision;
    decision.share = share_of(graph_.model(job), job, limits_);
    const StepKey& key = step_key(job, decision.share);
    std::vector<const HoleText*> fillings;
    fillings.reserve(key.holes().size());
    std::vector<Filling> own;
    own.reserve(key.holes().size());  // pointers into it must stay
    for (const auto& hole : key.holes()) {
        if (hole.is_seed) {
            const std::string seed = std::to_string(job.seed);
            own.push_back({{seed, seed}, false});
            fillings.push_back(&own.back().text);
            continue;
        }
        const Argument& argument =
            hole.is_constant ? graph_.step_of(job).constant[hole.argument] : job.varying[hole.argument];
        const Filling* filling = nullptr;
        if (hole.is_constant && reported == nullptr) {
            filling = &constant_filling(job.step, hole.argument, raw);
        } else {
            own.push_back(fill(argument, raw, reported));
            filling = &own.back();
        }
        decision.provisional = decision.provisional || filling->provisional;
        fillings.push_back(&filling->text);
    }
    HoleText text = key.compose(fillings);
    decision.text = std::move(text.key);
    decision.key = sha256(decision.text).hex();
    decision.shape = shape_hash(text.shape);
    return decision;
}

/// For a result left by a driver that was killed before it could log it: it gets the key of the raw files that it was
/// made from. True if that is another one.
bool Decider::give_true_key(JobIndex job, const std::string& key, const Stored& orphan) {
    const Decision final = finalised(job, orphan.raw);
    if (final.provisional || final.key == key) return false;
    files_.rename(key, final.key);
    if (const auto stored = files_.stored(final.key); stored && !stored->logged)
        files_.keep({final.key, stored->digest, stored->kind, stored->sources, stored->quarantined, stored->skipped,
                     final.shape, 0, 0, 0, stored->numbers, final.text});
    return true;
}

Decision Decider::decide(JobIndex job) {
    Decision decision = compose(job, Raw::as_known, nullptr);
    if (decision.provisional) {
        if (const auto orphan = files_.stored(decision.key)) give_true_key(job, decision.key, *orphan);
        // Reading the files beforehand pays only where a stored result could be reused.
        if (files_.has_shape(decision.shape)) decision = compose(job, Raw::hashed, nullptr);
    }
    if (!decision.provisional) decision.stored = files_.stored(decision.key);
    if (decision.stored && !decision.stored->logged && give_true_key(job, decision.key, *decision.stored))
        decision.stored.reset();
    return decision;
}

Decision Decider::finalised(JobIndex job, const std::map<std::string, std::string>& raw) {
    return compose(job, Raw::as_known, &raw);
}

Json Decider::program_parameters(JobIndex index, const std::vector<std::string>& keys) const {
    const Job& job = graph_.jobs[index];
    Json parameters = Json::object();
    const auto path_of = [&](const Source& source) {
        if (source.job == Source::outside) return source.path;
        const std::string artefact = files_.artefact_path(keys[source.job]);
        return source.path.empty() ? artefact : artefact + "/" + source.path;
    };
    const auto add = [&](const Argument& argument) {
        Json& value = parameters[argument.parameter->name];
        if (argument.parameter->path == cli::PathKind::none) {
            value = argument.value;
        } else if (argument.parameter->is_list) {
            value = Json::array();
            for (const auto& source : argument.sources) value.push_back(path_of(source));
        } else if (!argument.sources.empty()) {
            value = path_of(argument.sources[0]);
        }
    };
    for (const auto& argument : graph_.step_of(job).constant) add(argument);
    for (const auto& argument : job.varying) add(argument);
    return parameters;
}

std::map<std::string, std::string> Decider::raw_paths(JobIndex index) const {
    const Job& job = graph_.jobs[index];
    std::map<std::string, std::string> paths;
    const auto add = [&](const Argument& argument) {
        if (argument.parameter->path != cli::PathKind::raw) return;
        for (std::size_t i = 0; i < argument.sources.size(); ++i)
            if (argument.sources[i].job == Source::outside) paths[raw_name(argument, i)] = argument.sources[i].path;
    };
    for (const auto& argument : graph_.step_of(job).constant) add(argument);
    for (const auto& argument : job.varying) add(argument);
    return paths;
}

}  // namespace cohort::driver
