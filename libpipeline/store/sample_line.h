// The quick way from a line of samples.jsonl to a Sample, for lines as we write them.
//
// Building a JSON value for every line costs six times as much as the sample itself. So canonical lines of plain ASCII
// are read straight into the structure; whatever is out of the ordinary (escapes, other letters, nested values, another
// order of keys, anything wrong) is left to parse_json and sample_from_json, which also say what is wrong.
#pragma once

#include <string_view>

#include "store/sample.h"

namespace cohort::store {

/// True: `sample` is what sample_from_json(parse_json(line)) gives. False: nothing is said about the line, and `sample`
/// is in no particular state.
[[nodiscard]] bool read_plain_line(std::string_view line, Sample& sample);

/// What is wrong with an array's entry beyond its types, or null: extents, axes, scale against each other.
const char* fault_of(const ArrayInfo& info);
/// What is wrong with an id or an array's name, or null. They become names of files and of links in HDF5, and stand in
/// messages: bytes of [A-Za-z0-9._%-] only, and not dots alone. Readers and DatasetWriter hold to it alike.
const char* fault_of_name(std::string_view name);

}  // namespace cohort::store
