#include "learn/trainer.h"

#include <catch2/catch.hpp>
#include <thread>

#include "core/error.h"
#include "core/files.h"
#include "learn/model_folder.h"
#include "learn/plan/choose_plan.h"
#include "tests/learn/made_cases.h"

using namespace cohort;
using namespace cohort::learn;

namespace {

/// A dataset of small balls and everything that a training needs.
class Bench {
public:
    Bench() {
        std::vector<MadeSample> samples;
        for (int i = 0; i < 6; ++i) samples.push_back(ball_sample(i, {14, 12, 10}, 3));
        write_dataset(folder_ / "data", samples, {0, 3});
        dataset_ = std::make_unique<store::Dataset>(folder_ / "data");
        reader_ =
            std::make_unique<CaseReader>(*dataset_, channels_of(dataset_->manifest().content, dataset_->all_samples()),
                                         class_table(dataset_->manifest().content, "label", "dataset"), "label");
        for (auto& sample : dataset_->all_samples()) {
            auto which = std::get<Case>(reader_->survey(std::move(sample), WithLabel::yes));
            (training_.size() < 4 ? training_ : validation_).push_back(std::move(which));
        }
        PlanWishes wishes;
        wishes.width = 2;
        wishes.patch = Extent3{16, 16, 16};
        wishes.learning_rate = 1e-2;
        plan_ = choose_plan({{{14, 12, 10}}, {{1, 1, 1}}, 1, 2, false}, wishes);
    }

    TrainingJob job(const std::filesystem::path& folder, std::uint64_t iterations, std::stop_token stop = {}) {
        std::filesystem::create_directories(folder);
        return {*reader_,
                training_,
                validation_,
                plan_,
                Budget{{}, {}, iterations},
                5,
                3,
                2,
                42,
                "cpu",
                folder,
                std::filesystem::exists(folder / "last.ckpt"),
                stop,
                progress_,
                log_};
    }
    std::filesystem::path at(const std::string& name) const { return folder_ / name; }
    const CaseReader& reader() const { return *reader_; }
    Plan& plan() { return plan_; }
    Progress& progress() { return progress_; }

private:
    TestFolder folder_;
    std::unique_ptr<store::Dataset> dataset_;
    std::unique_ptr<CaseReader> reader_;
    std::vector<Case> training_, validation_;
    Plan plan_;
    Progress progress_;
    Log log_;
};

std::vector<std::string> members(const std::filesystem::path& folder) {
    std::vector<std::string> texts;
    for (const auto* name : {"last.ckpt", "best.ckpt", "history.jsonl"}) texts.push_back(read_text(folder / name));
    return texts;
}

}  // namespace

TEST_CASE("equal seeds give equal bytes, and loader threads do not matter") {
    Bench bench;
    train(bench.job(bench.at("a"), 13));
    auto job = bench.job(bench.at("b"), 13);
    job.loader_threads = 1;
    job.checkpoint_every = 7;
    train(job);
    CHECK(members(bench.at("a")) == members(bench.at("b")));
}

TEST_CASE("a run that is stopped anywhere and started again gives the bytes of one that was not") {
    Bench bench;
    const auto whole = train(bench.job(bench.at("whole"), 17));
    CHECK_FALSE(whole.stopped);
    CHECK(whole.state.best_iteration > 0);
    for (const std::uint64_t where : {0, 1, 4, 5, 9, 16}) {
        const auto folder = bench.at("stopped" + std::to_string(where));
        int runs = 0;
        while (true) {
            // Stops as soon as the progress has come so far: between any two steps, or while validating.
            std::stop_source source;
            std::jthread watch([&](std::stop_token end) {
                while (!end.stop_requested() && !(runs == 0 && bench.progress().snapshot().done >= where &&
                                                  bench.progress().snapshot().phase == "training"))
                    std::this_thread::yield();
                if (!end.stop_requested()) source.request_stop();
            });
            const auto outcome = train(bench.job(folder, 17, source.get_token()));
            watch.request_stop();
            watch.join();
            ++runs;
            if (!outcome.stopped) break;
            bench.progress().start("between", 0, "");
            REQUIRE(runs < 3);
        }
        INFO("stopped near iteration " << where << ", " << runs << " runs");
        CHECK(members(folder) == members(bench.at("whole")));
    }
}

TEST_CASE("files of a killed run beyond its last checkpoint do no harm") {
    Bench bench;
    train(bench.job(bench.at("whole"), 17));
    // A run killed after iteration 10 wrote its history and best weights, but before last.ckpt followed.
    std::stop_source source;
    source.request_stop();
    train(bench.job(bench.at("killed"), 17, source.get_token()));
    write_file_atomically(bench.at("killed") / "history.jsonl", read_text(bench.at("whole") / "history.jsonl"));
    write_file_atomically(bench.at("killed") / "best.ckpt", read_text(bench.at("whole") / "best.ckpt"));
    train(bench.job(bench.at("killed"), 17));
    CHECK(members(bench.at("killed")) == members(bench.at("whole")));
}

TEST_CASE("minutes become iterations before the first counted one, and those repeat the run") {
    Bench bench;
    auto job = bench.job(bench.at("minutes"), 0);
    job.budget = {0.02, {}, {}};
    const auto by_minutes = train(job);
    REQUIRE(by_minutes.state.iterations >= 1);
    train(bench.job(bench.at("iterations"), by_minutes.state.iterations));
    CHECK(members(bench.at("minutes")) == members(bench.at("iterations")));
}

TEST_CASE("epochs are passes over the training cases") {
    Bench bench;
    auto job = bench.job(bench.at("epochs"), 0);
    job.budget = {{}, 3.0, {}};
    CHECK(train(job).state.iterations == 6);  // 4 cases, batches of 2
}

TEST_CASE("a loss that is not finite ends the run as a failed check that names cases and remedy") {
    Bench bench;
    bench.plan().learning_rate = 100;
    bench.plan().weight_decay = 10;
    try {
        train(bench.job(bench.at("wild"), 400));
        WARN("the loss stayed finite");
    } catch (const Error& error) {
        CHECK(error.code() == Exit::check_failed);
        CHECK(error.sentence().find("--learning-rate") != std::string::npos);
        CHECK(error.sentence().find("ball_") != std::string::npos);
    }
}

TEST_CASE("a checkpoint of another plan and a truncated one are refused") {
    Bench bench;
    train(bench.job(bench.at("model"), 2));
    auto plan = bench.plan();
    const auto load = [&] {
        Model model(plan, 1, bench.reader().labels(), 0, "cpu");
        load_checkpoint(bench.at("model") / "last.ckpt", model);
    };
    CHECK_NOTHROW(load());
    const auto refused = [&](const char* words) {
        try {
            load();
        } catch (const Error& error) {
            INFO(error.what());
            return error.code() == Exit::bad_input && error.sentence().find(words) != std::string::npos;
        }
        return false;
    };
    plan.weight_decay = 1e-4;
    CHECK(refused("another plan"));
    plan = bench.plan();
    const auto file = bench.at("model") / "last.ckpt";
    const auto text = read_text(file);
    write_file_atomically(file, std::string_view(text).substr(0, text.size() / 2));
    CHECK(refused("cut short"));
    std::filesystem::remove(file);
    CHECK(refused("last.ckpt"));
}
