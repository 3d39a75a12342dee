#include "driver/limits.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>

namespace cohort::driver {
namespace {

/// GPUs that a device's name asks for: "cuda" 1, "cuda:2" 3.
unsigned gpus_of_device(std::string_view device) {
    if (!device.starts_with("cuda")) return 0;
    unsigned index = 0;
    if (device.size() > 5) std::from_chars(device.data() + 5, device.data() + device.size(), index);
    return index + 1;
}

bool is_number(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

Share share_of(const StepModel& step, const Job& job, const Limits& limits) {
    Share share;
    const auto available = static_cast<unsigned>(limits.gpus.size());
    share.cores = std::min(step.resources.cores, limits.cores);
    share.memory = std::min(step.resources.memory, limits.memory);
    share.gpus = std::min(step.resources.gpus, available);
    if (step.schema == nullptr || !step.schema->uses_device) return share;
    if (step.resources.cores > limits.cores) {
        share.cores = step.resources.cores;  // never clipped: the result depends on it
        share.fault = "Step '" + step.name + "' declares " + std::to_string(step.resources.cores) +
                      " cores, this run has " + std::to_string(limits.cores) +
                      "; lower its resources.cores (the result depends on their number) or raise --cores.";
    }
    const unsigned asked = gpus_of_device(job.device);
    if (asked > 0) {
        share.device = job.device;
        share.gpus = std::max(std::min(step.resources.gpus, available), asked);
        if (asked > available || !limits.cuda)
            share.fault = "Step '" + step.name + "' asks for device " + job.device + ", this run has " +
                          std::to_string(available) + " GPUs" + (limits.cuda ? "" : " that this build can use") +
                          "; give device cpu or auto.";
        return share;
    }
    const bool on_gpu = job.device == "auto" && share.gpus > 0 && limits.cuda;
    share.device = on_gpu ? "cuda" : "cpu";
    if (!on_gpu) share.gpus = 0;
    return share;
}

std::vector<std::string> visible_gpus() {
    std::vector<std::string> names;
    if (const char* visible = std::getenv("CUDA_VISIBLE_DEVICES")) {
        std::string_view rest(visible);
        while (!rest.empty()) {
            const auto name = rest.substr(0, rest.find(','));
            if (name == "-1" || name == "NoDevFiles") break;  // CUDA ignores what follows
            if (!name.empty()) names.emplace_back(name);
            rest.remove_prefix(std::min(name.size() + 1, rest.size()));
        }
        return names;
    }
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator("/dev", ignored)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with("nvidia") && is_number(std::string_view(name).substr(6))) names.push_back(name.substr(6));
    }
    std::sort(names.begin(), names.end(),
              [](const auto& a, const auto& b) { return std::pair(a.size(), a) < std::pair(b.size(), b); });
    return names;
}

}  // namespace cohort::driver
