// Any bytes: parse_yaml gives a document whose three forms agree, or refuses with a sentence; never anything else.
#include <cstdint>
#include <cstdlib>

#include "cli/validator.h"
#include "cli/yaml.h"
#include "core/error.h"

namespace {

using cohort::Json;

/// `written` mirrors `value`: same shape, every scalar text or null.
void must_mirror(const Json& value, const Json& written) {
    if (value.is_structured()) {
        if (written.type() != value.type() || written.size() != value.size()) std::abort();
        if (value.is_array())
            for (std::size_t i = 0; i < value.size(); ++i) must_mirror(value[i], written[i]);
        else
            for (const auto& [key, member] : value.items()) must_mirror(member, written.at(key));
    } else if (value.is_null() ? !written.is_null() : !written.is_string()) {
        std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try {
        const auto document = cohort::cli::parse_yaml(text, "fuzz");
        must_mirror(document.value, document.written);
        for (const auto& pointer : document.key_order)
            if (document.mark(pointer).line < 1 || !document.value.contains(Json::json_pointer(pointer))) std::abort();
        const auto& options = cohort::cli::options_schema();
        cohort::cli::check_parameters(options, cohort::cli::converted(options, document.written));
    } catch (const cohort::Error& error) {
        if (error.code() != cohort::Exit::usage) std::abort();
    }
    return 0;
}
