// A step that does, on request, everything that a step may do to run_program.
#include <chrono>
#include <fstream>
#include <new>
#include <stdexcept>
#include <thread>

#include "core/error.h"
#include "core/files.h"
#include "core/philox.h"
#include "step/run_program.h"
#include "store/raw_tree.h"

using namespace cohort;
using namespace cohort::step;

namespace {

constexpr const char* schema_text = R"({
  "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "probe",
  "description": "Does what a test asks for.", "type": "object", "additionalProperties": false,
  "properties": {
    "input": {"type": "string", "description": "Raw files. Left out: none.",
              "x-cli": {"flag": "--input", "value": "PATH", "group": "Input", "path": "raw"}},
    "labels": {"type": "string", "description": "More raw files. Left out: none.",
              "x-cli": {"flag": "--labels", "value": "PATH", "group": "Input", "path": "raw"}},
    "given": {"type": "string", "description": "A file that may be absent. Left out: none.",
              "x-cli": {"flag": "--given", "value": "PATH", "group": "Input", "path": "raw", "may_be_absent": true}},
    "dataset": {"type": "string", "description": "A dataset. Left out: none.",
              "x-cli": {"flag": "--dataset", "value": "DIR", "group": "Input", "artefact": ["dataset"]}},
    "parts": {"type": "array", "items": {"type": "string"}, "default": [], "description": "Datasets or splits.",
              "x-cli": {"flag": "--parts", "value": "DIRS", "group": "Input", "artefact": ["dataset", "split"]}},
    "privacy": {"type": "string", "enum": ["identified", "pseudonymised", "anonymous"], "description": "What is stated. Left out: nothing is.",
              "x-cli": {"flag": "--privacy", "value": "LEVEL", "group": "Input"}},
    "behaviour": {"type": "string", "default": "write", "description": "What to do.",
              "enum": ["write", "quarantine", "refuse", "throw", "logic", "memory", "wait", "stubborn", "fill", "warn", "invalid"],
              "x-cli": {"flag": "--behaviour", "value": "NAME", "group": "Work"}},
    "count": {"type": "integer", "minimum": 0, "maximum": 1000000, "default": 3, "description": "How many samples.",
              "x-cli": {"flag": "--count", "value": "N", "group": "Work"}},
    "delay_ms": {"type": "integer", "minimum": 0, "maximum": 10000, "default": 0, "description": "Pause after each sample.",
              "x-cli": {"flag": "--delay-ms", "value": "N", "group": "Work", "content": false}},
    "png": {"type": "string", "description": "A file to write. Left out: none.",
              "x-cli": {"flag": "--png", "value": "FILE", "group": "Work", "path": "output"}}
  },
  "x-cli": {"output": "dataset", "content_version": 1, "seed": true, "device": false, "example": ["--out", "probe"]}
})";

class ProbeStep : public Step {
public:
    std::string_view name() const override { return "probe"; }
    bool can_continue() const override { return true; }

    std::vector<Finding> validate(const Json& parameters, const Inputs& /*inputs*/) const override {
        if (parameters["behaviour"] != "invalid") return {};
        return {{"count", "it does not suit the dataset.", Exit::usage}, {"", "nothing suits anything.", Exit::usage}};
    }

    Outcome run(Context& context) override {
        const std::string behaviour = context.parameters["behaviour"];
        context.result.report = "a table for people\n";
        if (behaviour == "refuse") throw Error(Exit::privacy, "this is refused for privacy.");
        if (behaviour == "throw")
            within([] { return "doing what was asked"; },
                   [] { throw Error(Exit::bad_input, "a.nii: it is cut short."); });
        if (behaviour == "logic") throw std::logic_error("vector::_M_range_check");
        if (behaviour == "memory") throw std::bad_alloc();
        if (behaviour == "wait" && !context.continues) return wait_for_stop(context);
        if (behaviour == "stubborn") std::this_thread::sleep_for(std::chrono::seconds(30));
        if (behaviour == "fill") {
            FileWriter writer(context.out / "large.bin");
            for (int i = 0; i < 64; ++i) writer.write(std::string(1 << 20, 'x'));
            writer.close();
        }
        if (behaviour == "warn") context.log.warn("/home/ada/raw/a.nii has no world.");
        if (behaviour == "quarantine") {
            context.quarantine.add("b.nii", {"truncated", "it is cut short.", {}});
            context.quarantine.add("a.nii", {"empty-file", "it holds nothing.", {}});
            context.quarantine.skip("README", "no image");
        }
        write_samples(context);
        return Outcome::done;
    }

private:
    static Outcome wait_for_stop(Context& context) {
        std::ofstream(context.out / "state") << "half";
        context.log.info("waiting");
        while (!context.stop.stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
        return Outcome::stopped_with_state_saved;
    }

    static void write_samples(Context& context) {
        const auto count = context.parameters["count"].get<std::uint64_t>();
        const std::chrono::milliseconds pause(context.parameters["delay_ms"].get<int>());
        context.progress.start("writing", count, "samples");
        FileWriter writer(context.out / "samples.jsonl");
        for (std::uint64_t i = 0; i < count; ++i) {
            store::Sample sample;
            sample.id = "s" + std::to_string(1000000 + i);
            sample.values = {{"draw", sha256(std::to_string(context.seed) + sample.id).hex()}};
            writer.write(canonical_json(store::to_json(sample)) + "\n");
            context.progress.advance();
            std::this_thread::sleep_for(pause);
        }
        writer.close();
        if (context.continues) std::filesystem::remove(context.out / "state");
        context.result.content = {{"samples", count}, {"table", Json::array({1, 2})}};
        context.result.sources = count + context.quarantine.quarantined() + context.quarantine.skipped();
        if (const auto stated = context.parameters.find("privacy"); stated != context.parameters.end())
            context.result.privacy = store::privacy_named(stated->get<std::string>());
    }
};

}  // namespace

int main(int argc, char** argv) {
    const cli::StepSchema schema = cli::parse_step_schema(schema_text, "probe");
    ProbeStep step;
    return run_program(step, schema, argc, argv);
}
