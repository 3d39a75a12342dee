// A stand-in for every step: by the name under which it is started (cohort-train …) it takes that step's options, and
// writes an artefact whose content follows from parameters and inputs alone. What it does beside that, the JSON file
// that COHORT_FAKE names tells it, by step:
//     {"train": {"lines": 20, "sleep_s": 0.01, "exit": 4, "message": "…", "signal": 9, "quarantined": 3, "sources": 10,
//                "content": {…}, "same": true, "when": {"fold": "1"}, "say": 30}}
// Lines are written one by one, with a pause after each; an interrupted run goes on at the line it had come to.
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>

#include "core/digest.h"
#include "core/error.h"
#include "core/files.h"
#include "step/run_program.h"
#include "step/step.h"
#include "store/raw_tree.h"

namespace {

using namespace cohort;

class FakeStep final : public step::Step {
public:
    explicit FakeStep(std::string name) : name_(std::move(name)) {
        if (const char* file = std::getenv("COHORT_FAKE")) orders_ = read_json(file).value(name_, Json::object());
    }

    std::string_view name() const override { return name_; }
    std::vector<step::Finding> validate(const Json&, const step::Inputs&) const override { return {}; }
    bool can_continue() const override { return true; }

    step::Outcome run(step::Context& context) override {
        const Json orders = orders_for(context.parameters);
        for (int i = 0; i < orders.value("say", 0); ++i) context.log.info("line " + std::to_string(i) + " of the fake");
        const std::string identity = orders.value("same", false) ? name_ : identity_of(context);
        const auto lines = orders.value("lines", 1);
        context.progress.start("faking", static_cast<std::uint64_t>(lines), "lines");
        if (!write_lines(context, orders, identity, lines)) return step::Outcome::stopped_with_state_saved;
        if (const int number = orders.value("signal", 0); number != 0) std::raise(number);
        if (const int code = orders.value("exit", 0); code != 0)
            throw Error(static_cast<Exit>(code), orders.value("message", std::string("The fake was told to fail.")));
        context.result.sources = orders.value("sources", std::uint64_t{10});
        for (int i = 0; i < orders.value("quarantined", 0); ++i)
            context.quarantine.add("file" + std::to_string(i), {"truncated", "It is cut short.", Json::object()});
        context.result.content = orders.value("content", Json{{"samples", 10}, {"subjects", 10}});
        if (!context.inputs.by_name.empty()) return step::Outcome::done;
        context.result.privacy = store::Privacy::anonymous;
        return step::Outcome::done;
    }

private:
    /// This step's orders, unless they are for other parameters.
    Json orders_for(const Json& parameters) const {
        if (const auto when = orders_.find("when"); when != orders_.end())
            for (const auto& [name, value] : when->items())
                if (!parameters.contains(name) || parameters[name] != value) return Json::object();
        return orders_;
    }

    /// Everything that may change the content: parameters that are no paths, digests of the inputs, raw files.
    static std::string identity_of(const step::Context& context) {
        Json identity = context.parameters;
        for (const auto& [name, inputs] : context.inputs.by_name) {
            Json digests = Json::array();
            for (const auto& input : inputs) digests.push_back(input.manifest.digest.text());
            identity[name] = digests;
        }
        for (const char* raw : {"input", "given"})
            if (identity.contains(raw) && std::filesystem::exists(identity[raw].get<std::string>()))
                identity[raw] = store::raw_digest(store::hash_raw_tree(identity[raw].get<std::string>(), 1)).text();
        identity["seed"] = context.seed;
        return canonical_json(identity);
    }

    static bool write_lines(step::Context& context, const Json& orders, const std::string& identity, int lines) {
        const auto file = context.out / "numbers.txt";
        std::string text;
        if (context.continues && std::filesystem::exists(file)) text = read_text(file);
        const auto have = std::count(text.begin(), text.end(), '\n');
        for (auto i = have; i < lines; ++i) {
            text += std::to_string(i) + " " + sha256(identity + std::to_string(i)).hex() + "\n";
            write_file_atomically(file, text);
            std::this_thread::sleep_for(std::chrono::duration<double>(orders.value("sleep_s", 0.0)));
            context.progress.advance();
            if (context.stop.stop_requested()) return false;
        }
        return true;
    }

    std::string name_;
    Json orders_ = Json::object();
};

}  // namespace

int main(int argc, char** argv) {
    const std::string program = std::filesystem::path(argv[0]).filename().string();
    FakeStep step(program.substr(program.find('-') + 1));
    return step::run_program(step, argc, argv);
}
