#include "core/machine.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>
#include <vector>

namespace cohort {

namespace {

namespace fs = std::filesystem;

std::optional<std::string> first_line(const fs::path& file) {
    std::ifstream in(file);
    std::string line;
    if (!std::getline(in, line)) return std::nullopt;
    return line;
}

/// Leading number of a text; cgroup's "max" and -1 give nothing.
std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc{} || end == text.data()) return std::nullopt;
    return value;
}

std::optional<std::uint64_t> environment_number(const char* name) {
    const char* text = std::getenv(name);
    return text ? number(text) : std::nullopt;
}

/// Folders of this process's cgroup for a controller, from its own up to the root: every ancestor's limit holds too.
std::vector<fs::path> cgroup_folders(std::string_view controller) {
    std::vector<fs::path> folders;
    std::ifstream in("/proc/self/cgroup");
    for (std::string line; std::getline(in, line);) {
        const auto first = line.find(':'), second = line.find(':', first + 1);
        if (second == std::string::npos) continue;
        const std::string controllers = line.substr(first + 1, second - first - 1);
        const bool unified = controllers.empty();
        if (!unified && ("," + controllers + ",").find("," + std::string(controller) + ",") == std::string::npos) continue;
        const fs::path root = unified ? fs::path("/sys/fs/cgroup") : fs::path("/sys/fs/cgroup") / controllers;
        fs::path below = fs::path(line.substr(second + 1)).relative_path();
        for (;; below = below.parent_path()) {
            folders.push_back(root / below);
            if (below.empty()) break;
        }
    }
    return folders;
}

double cgroup_cpus() {
    double least = 1e9;
    for (const auto& folder : cgroup_folders("cpu")) {
        if (const auto line = first_line(folder / "cpu.max")) {  // v2: "QUOTA PERIOD" or "max PERIOD"
            const auto quota = number(*line), period = number(std::string_view(*line).substr(line->find(' ') + 1));
            if (quota && period && *period > 0) least = std::min(least, static_cast<double>(*quota) / static_cast<double>(*period));
        }
        const auto quota = first_line(folder / "cpu.cfs_quota_us"), period = first_line(folder / "cpu.cfs_period_us");
        if (quota && period && number(*quota) && number(*period).value_or(0) > 0)
            least = std::min(least, static_cast<double>(*number(*quota)) / static_cast<double>(*number(*period)));
    }
    return least;
}

std::uint64_t cgroup_memory() {
    std::uint64_t least = UINT64_MAX;
    for (const auto& folder : cgroup_folders("memory"))
        for (const char* name : {"memory.max", "memory.limit_in_bytes"})
            if (const auto line = first_line(folder / name))
                if (const auto limit = number(*line)) least = std::min(least, *limit);
    return least;
}

unsigned tasks_on_node() {
    // "2(x3),1": this node's count is not known from inside a batch script; SLURM_NTASKS_PER_NODE is when it was asked for.
    const auto asked = environment_number("SLURM_NTASKS_PER_NODE");
    const auto listed = environment_number("SLURM_TASKS_PER_NODE");
    const auto step = environment_number("SLURM_STEP_TASKS_PER_NODE");
    return static_cast<unsigned>(std::clamp<std::uint64_t>(step.value_or(asked.value_or(listed.value_or(1))), 1, 4096));
}

std::optional<unsigned> slurm_cpus() {
    if (!std::getenv("SLURM_JOB_ID")) return std::nullopt;
    if (const auto per_task = environment_number("SLURM_CPUS_PER_TASK"); per_task && *per_task > 0)
        return static_cast<unsigned>(*per_task);
    if (const auto on_node = environment_number("SLURM_CPUS_ON_NODE"); on_node && *on_node > 0)
        return std::max(1U, static_cast<unsigned>(*on_node) / tasks_on_node());
    return std::nullopt;
}

}  // namespace

unsigned allowed_cpus() {
    double cpus = 1;
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) == 0) cpus = CPU_COUNT(&set);
    else cpus = static_cast<double>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
    cpus = std::min(cpus, std::ceil(cgroup_cpus()));
    if (const auto slurm = slurm_cpus()) cpus = std::min(cpus, static_cast<double>(*slurm));
    return std::max(1U, static_cast<unsigned>(cpus));
}

std::uint64_t allowed_memory() {
    const auto pages = static_cast<std::uint64_t>(std::max(1L, sysconf(_SC_PHYS_PAGES)));
    std::uint64_t bytes = std::min(pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)), cgroup_memory());
    constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;
    if (std::getenv("SLURM_JOB_ID")) {
        if (const auto node = environment_number("SLURM_MEM_PER_NODE"); node && *node > 0)
            bytes = std::min(bytes, *node * mebibyte / tasks_on_node());
        else if (const auto per_cpu = environment_number("SLURM_MEM_PER_CPU"); per_cpu && *per_cpu > 0)
            bytes = std::min(bytes, *per_cpu * mebibyte * allowed_cpus());
    }
    return bytes;
}

Usage own_usage() {
    Usage usage;
    for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
        struct rusage r {};
        if (getrusage(who, &r) != 0) continue;
        usage.peak_rss = std::max(usage.peak_rss, static_cast<std::uint64_t>(r.ru_maxrss) * 1024);
        usage.cpu_s += static_cast<double>(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
                       1e-6 * static_cast<double>(r.ru_utime.tv_usec + r.ru_stime.tv_usec);
    }
    return usage;
}

std::string host_name() {
    struct utsname name {};
    return uname(&name) == 0 ? name.nodename : "unknown";
}

}  // namespace cohort
