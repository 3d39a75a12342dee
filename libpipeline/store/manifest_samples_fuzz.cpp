// Any bytes, as a manifest and as lines of samples: read, or refused with a sentence; what is read is written and read
// again the same, and the quick way to a sample never differs from the strict one.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/error.h"
#include "store/manifest.h"
#include "store/sample.h"
#include "store/sample_line.h"

namespace {

using namespace cohort;
using namespace cohort::store;

void must_hold(bool holds) {
    if (!holds) std::abort();
}

/// Runs `work`; true if it did not refuse. Any other way out ends the fuzzer.
template <class Work>
bool accepted(Work&& work) {
    try {
        work();
        return true;
    } catch (const Error& error) {
        must_hold(error.code() == Exit::bad_input && error.sentence().size() > 10);
        return false;
    }
}

void as_manifest(std::string_view text) {
    Manifest manifest;
    if (!accepted([&] { manifest = manifest_from_json(parse_json(text, "fuzz"), "fuzz"); })) return;
    const std::string written = canonical_json(to_json(manifest));
    must_hold(accepted([&] { manifest = manifest_from_json(parse_json(written, "fuzz"), "fuzz"); }));
    must_hold(canonical_json(to_json(manifest)) == written);
    content_digest(manifest, manifest.members);
}

void as_line(std::string_view line) {
    Sample quick, strict;
    const bool is_plain = read_plain_line(line, quick);
    const bool is_sample = accepted([&] { strict = sample_from_json(parse_json(line, "fuzz"), "fuzz"); });
    must_hold(is_sample || !is_plain);
    if (!is_sample) return;
    const std::string written = canonical_json(to_json(strict));
    if (is_plain) must_hold(canonical_json(to_json(quick)) == written);
    must_hold(canonical_json(to_json(sample_from_json(parse_json(written, "fuzz"), "fuzz"))) == written);
}

void as_file(std::string_view text) {
    const int file = ::memfd_create("samples", MFD_CLOEXEC);
    must_hold(file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    accepted([&] {
        SampleReader reader("/proc/self/fd/" + std::to_string(file), sha256(text));
        while (reader.next()) {
        }
    });
    ::close(file);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    as_manifest(text);
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        as_line(text.substr(begin, end - begin));
        begin = end + 1;
    }
    as_file(text);
    return 0;
}
