#include "step/stop_signals.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>

#include "core/error.h"

namespace cohort::step {
namespace {

constexpr std::array<int, 3> stopping{SIGTERM, SIGINT, SIGUSR1};

/// What the handler may touch: async-signal-safe things only.
std::array<int, 2> self_pipe{-1, -1};
std::array<struct sigaction, stopping.size()> before{};
std::atomic<int> first_signal{0};
static_assert(std::atomic<int>::is_always_lock_free);

void on_signal(int number) {
    const int kept = errno;
    int none = 0;
    first_signal.compare_exchange_strong(none, number);
    if (number == SIGINT) {
        struct sigaction plain {};
        plain.sa_handler = SIG_DFL;
        ::sigaction(SIGINT, &plain, nullptr);
    }
    const char byte = 's';
    // A full pipe has woken the watcher already.
    [[maybe_unused]] const ssize_t written = ::write(self_pipe[1], &byte, 1);
    errno = kept;
}

}  // namespace

StopSignals::StopSignals() {
    if (::pipe2(self_pipe.data(), O_CLOEXEC | O_NONBLOCK) != 0)
        throw Error(Exit::resources, "no pipe for signals can be opened: " + errno_text(errno) + "; close some files.");
    // The watcher waits, so its end must block.
    ::fcntl(self_pipe[0], F_SETFL, 0);
    first_signal = 0;
    watcher_ = std::thread([this] {
        char byte = 0;
        ssize_t got = 0;
        do got = ::read(self_pipe[0], &byte, 1);
        while (got < 0 && errno == EINTR);
        if (got == 1 && byte == 's') source_.request_stop();
    });
    for (std::size_t i = 0; i < stopping.size(); ++i) {
        ::sigaction(stopping[i], nullptr, &before[i]);
        if (before[i].sa_handler == SIG_IGN) continue;
        struct sigaction ours {};
        ours.sa_handler = on_signal;
        ours.sa_flags = SA_RESTART;
        ::sigaction(stopping[i], &ours, nullptr);
    }
}

StopSignals::~StopSignals() {
    for (std::size_t i = 0; i < stopping.size(); ++i) ::sigaction(stopping[i], &before[i], nullptr);
    const char byte = 'e';
    [[maybe_unused]] const ssize_t written = ::write(self_pipe[1], &byte, 1);
    watcher_.join();
    for (int& end : self_pipe) {
        ::close(end);
        end = -1;
    }
}

const char* StopSignals::received() const {
    switch (first_signal.load()) {
        case SIGTERM:
            return "SIGTERM";
        case SIGINT:
            return "SIGINT";
        case SIGUSR1:
            return "SIGUSR1";
        default:
            return "";
    }
}

}  // namespace cohort::step
