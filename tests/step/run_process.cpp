#include "run_process.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

std::filesystem::path probe_program() {
    return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "probe_step";
}

std::string text_in(const std::filesystem::path& file) {
    std::ifstream stream(file);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

Process::Process(const std::filesystem::path& folder, const Words& words, const Environment& environment,
                 std::size_t most_file_bytes) {
    static int number = 0;
    const std::string stem = ".process-" + std::to_string(number++);
    out_ = folder / (stem + ".out");
    err_ = folder / (stem + ".err");
    Words all{probe_program().string()};
    all.insert(all.end(), words.begin(), words.end());
    std::vector<char*> argv;
    for (auto& word : all) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ != 0) return;
    for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
    ::dup2(::open(out_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
    ::dup2(::open(err_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
    if (::chdir(folder.c_str()) != 0) ::_exit(98);
    if (most_file_bytes > 0) {
        const rlimit limit{most_file_bytes, most_file_bytes};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ::execv(argv[0], argv.data());
    ::_exit(99);
}

Process::~Process() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

void Process::kill(int signal) const { ::kill(pid_, signal); }

std::string Process::err() const { return text_in(err_); }

bool Process::wait_for_text(const std::string& text) const {
    for (int i = 0; i < 1000; ++i) {
        if (err().find(text) != std::string::npos) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
}

Ended Process::wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    Ended ended{WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), text_in(out_), text_in(err_)};
    std::filesystem::remove(out_);
    std::filesystem::remove(err_);
    return ended;
}

Ended probe(const std::filesystem::path& folder, const Words& words, const Environment& environment) {
    return Process(folder, words, environment).wait();
}
