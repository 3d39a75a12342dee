#include "core/machine.h"

#include <catch2/catch.hpp>
#include <cstdlib>

using namespace cohort;

namespace {

struct Environment {  // set for one test, gone after it
    std::string name;
    Environment(std::string n, const char* value) : name(std::move(n)) { ::setenv(name.c_str(), value, 1); }
    ~Environment() { ::unsetenv(name.c_str()); }
};

}  // namespace

TEST_CASE("a SLURM job's CPUs bound what may be used, and count only inside a job") {
    const unsigned machine = allowed_cpus();
    REQUIRE(machine >= 1);
    {
        const Environment cpus("SLURM_CPUS_PER_TASK", "1");
        CHECK(allowed_cpus() == machine);  // no job: a stale variable means nothing
        const Environment job("SLURM_JOB_ID", "17");
        CHECK(allowed_cpus() == 1);
    }
    const Environment job("SLURM_JOB_ID", "17"), node("SLURM_CPUS_ON_NODE", "100000");
    CHECK(allowed_cpus() == machine);
}

TEST_CASE("a SLURM job's memory bounds what may be used; 0 means the whole node") {
    const auto machine = allowed_memory();
    const Environment job("SLURM_JOB_ID", "17");
    {
        const Environment memory("SLURM_MEM_PER_NODE", "512");
        CHECK(allowed_memory() == std::uint64_t{512} << 20);
        const Environment tasks("SLURM_NTASKS_PER_NODE", "4");
        CHECK(allowed_memory() == std::uint64_t{128} << 20);
    }
    {
        const Environment memory("SLURM_MEM_PER_NODE", "0");
        CHECK(allowed_memory() == machine);
    }
    const Environment per_cpu("SLURM_MEM_PER_CPU", "100"), cpus("SLURM_CPUS_PER_TASK", "1");
    CHECK(allowed_memory() == std::uint64_t{100} << 20);
}

TEST_CASE("a process has used some time and memory") {
    const Usage usage = own_usage();
    CHECK(usage.peak_rss > 100000);
    CHECK(usage.cpu_s > 0);
    CHECK_FALSE(host_name().empty());
}
