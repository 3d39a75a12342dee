#include "learn/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "core/error.h"
#include "core/files.h"
#include "learn/history.h"
#include "learn/loader.h"
#include "learn/model_folder.h"
#include "learn/schedule.h"
#include "learn/validation.h"

namespace cohort::learn {
namespace {

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

constexpr std::uint64_t validations = 20;  // per run, unless told otherwise
constexpr unsigned batches_ahead = 4;

std::string rounded(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3f", value);
    return text;
}

class Trainer {
public:
    explicit Trainer(const TrainingJob& job)
        : job_(job), sampler_(job.reader, job.training, job.plan, job.seed), model_(fresh_model()) {}

    TrainingOutcome run() {
        if (!resume()) begin();
        if (state_.iterations == 0) return finished(true);  // stopped while warming up
        job_.progress.start("training", state_.iterations, "iterations");
        job_.progress.advance(state_.next);
        Loader loader(filler(), state_.next, state_.iterations, job_.loader_threads, batches_ahead);
        const auto first = state_.next;
        double step_s = 0;
        while (true) {
            if (is_due() && !record_and_validate()) return finished(true);
            if (state_.next == state_.iterations) break;
            if (job_.stop.stop_requested()) {
                save();
                outcome_.iterations_here = state_.next - first;
                return finished(true);
            }
            const auto began = Clock::now();
            auto batch = loader.next();
            step(*batch);
            loader.recycle(std::move(batch));
            step_s += seconds_since(began);
            job_.progress.advance();
            if (state_.next % job_.checkpoint_every == 0 && !is_due()) save();
        }
        outcome_.iterations_here = state_.next - first;
        if (step_s > 0) {
            outcome_.waiting_share = loader.waited_s() / step_s;
            outcome_.seconds_per_iteration = step_s / static_cast<double>(outcome_.iterations_here);
        }
        return finished(false);
    }

private:
    std::filesystem::path last() const { return job_.folder / "last.ckpt"; }
    std::filesystem::path best() const { return job_.folder / "best.ckpt"; }
    std::filesystem::path history() const { return job_.folder / "history.jsonl"; }
    std::function<void(std::uint64_t, Batch&)> filler() const {
        return [this](std::uint64_t iteration, Batch& batch) { sampler_.fill(iteration, batch); };
    }
    Model fresh_model() const {
        return Model(job_.plan, job_.reader.channels(), job_.reader.labels(), job_.seed, job_.device);
    }
    TrainingOutcome finished(bool stopped) {
        outcome_.stopped = stopped;
        outcome_.state = state_;
        return outcome_;
    }
    std::function<bool()> stopper() const {
        return [this] { return job_.stop.stop_requested(); };
    }
    void save() const { write_checkpoint(last(), model_, state_); }

    bool resume() {
        if (!job_.continues || !std::filesystem::exists(last())) return false;
        state_ = load_checkpoint(last(), model_);
        job_.log.info("goes on after " + std::to_string(state_.next) + " of " + std::to_string(state_.iterations) +
                      " iterations");
        return true;
    }

    /// Fixes the number of iterations and saves it with the fresh weights before the first counted one.
    void begin() {
        std::filesystem::remove(best());
        std::filesystem::remove(history());
        const auto per_epoch = static_cast<double>(job_.training.size()) / static_cast<double>(job_.plan.batch);
        if (job_.budget.iterations)
            state_.iterations = *job_.budget.iterations;
        else if (job_.budget.epochs)
            state_.iterations = static_cast<std::uint64_t>(std::max(1.0, std::ceil(*job_.budget.epochs * per_epoch)));
        else
            state_.iterations = iterations_in(*job_.budget.minutes * 60);
        if (state_.iterations > 0) save();
    }

    /// Measures steps and one validation on a model that is thrown away. 0: stopped meanwhile.
    std::uint64_t iterations_in(double budget_s) {
        constexpr std::uint64_t unmeasured = 3, measured = 12;
        const auto began = Clock::now();
        job_.progress.start("measuring", unmeasured + measured, "iterations");
        Loader loader(filler(), 0, unmeasured + measured, job_.loader_threads, batches_ahead);
        auto first_counted = began;
        for (std::uint64_t i = 0; i < unmeasured + measured; ++i) {
            if (job_.stop.stop_requested()) return 0;
            if (i == unmeasured) first_counted = Clock::now();
            auto batch = loader.next();
            model_.train(*batch, job_.plan.learning_rate * 1e-3, i);
            loader.recycle(std::move(batch));
            job_.progress.advance();
        }
        const auto step_s = seconds_since(first_counted) / static_cast<double>(measured);
        double validation_s = 0;
        if (!job_.validation.empty()) {
            predict_classes(std::span(&model_, 1), job_.reader, job_.validation.front(), stopper());  // warms up
            const auto before = Clock::now();
            predict_classes(std::span(&model_, 1), job_.reader, job_.validation.front(), stopper());
            validation_s = seconds_since(before) * static_cast<double>(job_.validation.size());
        }
        model_ = fresh_model();
        if (job_.stop.stop_requested()) return 0;
        const auto left_s = budget_s - seconds_since(began);
        const auto with_validation = [&] {
            if (job_.validate_every)
                return left_s / (step_s + validation_s / static_cast<double>(*job_.validate_every));
            return (left_s - validation_s * static_cast<double>(validations)) / step_s;
        }();
        const auto iterations = static_cast<std::uint64_t>(std::max(1.0, with_validation));
        job_.log.info("a step takes " + rounded(step_s) + " s, a validation " + rounded(validation_s) +
                      " s: " + std::to_string(iterations) + " iterations");
        return iterations;
    }

    std::uint64_t validate_every() const {
        return job_.validate_every.value_or(
            std::max<std::uint64_t>(1, (state_.iterations + validations - 1) / validations));
    }
    bool is_due() const {
        return state_.next > state_.validated &&
               (state_.next == state_.iterations || state_.next % validate_every() == 0);
    }

    void step(const Batch& batch) {
        const auto rate = learning_rate(job_.plan.schedule, job_.plan.learning_rate, state_.next, state_.iterations);
        const auto loss = model_.train(batch, rate, state_.next);
        if (!std::isfinite(loss.total)) {
            std::string ids;
            for (const auto c : batch.cases) ids += (ids.empty() ? "" : ", ") + job_.training[c].sample.id;
            throw Error(Exit::check_failed, "The loss of iteration " + std::to_string(state_.next) + " (cases " + ids +
                                                ") or its gradient is not finite; lower --learning-rate.");
        }
        state_.loss_sum += loss.total;
        state_.cross_entropy_sum += loss.cross_entropy;
        state_.dice_loss_sum += loss.dice;
        ++state_.summed;
        ++state_.next;
    }

    /// False when stopped meanwhile: the state is saved as it was before, and the next run begins with the validation.
    bool record_and_validate() {
        const auto n = static_cast<double>(std::max<std::uint64_t>(state_.summed, 1));
        HistoryLine line{state_.next,
                         static_cast<double>(state_.next * static_cast<std::uint64_t>(job_.plan.batch)) /
                             static_cast<double>(job_.training.size()),
                         learning_rate(job_.plan.schedule, job_.plan.learning_rate, state_.next - 1, state_.iterations),
                         state_.loss_sum / n,
                         state_.cross_entropy_sum / n,
                         state_.dice_loss_sum / n,
                         {},
                         0};
        auto note = "loss " + rounded(line.loss);
        bool is_best = false;
        if (!job_.validation.empty()) {
            const auto score = validate(model_, job_.reader, job_.validation, stopper());
            if (!score) {
                save();
                return false;
            }
            line.dice = score->dice;
            line.mean_dice = score->mean_dice;
            note += " · Dice " + rounded(line.mean_dice);
            is_best = std::isfinite(line.mean_dice) && !(line.mean_dice <= state_.best_dice);
        }
        state_.history_bytes =
            append_history(history(), state_.history_bytes, canonical_json(to_json(line, job_.reader.labels())) + "\n");
        state_.validated = state_.next;
        state_.loss_sum = state_.cross_entropy_sum = state_.dice_loss_sum = 0;
        state_.summed = 0;
        if (is_best) {
            state_.best_dice = line.mean_dice;
            state_.best_iteration = state_.next;
            write_checkpoint(best(), model_, state_);
        }
        save();
        job_.progress.note(note);
        job_.log.detail("iteration " + std::to_string(state_.next) + ": " + note);
        return true;
    }

    const TrainingJob& job_;
    PatchSampler sampler_;
    Model model_;
    RunState state_;
    TrainingOutcome outcome_;
};

}  // namespace

TrainingOutcome train(const TrainingJob& job) { return Trainer(job).run(); }

}  // namespace cohort::learn
