#include <algorithm>
#include <mutex>
#include <tuple>
#include <vector>

#include "core/error.h"
#include "store/output_folder.h"
#include "store/raw_tree.h"

namespace cohort::store {

struct QuarantineWriter::State {
    struct Line {
        std::string source, reason, text;
        auto order() const { return std::tie(source, reason, text); }
    };

    std::filesystem::path file;
    std::string stage;
    mutable std::mutex mutex;
    std::vector<Line> lines;
    std::uint64_t quarantined = 0;
    std::uint64_t skipped = 0;
};

QuarantineWriter::QuarantineWriter(std::filesystem::path file, std::string stage) : state_(std::make_unique<State>()) {
    state_->file = std::move(file);
    state_->stage = std::move(stage);
}

QuarantineWriter::~QuarantineWriter() = default;

void QuarantineWriter::add(const std::string& source, const Quarantined& why) {
    if (!is_reason(why.reason))
        throw Error(Exit::bug,
                    "'" + printable(why.reason) + "' is no reason word of core/reasons; please report this.");
    const std::string name = json_name(source);
    std::string text = canonical_json({{"source", name},
                                       {"stage", state_->stage},
                                       {"reason", why.reason},
                                       {"message", json_name(why.message)},
                                       {"details", why.details.is_null() ? Json::object() : why.details}});
    const std::lock_guard lock(state_->mutex);
    state_->lines.push_back({name, why.reason, std::move(text)});
    ++state_->quarantined;
}

void QuarantineWriter::skip(const std::string& /*source*/, const std::string& /*why*/) {
    const std::lock_guard lock(state_->mutex);
    ++state_->skipped;
}

std::uint64_t QuarantineWriter::quarantined() const {
    const std::lock_guard lock(state_->mutex);
    return state_->quarantined;
}

std::uint64_t QuarantineWriter::skipped() const {
    const std::lock_guard lock(state_->mutex);
    return state_->skipped;
}

void QuarantineWriter::close() {
    const std::lock_guard lock(state_->mutex);
    if (state_->file.empty() || state_->lines.empty()) return;
    std::sort(state_->lines.begin(), state_->lines.end(),
              [](const auto& a, const auto& b) { return a.order() < b.order(); });
    FileWriter writer(state_->file);
    for (const auto& line : state_->lines) writer.write(line.text + "\n");
    writer.close();
    state_->lines.clear();
}

}  // namespace cohort::store
