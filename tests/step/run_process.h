// The probe step as a real process.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

struct Ended {
    int code = 0;  ///< 128 + signal when it was killed
    std::string out;
    std::string err;
};

using Words = std::vector<std::string>;
using Environment = std::map<std::string, std::string>;

/// A started process; its output goes to files in `folder`.
class Process {
public:
    Process(const std::filesystem::path& folder, const Words& words, const Environment& environment = {},
            std::size_t most_file_bytes = 0);
    ~Process();
    Process(const Process&) = delete;
    pid_t pid() const { return pid_; }
    void kill(int signal) const;
    std::string err() const;                            ///< so far
    bool wait_for_text(const std::string& text) const;  ///< on stderr, ten seconds at most
    Ended wait();

private:
    std::filesystem::path out_, err_;
    pid_t pid_ = -1;
};

/// Runs the probe in `folder` with these words to its end.
Ended probe(const std::filesystem::path& folder, const Words& words, const Environment& environment = {});
std::filesystem::path probe_program();
std::string text_in(const std::filesystem::path& file);
