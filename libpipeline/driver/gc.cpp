#include "driver/gc.h"

#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "cli/validator.h"
#include "core/error.h"
#include "core/files.h"
#include "driver/journal.h"
#include "driver/result_log.h"
#include "driver/work_folder.h"
#include "store/manifest.h"

namespace cohort::driver {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t key_length = 64;

std::vector<fs::path> entries_of(const fs::path& folder) {
    std::error_code ignored;
    std::vector<fs::path> entries;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) entries.push_back(entry.path());
    std::sort(entries.begin(), entries.end());
    return entries;
}

/// Bytes that go when the folder goes: files with other hard links (shards shared between datasets) stay.
std::uint64_t bytes_freed(const fs::path& folder) {
    std::uint64_t bytes = 0;
    std::error_code ignored;
    for (const auto& entry : fs::recursive_directory_iterator(folder, ignored)) {
        struct stat status {};
        if (::lstat(entry.path().c_str(), &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1)
            bytes += static_cast<std::uint64_t>(status.st_size);
    }
    return bytes;
}

double age_s(const fs::path& path, const Clock& clock) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return 0;
    const std::int64_t changed = std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
    return static_cast<double>(clock.nanoseconds_since_1970() - changed) * 1e-9;
}

void add_links(const fs::path& folder, std::set<std::string>& keys) {
    std::error_code ignored;
    for (const auto& entry : entries_of(folder)) {
        if (fs::is_symlink(entry, ignored)) {
            const std::string key = fs::read_symlink(entry, ignored).filename().string();
            if (key.size() == key_length) keys.insert(key);
        } else if (fs::is_directory(entry, ignored)) {
            add_links(entry, keys);
        }
    }
}

std::set<std::string> reached_keys(const fs::path& root, const std::vector<std::string>& forgotten) {
    std::set<std::string> keys;
    for (const auto& run : entries_of(root / "runs")) {
        const std::string name = run.filename().string();
        if (name.starts_with('.') || std::find(forgotten.begin(), forgotten.end(), name) != forgotten.end()) continue;
        add_links(run, keys);
        std::error_code ignored;
        if (!fs::exists(run / "journal", ignored)) continue;
        for (const auto& running : read_journal(run / "journal").running) keys.insert(running.key);
        for (const auto& key : unfinished_keys(run / "journal", root / "store")) keys.insert(key);
    }
    return keys;
}

std::string described(const fs::path& artefact) {
    try {
        const auto manifest = store::read_manifest(artefact);
        return manifest.kind + " of " + manifest.made_by.step;
    } catch (const Error&) {
        return "damaged";
    }
}

/// ".KEY.partial", ".KEY.old", ".KEY.gone", "KEY.again" → KEY.
std::string key_in(const std::string& name) {
    if (name.size() <= key_length) return "";
    return name[0] == '.' ? name.substr(1, key_length) : name.substr(0, key_length);
}

/// Left by removals and forced runs that were cut short: of use to nobody.
bool is_waste(const std::string& name) { return name.ends_with(".gone") || name.find(".again") != std::string::npos; }

bool is_held(const fs::path& partial) {
    std::error_code ignored;
    return fs::exists(partial / "lock", ignored) && !FileLock::try_lock(partial / "lock");
}

void check_forgotten(const fs::path& root, const std::vector<std::string>& pipelines) {
    std::vector<std::string> known;
    for (const auto& run : entries_of(root / "runs")) known.push_back(run.filename().string());
    for (const auto& pipeline : pipelines)
        if (std::find(known.begin(), known.end(), pipeline) == known.end())
            throw Error(Exit::usage, "Nothing of a pipeline '" + printable(pipeline) + "' is in " +
                                         printable(root.string()) + cli::unknown_name_ending(pipeline, known));
}

/// Takes away what it is shown and nobody needs, or only says so.
class Collector {
public:
    Collector(const fs::path& root, const GcRequest& request, const Clock& clock)
        : root_(root), request_(request), clock_(clock) {}

    void remove_pipelines() {
        for (const auto& pipeline : request_.forget)
            for (const char* const part : {"runs", "logs"})
                if (std::error_code ignored; fs::exists(root_ / part / pipeline, ignored))
                    remove(root_ / part / pipeline, std::string("pipeline ").append(pipeline));
    }

    /// An entry of the store.
    void look_at(const fs::path& entry, const std::set<std::string>& reached) {
        const std::string name = entry.filename().string();
        const bool whole = name.size() == key_length && name[0] != '.';
        const std::string key = whole ? name : key_in(name);
        std::error_code ignored;
        if (key.empty() || !fs::is_directory(entry, ignored)) return;
        if (reached.contains(key) && !is_waste(name)) {
            if (whole) ++report_.kept;
            return;
        }
        if (!whole && is_held(entry)) return;
        if (age_s(entry, clock_) < request_.older_than_s) {
            ++report_.young;
            return;
        }
        remove(entry, whole ? described(entry) : "unfinished");
    }

    /// Links to jobs, which are made anew when asked for, and the log's lines on results that are gone.
    void tidy_lists() const {
        std::error_code ignored;
        for (const auto& entry : entries_of(root_ / "jobs")) fs::remove(entry, ignored);
        if (fs::exists(root_ / "results.log", ignored))
            ResultLog(root_ / "results.log", ResultLog::Access::append).compact([&](std::string_view key) {
                return fs::exists(root_ / "store" / std::string(key), ignored);
            });
    }

    GcReport report() { return std::move(report_); }

private:
    void remove(const fs::path& path, std::string what) {
        std::error_code ignored;
        report_.removed.push_back({fs::relative(path, root_, ignored).string(), bytes_freed(path), std::move(what)});
        if (!request_.dry_run) remove_whole(path);
    }

    const fs::path& root_;
    const GcRequest& request_;
    const Clock& clock_;
    GcReport report_;
};

}  // namespace

GcReport collect_garbage(const fs::path& root, const GcRequest& request, const Clock& clock) {
    check_forgotten(root, request.forget);
    Collector collector(root, request, clock);
    // What is reached is asked for as if the forgotten were gone already, so that a dry run says the same.
    const auto reached = reached_keys(root, request.forget);
    collector.remove_pipelines();
    for (const auto& entry : entries_of(root / "store")) collector.look_at(entry, reached);
    if (!request.dry_run) collector.tidy_lists();
    return collector.report();
}

}  // namespace cohort::driver
