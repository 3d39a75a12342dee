// A disk, a machine and a clock in memory, for tests of the scheduler.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/digest.h"
#include "core/error.h"
#include "driver/clock.h"
#include "driver/executor.h"
#include "driver/files.h"
#include "driver/graph.h"
#include "driver/run_state.h"

namespace cohort::driver::memory {

/// Ticked by hand, and by the executor when it waits.
class HandClock final : public Clock {
public:
    double now_s() const override { return now_; }
    std::int64_t nanoseconds_since_1970() const override { return static_cast<std::int64_t>((1e9 + now_) * 1e9); }
    void tick(double seconds) { now_ += seconds; }

private:
    double now_ = 0;
};

class MemoryFiles final : public Files {
public:
    struct RawFile {
        RawState state;
        int hashed = 0;
    };
    struct Held {
        int looks_left = 0;
    };
    std::map<std::string, Stored> store;
    std::map<std::string, std::string> texts;
    std::set<std::uint64_t> shapes;
    std::map<std::string, std::string> links;
    std::map<std::string, RawFile> raw_files;
    std::map<std::string, std::string> raw_truth;  ///< path → digest that reading it would give
    std::map<std::string, int> held;               ///< key → how often in_use still says yes

    std::optional<Stored> stored(const std::string& key) override {
        const auto found = store.find(key);
        return found == store.end() ? std::nullopt : std::optional(found->second);
    }
    bool has_shape(std::uint64_t shape) override { return shapes.contains(shape); }
    std::optional<std::string> key_text(const std::string& key) override {
        const auto found = texts.find(key);
        return found == texts.end() ? std::nullopt : std::optional(found->second);
    }
    void keep(const Result& result) override {
        Stored& stored = store[std::string(result.key)];
        stored.key = result.key;
        stored.digest = result.digest;
        stored.kind = result.kind;
        stored.sources = result.sources;
        stored.quarantined = result.quarantined;
        stored.numbers = result.numbers;
        stored.logged = true;
        texts[stored.key] = result.key_text;
        shapes.insert(result.shape);
    }
    void rename(const std::string& from, const std::string& to) override {
        const auto found = store.find(from);
        if (found == store.end()) return;
        Stored moved = found->second;
        moved.key = to;
        store.erase(found);
        store.emplace(to, moved);
    }
    bool in_use(const std::string& key) override {
        const auto found = held.find(key);
        return found != held.end() && found->second-- > 0;
    }
    std::string artefact_path(const std::string& key) const override { return "/store/" + key; }
    std::pair<std::string, std::string> outside_artefact(const std::string& path) override {
        throw Error(Exit::bad_input, path + " is no artefact.");
    }
    RawState raw(const std::string& path) override {
        const auto found = raw_files.find(path);
        return found == raw_files.end() ? RawState{} : found->second.state;
    }
    std::string hash_raw(const std::string& path) override {
        ++raw_files[path].hashed;
        return raw_truth[path];
    }
    void learn_raw(const std::string&, const std::map<std::string, std::string>& paths) override {
        for (const auto& [name, path] : paths) raw_files[path].state.digest = raw_truth[path];
    }
    std::string linked(const std::string& job) override { return links.contains(job) ? links[job] : ""; }
    void link(const std::string& job, const std::string& key) override { links[job] = key; }
};

/// Runs jobs by letting time pass. What a job takes, gives and ends with is asked of `behave`.
class MemoryExecutor final : public Executor {
public:
    struct Behaviour {
        double seconds = 1;
        int exit = 0;
        std::string content;  ///< equal texts, equal digests; empty: follows from the key
        std::uint64_t sources = 10, quarantined = 0;
        Json numbers = {{"samples", 10}};
        std::map<std::string, std::string> raw;  ///< what it reports of raw inputs; empty: as all jobs do
    };
    std::function<Behaviour(const JobRequest&)> behave = [](const JobRequest&) { return Behaviour{}; };
    std::function<void(const std::vector<JobRequest>&)> on_change;  ///< sees what runs after every start
    std::vector<std::string> started;                               ///< names, in order
    std::map<std::string, std::string> raw;                         ///< what jobs report of raw inputs, by name
    bool stop = false;
    int stop_after = -1;  ///< ask to stop once so many have started

    explicit MemoryExecutor(HandClock& clock) : clock_(clock) {}

    void submit(std::vector<JobRequest> requests) override {
        for (auto& request : requests) {
            started.push_back(request.name);
            const Behaviour behaviour = behave(request);
            running_.push_back({std::move(request), behaviour, clock_.now_s() + behaviour.seconds});
        }
        if (stop_after >= 0 && static_cast<int>(started.size()) >= stop_after) stop = true;
        if (!on_change) return;
        std::vector<JobRequest> all;
        for (const auto& running : running_) all.push_back(running.request);
        on_change(all);
    }

    std::vector<JobEnd> poll(double) override {
        std::vector<JobEnd> ends;
        if (stop && !cancelled_) return ends;  // a request to stop wakes the waiting driver up
        if (running_.empty()) {
            clock_.tick(poll_tick_s);
            return ends;
        }
        double first = running_[0].ends_s;
        for (const auto& running : running_) first = std::min(first, running.ends_s);
        if (first > clock_.now_s()) clock_.tick(first - clock_.now_s());
        std::vector<Running> left;
        for (auto& running : running_) {
            if (running.ends_s > clock_.now_s())
                left.push_back(std::move(running));
            else
                ends.push_back(end_of(running));
        }
        running_ = std::move(left);
        return ends;
    }

    void cancel_all() override {
        cancelled_ = true;
        for (auto& running : running_) {
            running.behaviour.exit = static_cast<int>(Exit::stopped);
            running.ends_s = clock_.now_s();
        }
    }
    bool stop_requested() const override { return stop; }

private:
    static constexpr double poll_tick_s = 0.25;
    struct Running {
        JobRequest request;
        Behaviour behaviour;
        double ends_s;
    };
    JobEnd end_of(const Running& running) const {
        JobEnd end;
        end.job = running.request.job;
        end.exit = running.behaviour.exit;
        end.wall_s = running.behaviour.seconds;
        end.peak_rss = 1 << 20;
        if (end.exit != 0 && end.exit != static_cast<int>(Exit::quarantined)) {
            end.message = "told to fail";
            return end;
        }
        Made made;
        const std::string content = running.behaviour.content.empty() ? running.request.key : running.behaviour.content;
        made.digest = sha256(content).text();
        made.kind = "dataset";
        made.sources = running.behaviour.sources;
        made.quarantined = running.behaviour.quarantined;
        made.numbers = running.behaviour.numbers;
        made.raw = running.behaviour.raw.empty() ? raw : running.behaviour.raw;
        end.made = made;
        return end;
    }

    HandClock& clock_;
    std::vector<Running> running_;
    bool cancelled_ = false;
};

/// A graph from a pipeline's text, as if it lay in /pipelines/p.yaml.
inline Graph graph_of(const std::string& text, std::vector<Assignment> assignments = {}) {
    PipelineSource source;
    source.text = text;
    source.file = "/pipelines/p.yaml";
    source.working_directory = "/elsewhere";
    source.assignments = std::move(assignments);
    return build_graph(draft_pipeline(source));
}

/// The sentence with which a text is refused; empty if it is not.
inline std::string refusal_of(const std::string& text, std::vector<Assignment> assignments = {}) {
    try {
        graph_of(text, std::move(assignments));
        return "";
    } catch (const Error& error) {
        return (error.code() == Exit::usage ? "" : "wrong code: ") + std::string(error.what());
    }
}

}  // namespace cohort::driver::memory
