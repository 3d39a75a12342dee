#include "apps/inspect/verification.h"

#include "core/error.h"
#include "core/parallel.h"
#include "store/dataset.h"

namespace cohort::inspect {
namespace {

void verify_members(const step::Input& input, unsigned threads, Verification& out) {
    const auto now = store::hashed_members(input.path, threads);
    for (const auto& [name, digest] : input.manifest.members) {
        ++out.members;
        const auto found = now.find(name);
        if (found == now.end())
            out.faults.push_back(name + " is missing.");
        else if (found->second != digest)
            out.faults.push_back(name + " was altered.");
    }
    for (const auto& [name, digest] : now)
        if (!input.manifest.members.contains(name)) out.faults.push_back(name + " was added.");
}

void verify_arrays(const step::Input& input, unsigned threads, Progress& progress, Verification& out) {
    const store::Dataset dataset(input.path);
    const auto samples = dataset.all_samples();
    progress.start("verifying", samples.size(), "samples");
    ordered_for(
        samples.size(), threads,
        [&](std::size_t i) {
            std::vector<std::string> faults;
            for (const auto& [name, info] : samples[i].arrays) try {
                    dataset.verify(samples[i].id, name, info, 1);
                } catch (const Error& error) {
                    if (error.code() != Exit::bad_input) throw;  // too little memory says nothing of the artefact
                    faults.emplace_back(error.sentence());
                }
            return faults;
        },
        [&](std::size_t i, const std::vector<std::string>& faults) {
            out.arrays += samples[i].arrays.size();
            out.faults.insert(out.faults.end(), faults.begin(), faults.end());
            progress.advance();
        });
}

}  // namespace

Verification verify(const step::Input& input, unsigned threads, Progress& progress) {
    Verification out;
    verify_members(input, threads, out);
    if (input.manifest.kind != "dataset") return out;
    try {
        verify_arrays(input, threads, progress, out);
    } catch (const Error& error) {
        if (error.code() != Exit::bad_input) throw;
        out.faults.emplace_back(error.sentence());
    }
    return out;
}

}  // namespace cohort::inspect
