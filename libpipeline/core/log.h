// Messages of a run. Sinks decide where they go (terminal, JSON log); warnings are also kept for run.json.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace cohort {

enum class Level { detail, info, warning, error };

/// Thread-safe. Sinks are called one at a time; they and warnings() get the text as printable_text shows it.
class Log {
public:
    using Sink = std::function<void(Level, const std::string&)>;
    void add_sink(Sink sink);
    void detail(const std::string& text) { write(Level::detail, text); }
    void info(const std::string& text) { write(Level::info, text); }
    void warn(const std::string& text) { write(Level::warning, text); }
    void error(const std::string& text) { write(Level::error, text); }
    std::vector<std::string> warnings() const;

private:
    void write(Level level, const std::string& raw);
    mutable std::mutex mutex_;
    std::vector<Sink> sinks_;
    std::vector<std::string> warnings_;
};

}  // namespace cohort
