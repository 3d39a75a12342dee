#include "cli/terminal.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "core/error.h"
#include "core/files.h"

namespace cohort::cli {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr auto tick = std::chrono::milliseconds(100);

double seconds_since(SteadyClock::time_point then) {
    return std::chrono::duration<double>(SteadyClock::now() - then).count();
}

/// Now as RFC 3339 in UTC with milliseconds.
std::string utc_now() {
    const auto now = std::chrono::system_clock::now();
    const auto whole = std::chrono::system_clock::to_time_t(now);
    const auto milliseconds =
        std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
    std::tm parts{};
    gmtime_r(&whole, &parts);
    char text[64];
    std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900, parts.tm_mon + 1,
                  parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, static_cast<int>(milliseconds));
    return text;
}

const char* name_of(Level level) {
    switch (level) {
        case Level::detail:
            return "detail";
        case Level::info:
            return "info";
        case Level::warning:
            return "warning";
        default:
            return "error";
    }
}

std::size_t terminal_width() {
    winsize size{};
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

/// To stderr in one call, so that lines of several processes do not mix. What cannot be written there is nobody's loss.
void say(const std::string& text) {
    const char* at = text.data();
    for (std::size_t left = text.size(); left > 0;) {
        const auto written = ::write(STDERR_FILENO, at, left);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;
        at += written;
        left -= static_cast<std::size_t>(written);
    }
}

FileHandle open_log(const std::filesystem::path& file) {
    // O_NONBLOCK while opening: a named pipe that nobody reads must not hold the run for ever.
    FileHandle handle(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0666));
    if (handle) ::fcntl(handle.get(), F_SETFL, O_APPEND);
    if (!handle)
        throw Error(exit_for_write(errno), printable(file.string()) + " cannot be written (" + errno_text(errno) +
                                               "); --log-json needs a file in a folder that exists.");
    return handle;
}

}  // namespace

bool stderr_is_terminal() { return isatty(STDERR_FILENO) != 0; }

bool colour_wanted(int descriptor) {
    const char* const no_colour = std::getenv("NO_COLOR");  // no-color.org: present and not empty
    const char* const term = std::getenv("TERM");
    return isatty(descriptor) != 0 && (no_colour == nullptr || *no_colour == '\0') &&
           !(term != nullptr && std::string_view(term) == "dumb");
}

struct Terminal::State {
    State(std::string program_name, const Progress& progress_to_show, const CommonOptions& options)
        : program(std::move(program_name)),
          progress(&progress_to_show),
          quiet(options.quiet),
          verbose(options.verbose),
          style(options.progress),
          colour(colour_wanted()),
          width(terminal_width()) {
        if (style == ProgressStyle::automatic) {
            style = stderr_is_terminal() ? ProgressStyle::bar : ProgressStyle::lines;
            every = std::chrono::seconds(10);
        }
        if (quiet && style != ProgressStyle::json) style = ProgressStyle::none;
    }

    void message(Level level, const std::string& text) {
        const std::lock_guard lock(mutex);
        if (quiet && level < Level::warning) return;
        if (level == Level::detail && !verbose) return;
        if (style == ProgressStyle::json)
            return say(canonical_json({{"type", "message"}, {"level", name_of(level)}, {"text", text}}) + "\n");
        const char* const escape = !colour ? "" : level == Level::error ? "\x1b[31m" : "\x1b[33m";
        const char* const plain = colour ? "\x1b[0m" : "";
        std::string line = program + ": ";
        if (level == Level::warning)
            line += std::string(escape) + "warning:" + plain + " " + text;
        else if (level == Level::error)
            line += escape + text + plain;
        else
            line += text;
        say((bar_shown ? "\r\x1b[K" : "") + line + "\n");
        bar_shown = false;  // drawn again at the next tick
    }

    /// The phases that ended since the last look, then the present one if it is time.
    void look(bool at_end) {
        const std::lock_guard lock(mutex);
        const auto finished = progress->finished();
        for (; reported < finished.size(); ++reported) end_phase(finished[reported]);
        const auto now = progress->snapshot();
        if (now.phase.empty()) return;
        if (at_end) return end_phase(now);
        if (!in_phase) in_phase = true, phase_began = last_line = SteadyClock::now();
        if (style == ProgressStyle::bar) {
            say("\r\x1b[K" + progress_bar(now, seconds_since(phase_began), width - 1));
            bar_shown = true;
        } else if (SteadyClock::now() - last_line >= every) {
            last_line = SteadyClock::now();
            const double elapsed = seconds_since(phase_began);
            say(style == ProgressStyle::json ? progress_json(now, elapsed, false) + "\n"
                                             : program + ": " + progress_line(now, elapsed, false) + "\n");
        }
    }

    void end_phase(const Progress::Snapshot& state) {
        const double elapsed = in_phase ? seconds_since(phase_began) : 0;
        in_phase = false;
        const std::string before = bar_shown ? "\r\x1b[K" : "";
        bar_shown = false;
        say(style == ProgressStyle::json ? progress_json(state, elapsed, true) + "\n"
                                         : before + program + ": " + progress_line(state, elapsed, true) + "\n");
    }

    void run() {
        std::unique_lock lock(waiting);
        while (!stopped) {
            lock.unlock();
            look(false);
            lock.lock();
            wake.wait_for(lock, tick, [&] { return stopped; });
        }
    }

    const std::string program;
    const Progress* progress;  ///< looked at until stop() only
    const bool quiet, verbose;
    ProgressStyle style;
    const bool colour;
    const std::size_t width;
    SteadyClock::duration every = std::chrono::seconds(2);

    std::mutex mutex;  ///< of stderr and of what follows
    bool bar_shown = false;
    bool in_phase = false;
    std::size_t reported = 0;
    SteadyClock::time_point phase_began, last_line;

    std::mutex waiting;
    std::condition_variable wake;
    bool stopped = false;
    std::thread thread;
};

Terminal::Terminal(std::string program, Log& log, const Progress& progress, const CommonOptions& options)
    : state_(std::make_shared<State>(std::move(program), progress, options)) {
    if (options.log_json) {
        auto file = std::make_shared<FileHandle>(open_log(*options.log_json));
        log.add_sink([file, path = *options.log_json, name = state_->program](Level level, const std::string& text) {
            if (!*file) return;
            const auto line =
                canonical_json({{"time", utc_now()}, {"program", name}, {"level", name_of(level)}, {"text", text}});
            try {
                write_all(file->get(), bytes_of(line + "\n"), path);
            } catch (const Error& error) {  // a run does not fail for its log; said once, and no more is written
                *file = FileHandle();
                say(name + ": warning: " + error.sentence() + " The JSON log ends here.\n");
            }
        });
    }
    log.add_sink([state = state_](Level level, const std::string& text) { state->message(level, text); });
    if (state_->style != ProgressStyle::none) state_->thread = std::thread([state = state_] { state->run(); });
}

Terminal::~Terminal() { stop(); }

void Terminal::stop() {
    if (!state_->thread.joinable()) return;
    {
        const std::lock_guard lock(state_->waiting);
        state_->stopped = true;
    }
    state_->wake.notify_all();
    state_->thread.join();
    state_->look(true);
}

}  // namespace cohort::cli
