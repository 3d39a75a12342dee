// How a run fails: one sentence that says what, where and what to do, an exit code, and the chain of what was being
// done.
//
// Three kinds of failure, three ways. A bad sample is a value (quarantine.h). A run that cannot go on throws Error.
// A bug is an assert, or Error(Exit::bug, …) where the check must hold in release too.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cohort {

/// Exit codes of every program. Part of the command line's contract: values never change.
enum class Exit : int {
    done = 0,
    bug = 1,           ///< ours; the message asks for a report
    usage = 2,         ///< command line, parameters or pipeline file are wrong
    bad_input = 3,     ///< an input is missing, unreadable or of the wrong kind
    check_failed = 4,  ///< compare differs, expect not met, verification failed
    resources = 5,     ///< memory, disk or device does not suffice; the message says what to lower
    output = 6,        ///< output exists or cannot be written
    privacy = 7,       ///< refused for privacy
    quarantined = 8,   ///< done and published, but more inputs are quarantined than was accepted
    stopped = 75,      ///< stopped by a signal with state saved: the same command goes on
};

/// A failed run. what() is the sentence followed by the chain in brackets, innermost first:
///     "sub-12.nii.gz: … it is cut short. [while reading subject sub-12, while ingesting data/raw]"
class Error : public std::exception {
public:
    /// `sentence` ends with a full stop and names the thing at fault. What a terminal would obey is escaped in it
    /// (printable_text), as in the context.
    Error(Exit code, const std::string& sentence);

    Exit code() const noexcept { return code_; }
    const std::string& sentence() const noexcept { return sentence_; }
    const std::vector<std::string>& context() const noexcept { return context_; }

    /// Adds "while …" (the word "while" is added here).
    void add_context(const std::string& doing);

    const char* what() const noexcept override { return text_.c_str(); }

private:
    void compose();

    Exit code_;
    std::string sentence_;
    std::vector<std::string> context_;
    std::string text_;
};

/// Runs `work`; if it throws an Error, notes what was being done and lets it fly on.
/// `doing` is a callable so that the sentence is built only when something fails.
template <class Doing, class Work>
decltype(auto) within(const Doing& doing, Work&& work) {
    try {
        return std::forward<Work>(work)();
    } catch (Error& error) {
        error.add_context(doing());
        throw;
    }
}

/// "did you mean 'x'? " for the nearest of `known` by edit distance, or "" if none is near.
std::string did_you_mean(std::string_view typed, const std::vector<std::string>& known);

/// Text of errno, thread-safe: "No space left on device".
std::string errno_text(int number);

/// The exit code that a failed write with this errno deserves: `resources` for a full disk or quota, else `output`.
Exit exit_for_write(int number);

}  // namespace cohort
