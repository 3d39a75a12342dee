// What this process may use: CPUs and memory as affinity, cgroups and SLURM grant them; and what it has used.
#pragma once

#include <cstdint>
#include <string>

namespace cohort {

/// The least of affinity, cgroup (v1, v2) and, in a SLURM job, SLURM_CPUS_PER_TASK, else SLURM_CPUS_ON_NODE shared by
/// the tasks on the node. At least 1.
unsigned allowed_cpus();

/// The least of RAM, cgroup and what SLURM granted (SLURM_MEM_PER_NODE shared by the node's tasks, or SLURM_MEM_PER_CPU
/// × its CPUs, MiB, 0 = the whole node). Bytes.
std::uint64_t allowed_memory();

/// Peak resident set in bytes and CPU seconds (user + system) of this process and its waited-for children.
struct Usage {
    std::uint64_t peak_rss = 0;
    double cpu_s = 0;
};
Usage own_usage();

std::string host_name();

}  // namespace cohort
