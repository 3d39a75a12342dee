#include "driver/stop_signal.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "core/error.h"

namespace cohort::driver {
namespace {

constexpr std::array stop_signals{SIGTERM, SIGINT, SIGUSR1, SIGHUP};

// A handler may touch little else than these. The pipe wakes poll() even if the signal comes just before it.
volatile std::sig_atomic_t stop_count = 0;
std::array<int, 2> wake_pipe{-1, -1};

void wake() {
    const int before = errno;
    const char byte = 0;
    [[maybe_unused]] const auto put = ::write(wake_pipe[1], &byte, 1);  // full: it is awake already
    errno = before;
}

extern "C" void on_stop(int) {
    stop_count = stop_count + 1;
    wake();
}
extern "C" void on_child(int) { wake(); }

void handle(int number, void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    ::sigaction(number, &action, nullptr);
}

}  // namespace

StopSignal::StopSignal() {
    if (::pipe2(wake_pipe.data(), O_CLOEXEC | O_NONBLOCK) != 0)
        throw Error(Exit::resources, "No pipe could be made: " + errno_text(errno) + ".");
    stop_count = 0;
    for (const int number : stop_signals) handle(number, on_stop);
    handle(SIGCHLD, on_child);
    // A reader who has gone and a file that may not grow are failed writes, which have their sentence, not deaths.
    handle(SIGPIPE, SIG_IGN);
    handle(SIGXFSZ, SIG_IGN);
}

StopSignal::~StopSignal() {
    for (const int number : stop_signals) handle(number, SIG_DFL);
    handle(SIGCHLD, SIG_DFL);
    for (int& end : wake_pipe) {
        ::close(end);
        end = -1;
    }
}

bool StopSignal::requested() const { return stop_count > 0; }
int StopSignal::times() const { return stop_count; }

void StopSignal::wait(double seconds) {
    pollfd waited{wake_pipe[0], POLLIN, 0};
    ::poll(&waited, 1, static_cast<int>(seconds * 1000));
    std::array<char, 64> bytes{};
    while (::read(wake_pipe[0], bytes.data(), bytes.size()) > 0) {
    }
}

}  // namespace cohort::driver
