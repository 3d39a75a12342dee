#include "core/log.h"

#include "core/files.h"

namespace cohort {

void Log::add_sink(Sink sink) {
    const std::lock_guard lock(mutex_);
    sinks_.push_back(std::move(sink));
}
std::vector<std::string> Log::warnings() const {
    const std::lock_guard lock(mutex_);
    return warnings_;
}
void Log::write(Level level, const std::string& raw) {
    const std::string text = printable_text(raw);
    const std::lock_guard lock(mutex_);
    if (level == Level::warning) warnings_.push_back(text);
    for (const auto& sink : sinks_) sink(level, text);
}

}  // namespace cohort
