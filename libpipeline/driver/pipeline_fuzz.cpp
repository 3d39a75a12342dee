// Any bytes as a pipeline file: a graph or an Error(usage), never anything else.
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/error.h"
#include "driver/dot.h"
#include "driver/graph.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace cohort;
    constexpr std::size_t most_bytes = 1 << 16;
    if (size > most_bytes) return 0;
    driver::PipelineSource source;
    source.text.assign(reinterpret_cast<const char*>(data), size);
    source.file = "/pipelines/fuzz.yaml";
    source.working_directory = "/elsewhere";
    source.assignments = {{"data", "images"}, {"folds", "0,1"}};
    try {
        const driver::Graph graph = driver::build_graph(driver::draft_pipeline(source));
        driver::dot_of(graph, driver::Detail::steps);
    } catch (const Error& error) {
        if (error.code() != Exit::usage) throw;
    }
    return 0;
}
