// What the store writes keeps to schemas/manifest.json and schemas/sample.json.
#include <catch2/catch.hpp>

#include "../store/random_sample.h"
#include "cli/step_schema.h"
#include "cli/validator.h"
#include "store/manifest.h"

using namespace cohort;

TEST_CASE("every sample that is written keeps to the schema of samples") {
    const Json schema = parse_json(cli::schema_text("sample"), "sample.json");
    CHECK(cli::unknown_keywords(schema).empty());
    for (unsigned seed = 0; seed < 200; ++seed) {
        const auto faults = cli::validate(schema, store::to_json(random_sample(seed)));
        INFO("seed " << seed << (faults.empty() ? "" : ": " + faults[0].pointer + " " + faults[0].sentence));
        CHECK(faults.empty());
    }
    Json bad = store::to_json(known_sample());
    bad["arrays"]["image"]["role"] = "picture";
    CHECK(cli::validate(schema, bad).size() == 1);
}

TEST_CASE("every manifest that is written keeps to the schema of manifests") {
    const Json schema = parse_json(cli::schema_text("manifest"), "manifest.json");
    CHECK(cli::unknown_keywords(schema).empty());
    store::Manifest manifest;
    manifest.kind = "model";
    manifest.members = {{"last.ckpt", sha256("x")}};
    manifest.made_by.step = "train";
    manifest.made_by.inputs = {{"dataset", "dataset", sha256("y").text()}};
    CHECK(cli::validate(schema, store::to_json(manifest)).empty());
    Json bad = store::to_json(manifest);
    bad["privacy"] = "secret";
    bad["members"]["x"] = "md5:1";
    CHECK(cli::validate(schema, bad).size() == 2);
}
