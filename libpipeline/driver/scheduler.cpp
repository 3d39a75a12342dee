#include "driver/scheduler.h"

#include <algorithm>

#include "core/files.h"
#include "driver/reasons.h"

namespace cohort::driver {
namespace {

/// A big job that smaller ones were let past so often goes next, whatever else would fit: nobody starves.
constexpr unsigned most_passed_over = 20;
/// Ready jobs looked at in one go for one that fits: with thousands ready, the search must not cost more than the jobs.
constexpr std::size_t most_looked_at = 1000;

std::vector<JobIndex> jobs_of(const StepJobs& step) {
    std::vector<JobIndex> jobs(step.count);
    for (JobIndex i = 0; i < step.count; ++i) jobs[i] = step.first + i;
    return jobs;
}

}  // namespace

std::string_view name_of(State state) {
    switch (state) {
        case State::waiting:
            return "waits";
        case State::running:
            return "running";
        case State::reused:
            return "reused";
        case State::done:
            return "done";
        case State::quarantined:
            return "quarantined";
        case State::failed:
            return "failed";
        case State::stopped:
            return "stopped";
        case State::left_out:
            return "left out";
    }
    return "";
}

Selection Selection::all(const Graph& graph) {
    return {std::vector<bool>(graph.steps.size(), true), std::vector<bool>(graph.steps.size(), false), false};
}

Scheduler::Scheduler(const Graph& graph, const Limits& limits, const Selection& selection, Files& files,
                     Executor& executor, const Clock& clock, Observer& observer)
    : graph_(graph),
      limits_(limits),
      selection_(selection),
      files_(files),
      executor_(executor),
      clock_(clock),
      observer_(observer),
      decider_(graph, limits, files),
      states_(graph.jobs.size()),
      open_(graph.jobs.size()),
      step_open_(graph.steps.size()),
      keys_(graph.jobs.size()),
      free_gpus_(limits.gpus),
      free_cores_(limits.cores),
      free_memory_(limits.memory) {
    for (JobIndex job = 0; job < graph.jobs.size(); ++job)
        open_[job] = static_cast<std::uint32_t>(graph.jobs[job].needs.size());
    for (std::size_t step = 0; step < graph.steps.size(); ++step)
        step_open_[step] = static_cast<std::uint32_t>(graph.steps[step].needs.size());
}

void Scheduler::look_at_all() {
    for (const auto step : graph_.pipeline.order) {
        if (step_open_[step] > 0) continue;
        for (const JobIndex job : jobs_of(graph_.steps[step]))
            if (open_[job] == 0 && states_[job].state == State::waiting && !decided_.contains(job))
                to_consider_.push_back(job);
        while (!to_consider_.empty()) {
            const JobIndex job = to_consider_.front();
            to_consider_.pop_front();
            if (states_[job].state == State::waiting && !decided_.contains(job)) consider(job);
        }
    }
}

void Scheduler::consider(JobIndex job) {
    const auto step = graph_.jobs[job].step;
    try {
        Decision decision = decider_.decide(job);
        const bool again = selection_.forced[step] && !made_.contains(decision.key);
        if (decision.stored && !again) return reuse(job, *decision.stored);
        states_[job].reason = again && decision.stored ? "forced" : why(job, decision);
        if (!selection_.selected[step]) {
            states_[job].state = State::left_out;
            return observer_.changed(job, states_[job]);
        }
        decided_.emplace(job, std::move(decision));
        ready_.insert(job);
    } catch (const Error& error) {
        fail(job, error.code(), error.what());
    }
}

std::string Scheduler::why(JobIndex job, const Decision& decision) {
    const std::string last = files_.linked(graph_.jobs[job].name);
    if (last.empty()) return "never run before";
    const auto text = files_.key_text(last);
    if (!text) return "its last result is not known any more";
    const auto reasons = differences(graph_, job, *text, decision.text);
    return reasons.empty() ? "its result is gone from the store" : joined_reasons(reasons);
}

void Scheduler::reuse(JobIndex job, const Stored& stored) {
    JobState& state = states_[job];
    const bool made_now = made_.contains(stored.key);
    state.state = State::reused;
    state.cached = !made_now;
    state.key = stored.key;
    state.digest = stored.digest;
    state.sources = stored.sources;
    state.quarantined = stored.quarantined;
    state.wall_s = stored.wall_s;
    state.cpu_s = stored.cpu_s;
    state.peak_rss = stored.peak_rss;
    const bool has_expectations = !graph_.model(graph_.jobs[job]).expectations.empty();
    if (!stored.logged && !planning_) {
        // Its driver was killed before it could log it; the key text is known again now that the job asks for it.
        const Decision decision = decider_.decide(job);
        files_.keep({stored.key, stored.digest, stored.kind, stored.sources, stored.quarantined, stored.skipped,
                     decision.shape, 0, 0, 0, stored.numbers, decision.text});
    }
    judge(job, has_expectations ? parse_json(stored.numbers, "the log of results") : Json());
    settle(job);
}

void Scheduler::judge(JobIndex job, const Json& numbers) {
    JobState& state = states_[job];
    const StepModel& model = graph_.model(graph_.jobs[job]);
    if (!model.expectations.empty()) state.judgements = driver::judge(model.expectations, numbers);
    const auto tell = [&](State as, Exit exit, const std::string& message) {
        state.state = as;
        state.exit = exit;
        state.message = message;
    };
    for (const auto& judgement : state.judgements)
        if (!judgement.known) return tell(State::failed, Exit::usage, judgement.sentence);
    if (!model.acceptance.accepts(state.quarantined, state.sources))
        return tell(State::quarantined, Exit::quarantined,
                    std::to_string(state.quarantined) + " of " + std::to_string(state.sources) +
                        " inputs are quarantined, " + model.acceptance_text +
                        " accepted; look at quarantine.jsonl of the result and raise accept_quarantined if they may be "
                        "missing.");
    for (const auto& judgement : state.judgements)
        if (!judgement.met) return tell(State::failed, Exit::check_failed, judgement.sentence);
}

void Scheduler::settle(JobIndex job) {
    keys_[job] = states_[job].key;
    if (!planning_) files_.link(graph_.jobs[job].name, states_[job].key);
    if (!states_[job].is_good()) failed_ = true;
    observer_.changed(job, states_[job]);
    if (states_[job].is_good()) release(job);
}

void Scheduler::release(JobIndex job) {
    decider_.set_digest(job, states_[job].digest);
    const auto look = [&](JobIndex other) {
        if (open_[other] == 0 && step_open_[graph_.jobs[other].step] == 0) to_consider_.push_back(other);
    };
    for (const JobIndex other : graph_.needed_by[job])
        if (--open_[other] == 0) look(other);
    for (const auto step : graph_.needed_by_step[job])
        if (--step_open_[step] == 0)
            for (const JobIndex other : jobs_of(graph_.steps[step])) look(other);
}

void Scheduler::fail(JobIndex job, Exit exit, std::string message) {
    JobState& state = states_[job];
    state.state = exit == Exit::stopped ? State::stopped : State::failed;
    state.exit = exit;
    state.message = std::move(message);
    failed_ = true;
    observer_.changed(job, state);
}

void Scheduler::plan() {
    planning_ = true;
    look_at_all();
    check_cores_beforehand();
    note_waiting();
}

void Scheduler::run() {
    look_at_all();
    check_cores_beforehand();
    for (;;) {
        if (executor_.stop_requested() && !stopped_) {
            stopped_ = true;
            executor_.cancel_all();
        }
        if (may_start()) start_what_fits();
        if (running_.empty() && (held_.empty() || !may_start())) break;
        for (const auto& end : executor_.poll(poll_s)) finish(end);
        look_at_held();
        look_at_all_released();
        observer_.tick();
    }
    note_waiting();
}

void Scheduler::look_at_all_released() {
    while (!to_consider_.empty()) {
        const JobIndex job = to_consider_.front();
        to_consider_.pop_front();
        if (states_[job].state == State::waiting && !decided_.contains(job)) consider(job);
    }
}

void Scheduler::check_cores_beforehand() {
    // Better said before an hour of preprocessing than after it.
    for (JobIndex job = 0; job < graph_.jobs.size(); ++job) {
        if (states_[job].state != State::waiting || !selection_.selected[graph_.jobs[job].step]) continue;
        const Share share = share_of(graph_.model(graph_.jobs[job]), graph_.jobs[job], limits_);
        if (share.fault.empty()) continue;
        ready_.erase(job);
        decided_.erase(job);
        fail(job, Exit::resources, share.fault);
    }
}

bool Scheduler::fits(const Share& share) const {
    if (limits_.jobs > 0 && running_.size() >= limits_.jobs) return false;
    return share.cores <= free_cores_ && share.memory <= free_memory_ && share.gpus <= free_gpus_.size();
}

void Scheduler::start_what_fits() {
    std::vector<JobRequest> requests;
    std::vector<JobIndex> follow;
    std::optional<JobIndex> passed;  // the first that does not fit now
    std::size_t looked_at = 0;
    for (const JobIndex job : ready_) {
        const bool room = free_cores_ > 0 && (limits_.jobs == 0 || running_.size() < limits_.jobs);
        if (!room || (passed && passed_over_[*passed] >= most_passed_over) || ++looked_at > most_looked_at) break;
        const Decision& decision = decided_.at(job);
        const bool led = leaders_.contains(decision.key);
        if (!led && !fits(decision.share)) {
            if (!passed) passed = job;
        } else if (led || files_.in_use(decision.key)) {
            follow.push_back(job);
        } else {
            if (passed) ++passed_over_[*passed];
            requests.push_back(request_for(job));
            take(job);
        }
    }
    for (const auto& request : requests) ready_.erase(request.job);
    for (const JobIndex job : follow) {
        ready_.erase(job);
        const std::string& key = decided_.at(job).key;
        if (leaders_.contains(key)) {
            followers_[key].push_back(job);
        } else {
            held_.insert(job);
            states_[job].reason = "waits for a run that still writes its result";
            observer_.changed(job, states_[job]);
        }
    }
    if (!requests.empty()) executor_.submit(std::move(requests));
}

JobRequest Scheduler::request_for(JobIndex job) {
    const StepModel& model = graph_.model(graph_.jobs[job]);
    const Decision& decision = decided_.at(job);
    JobRequest request;
    request.job = job;
    request.name = graph_.jobs[job].name;
    request.program = model.schema->name;
    request.key = decision.key;
    request.parameters = decider_.program_parameters(job, keys_);
    request.cores = decision.share.cores;
    request.memory = decision.share.memory;
    request.gpus.assign(free_gpus_.begin(), free_gpus_.begin() + decision.share.gpus);
    if (model.schema->uses_seed) request.seed = graph_.jobs[job].seed;
    if (model.schema->uses_device) request.device = decision.share.device;
    request.acceptance = model.acceptance_text;
    request.replace = decision.stored.has_value();
    return request;
}

void Scheduler::take(JobIndex job) {
    const Share& share = decided_.at(job).share;
    free_cores_ -= share.cores;
    free_memory_ -= share.memory;
    gpus_of_[job].assign(free_gpus_.begin(), free_gpus_.begin() + share.gpus);
    free_gpus_.erase(free_gpus_.begin(), free_gpus_.begin() + share.gpus);
    running_.insert(job);
    passed_over_.erase(job);
    leaders_[decided_.at(job).key] = job;
    states_[job].state = State::running;
    states_[job].key = decided_.at(job).key;
    states_[job].started_s = clock_.now_s();
    observer_.changed(job, states_[job]);
}

void Scheduler::give_back(JobIndex job) {
    const Share& share = decided_.at(job).share;
    free_cores_ += share.cores;
    free_memory_ += share.memory;
    const auto& gpus = gpus_of_[job];
    free_gpus_.insert(free_gpus_.end(), gpus.begin(), gpus.end());
    gpus_of_.erase(job);
    running_.erase(job);
}

void Scheduler::finish(const JobEnd& end) {
    const JobIndex job = end.job;
    if (!running_.contains(job)) return;
    give_back(job);
    const std::string key = decided_.at(job).key;
    JobState& state = states_[job];
    state.wall_s = end.wall_s;
    state.cpu_s = end.cpu_s;
    state.peak_rss = end.peak_rss;
    leaders_.erase(key);
    if (end.made && (end.exit == 0 || end.exit == static_cast<int>(Exit::quarantined))) {
        publish(job, end);
    } else {
        state.key.clear();
        const bool lost = end.exit == 0 || end.exit == static_cast<int>(Exit::quarantined);
        fail(job, lost ? Exit::bug : static_cast<Exit>(end.exit),
             lost ? "The step ended well but left no result; this is a bug, please report it with the job's log."
                  : end.message);
    }
    finish_followers(key, job);
    decided_.erase(job);
}

void Scheduler::publish(JobIndex job, const JobEnd& end) {
    JobState& state = states_[job];
    const Made& made = *end.made;
    Decision& decision = decided_.at(job);
    // Whatever was known of raw inputs when it was started: the result is that of the files the job has read.
    Decision final = decider_.finalised(job, made.raw);
    if (!final.provisional && final.key != decision.key) {
        files_.rename(decision.key, final.key);
        if (decision.provisional)
            files_.learn_raw(final.key, decider_.raw_paths(job));
        else
            state.warning = "its inputs changed while it ran; its result is kept as that of the files it has read.";
        decision = std::move(final);
    }
    state.state = State::done;
    state.key = decision.key;
    state.digest = made.digest;
    state.sources = made.sources;
    state.quarantined = made.quarantined;
    made_.insert(decision.key);
    files_.keep({decision.key, made.digest, made.kind, made.sources, made.quarantined, made.skipped, decision.shape,
                 end.wall_s, end.cpu_s, end.peak_rss, canonical_json(made.numbers), decision.text});
    judge(job, made.numbers);
    settle(job);
}

void Scheduler::finish_followers(const std::string& key, JobIndex leader) {
    const auto found = followers_.find(key);
    if (found == followers_.end()) return;
    const std::vector<JobIndex> jobs = std::move(found->second);
    followers_.erase(found);
    const JobState& led = states_[leader];
    for (const JobIndex job : jobs) {
        decided_.erase(job);
        if (!led.warning.empty()) {
            to_consider_.push_back(job);  // the leader has made something else than what this one asked for
        } else if (led.key.empty()) {
            fail(job, led.exit,
                 "It has the same inputs and parameters as " + graph_.jobs[leader].name + ", which failed.");
        } else if (const auto stored = files_.stored(led.key)) {
            reuse(job, *stored);
        }
    }
}

void Scheduler::look_at_held() {
    std::vector<JobIndex> freed;
    for (const JobIndex job : held_)
        if (!files_.in_use(decided_.at(job).key)) freed.push_back(job);
    for (const JobIndex job : freed) {
        held_.erase(job);
        decided_.erase(job);
        to_consider_.push_back(job);  // whoever held it may have published the result
    }
}

void Scheduler::note_waiting() {
    for (JobIndex job = 0; job < states_.size(); ++job)
        if (states_[job].state == State::waiting && !selection_.selected[graph_.jobs[job].step])
            states_[job].state = State::left_out;
    for (JobIndex job = 0; job < states_.size(); ++job) {
        JobState& state = states_[job];
        if (state.state != State::waiting) continue;
        const auto missing = [&](const std::vector<JobIndex>& needs) {
            return std::find_if(needs.begin(), needs.end(),
                                [&](JobIndex needed) { return !states_[needed].is_good(); });
        };
        for (const auto* needs : {&graph_.step_of(graph_.jobs[job]).needs, &graph_.jobs[job].needs}) {
            const auto found = missing(*needs);
            if (found == needs->end()) continue;
            state.reason = "waits for " + graph_.jobs[*found].name;
            if (states_[*found].state == State::left_out && selection_.selected[graph_.jobs[job].step]) {
                state.exit = Exit::bad_input;
                state.message =
                    graph_.jobs[*found].name +
                    " has no current result and was not to be run; leave out --only or --from, or name its step too.";
            }
            break;
        }
    }
}

Exit Scheduler::exit_code() const {
    const bool open = std::any_of(states_.begin(), states_.end(), [](const JobState& s) {
        return s.state == State::stopped || s.state == State::waiting;
    });
    if (stopped_ && open) return Exit::stopped;
    for (const auto& state : states_)
        if (state.exit != Exit::done) return state.exit;
    return Exit::done;
}

}  // namespace cohort::driver
