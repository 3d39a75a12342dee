#include "driver/executor_local.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "core/error.h"
#include "core/files.h"

extern char** environ;

namespace cohort::driver {

namespace fs = std::filesystem;

namespace {

/// Processes that the kernel has killed for memory since it started, so far as /proc tells; 0 where it does not.
std::uint64_t oom_kills() {
    const FileHandle handle(::open("/proc/vmstat", O_RDONLY | O_CLOEXEC));
    if (!handle) return 0;
    std::string text(std::size_t{64} << 10, '\0');
    const auto got = ::read(handle.get(), text.data(), text.size());
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    constexpr std::string_view name = "\noom_kill ";
    const auto at = text.find(name);
    std::uint64_t count = 0;
    if (at != std::string::npos) std::from_chars(text.data() + at + name.size(), text.data() + text.size(), count);
    return count;
}

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

std::vector<std::string> arguments_of(const JobRequest& request, const fs::path& program, const fs::path& parameters,
                                      const fs::path& out, const std::string& progress) {
    std::vector<std::string> words{program.string(),
                                   "--params",
                                   parameters.string(),
                                   "--out",
                                   out.string(),
                                   "--threads",
                                   std::to_string(request.cores),
                                   "--memory",
                                   std::to_string(request.memory),
                                   "--progress",
                                   progress,
                                   "--accept-quarantined",
                                   request.acceptance};
    if (request.seed) words.insert(words.end(), {"--seed", std::to_string(*request.seed)});
    if (request.device) words.insert(words.end(), {"--device", *request.device});
    return words;
}

/// This process's environment with what a job needs to know put in.
std::vector<std::string> environment_of(const JobRequest& request, const fs::path& record) {
    std::string gpus;
    for (const auto& gpu : request.gpus) gpus += (gpus.empty() ? "" : ",") + gpu;
    std::vector<std::string> own{"COHORT_PARENT=" + std::to_string(::getpid()), "COHORT_RUN_RECORD=" + record.string(),
                                 "CUDA_VISIBLE_DEVICES=" + gpus};
    std::vector<std::string> result;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const auto name = text.substr(0, text.find('=') + 1);
        bool replaced = false;
        for (const auto& ours : own) replaced = replaced || ours.starts_with(name);
        if (!replaced) result.emplace_back(text);
    }
    result.insert(result.end(), own.begin(), own.end());
    return result;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> result;
    result.reserve(words.size() + 1);
    for (auto& word : words) result.push_back(word.data());
    result.push_back(nullptr);
    return result;
}

struct SpawnSetting {
    posix_spawnattr_t attributes{};
    posix_spawn_file_actions_t files{};

    explicit SpawnSetting(const fs::path& log) {
        posix_spawnattr_init(&attributes);
        posix_spawn_file_actions_init(&files);
        sigset_t none, ours;
        sigemptyset(&none);
        sigemptyset(&ours);
        for (const int number : {SIGTERM, SIGINT, SIGUSR1, SIGHUP, SIGCHLD, SIGPIPE, SIGXFSZ}) sigaddset(&ours, number);
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setsigdefault(&attributes, &ours);
        posix_spawnattr_setpgroup(&attributes, 0);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
        posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_addopen(&files, 1, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0666);
        posix_spawn_file_actions_adddup2(&files, 1, 2);
    }
    ~SpawnSetting() {
        posix_spawnattr_destroy(&attributes);
        posix_spawn_file_actions_destroy(&files);
    }
    SpawnSetting(const SpawnSetting&) = delete;
};

/// Written by a runner that has just looked; no need to outlive a power cut, so it is not synced.
void write_plainly(const fs::path& file, std::string_view text) {
    const FileHandle handle(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (!handle)
        throw Error(exit_for_write(errno), printable(file.string()) + " cannot be written: " + errno_text(errno) + ".");
    write_all(handle.get(), bytes_of(text), file);
}

/// What stands where the job is to write, and is no whole result, goes; so does what an earlier forced run left.
void clear_place(const JobRequest& request, const fs::path& place, const fs::path& out) {
    std::error_code ignored;
    if (request.replace) {
        if (fs::exists(out, ignored)) remove_whole(out);
        return;
    }
    if (!fs::exists(place, ignored)) return;
    try {
        if (made_at(place)) return;
    } catch (const Error&) {
        // damaged: made anew
    }
    remove_whole(place);
}

bool is_known_exit(int code) {
    return (code >= 0 && code <= static_cast<int>(Exit::quarantined)) || code == static_cast<int>(Exit::stopped);
}

}  // namespace

LocalExecutor::LocalExecutor(const WorkFolder& folder, const Clock& clock, StopSignal& stop, LocalSettings settings)
    : folder_(folder), clock_(clock), stop_(stop), settings_(std::move(settings)) {}

LocalExecutor::~LocalExecutor() {
    if (children_.empty()) return;
    signal_all(SIGTERM);
    for (const auto& [pid, child] : children_) ::waitpid(pid, nullptr, 0);
}

void LocalExecutor::submit(std::vector<JobRequest> requests) {
    for (auto& request : requests) {
        const JobIndex job = request.job;
        try {
            start(std::move(request));
        } catch (const Error& error) {
            JobEnd end;
            end.job = job;
            end.exit = static_cast<int>(error.code());
            end.message = error.what();
            ended_.push_back(std::move(end));
        }
    }
}

void LocalExecutor::start(JobRequest request) {
    const fs::path parameters = folder_.job_folder() / (request.key + ".json");
    const fs::path record = folder_.job_folder() / (request.key + ".record");
    const fs::path place = folder_.place_of(request.key);
    ::unlink(record.c_str());
    ::unlink(log_of(request.name).c_str());  // of an earlier run; what fails before the child begins must not show it
    write_plainly(parameters, canonical_json(request.parameters));
    const fs::path out = request.replace ? folder_.place_again(request.key) : place;
    clear_place(request, place, out);
    const fs::path program = settings_.programs / ("cohort-" + request.program);
    auto words = arguments_of(request, program, parameters, out, settings_.progress);
    auto environment = environment_of(request, record);
    const SpawnSetting setting(log_of(request.name));
    Child child;
    child.oom_kills = oom_kills();
    child.started_s = clock_.now_s();
    const int fault = ::posix_spawn(&child.pid, program.c_str(), &setting.files, &setting.attributes,
                                    pointers(words).data(), pointers(environment).data());
    if (fault != 0)
        throw Error(fault == ENOENT || fault == EACCES ? Exit::usage : Exit::resources,
                    printable(program.string()) + " cannot be started: " + errno_text(fault) + ".");
    child.request = std::move(request);
    children_.emplace(child.pid, std::move(child));
}

std::vector<JobEnd> LocalExecutor::poll(double wait_s) {
    std::vector<JobEnd> ends = std::move(ended_);
    ended_.clear();
    const auto reap = [&] {
        for (auto next = children_.begin(); next != children_.end();) {
            int status = 0;
            struct ::rusage usage {};
            const pid_t pid = ::wait4(next->first, &status, WNOHANG, &usage);
            if (pid == 0 || (pid < 0 && errno == EINTR)) {
                ++next;
                continue;
            }
            ends.push_back(pid > 0 ? end_of(next->second, status, usage) : lost_end(next->second, errno));
            next = children_.erase(next);
        }
    };
    reap();
    if (ends.empty()) {
        const int stops = stop_.times();
        stop_.wait(wait_s);
        reap();
        // Asked twice: the children have been told once and take their time.
        if (cancelled_ && stop_.times() > stops) signal_all(SIGKILL);
    }
    return ends;
}

JobEnd LocalExecutor::end_of(const Child& child, int status, const struct ::rusage& usage) const {
    JobEnd end;
    end.job = child.request.job;
    end.wall_s = clock_.now_s() - child.started_s;
    end.cpu_s = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    end.peak_rss = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
    if (WIFEXITED(status)) {
        end.exit = WEXITSTATUS(status);
        read_record(child, end);
        if (!is_known_exit(end.exit)) {
            end.message = "The step ended with " + std::to_string(end.exit) +
                          ", which it never should; please report it with the job's log.";
            end.exit = static_cast<int>(Exit::bug);
        }
    } else {
        const int number = WTERMSIG(status);
        const bool by_kernel = number == SIGKILL && oom_kills() > child.oom_kills;
        const bool by_us = cancelled_ && (number == SIGTERM || number == SIGKILL);
        end.exit = static_cast<int>(by_us ? Exit::stopped : by_kernel ? Exit::resources : Exit::bug);
        const char* const name = ::sigabbrev_np(number);
        end.message = by_kernel
                          ? "The kernel killed it for want of memory; lower what runs beside it (--jobs, --memory), or "
                            "raise its resources.memory."
                          : "It was killed by SIG" + std::string(name != nullptr ? name : std::to_string(number)) + ".";
    }
    if (end.exit == static_cast<int>(Exit::done) || end.exit == static_cast<int>(Exit::quarantined)) {
        try {
            if (child.request.replace)
                exchange_whole(folder_.place_again(child.request.key), folder_.place_of(child.request.key));
            end.made = made_at(folder_.place_of(child.request.key));
        } catch (const Error& error) {
            end.exit = static_cast<int>(Exit::bug);
            end.message = error.what();
        }
    }
    ::unlink((folder_.job_folder() / (child.request.key + ".json")).c_str());
    ::unlink((folder_.job_folder() / (child.request.key + ".record")).c_str());
    return end;
}

JobEnd LocalExecutor::lost_end(const Child& child, int fault) const {
    JobEnd end;
    end.job = child.request.job;
    end.exit = static_cast<int>(Exit::bug);
    end.wall_s = clock_.now_s() - child.started_s;
    end.message = "How it ended cannot be told (" + errno_text(fault) + "); please report it with the job's log.";
    return end;
}

void LocalExecutor::read_record(const Child& child, JobEnd& end) const {
    const fs::path file = folder_.job_folder() / (child.request.key + ".record");
    std::error_code ignored;
    if (!fs::exists(file, ignored)) return;
    try {
        const Json record = read_json(file, std::size_t{1} << 20);
        if (!record.is_object()) return;
        const auto take = [&](const char* name, auto& into) {
            if (const auto found = record.find(name); found != record.end() && found->is_number())
                into = found->get<std::decay_t<decltype(into)>>();
        };
        take("peak_rss", end.peak_rss);
        take("cpu_s", end.cpu_s);
        if (const auto found = record.find("message"); found != record.end() && found->is_string())
            end.message = found->get<std::string>();
    } catch (const Error&) {
        // The wait status has told the essential.
    }
}

void LocalExecutor::signal_all(int number) const {
    for (const auto& [pid, child] : children_) ::kill(-pid, number);
}

void LocalExecutor::cancel_all() {
    cancelled_ = true;
    signal_all(SIGTERM);
}

fs::path program_folder() {
    const char* const given = std::getenv("COHORT_BIN");
    if (given != nullptr && *given != '\0') return fs::absolute(given);
    std::error_code fault;
    const fs::path self = fs::read_symlink("/proc/self/exe", fault);
    if (fault)
        throw Error(Exit::bug, "/proc/self/exe cannot be read: " + fault.message() +
                                   "; set COHORT_BIN to the folder of the programs.");
    return self.parent_path();
}

}  // namespace cohort::driver
