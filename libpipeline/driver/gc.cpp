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

}  // namespace

GcReport collect_garbage(const fs::path& root, const GcRequest& request, const Clock& clock) {
    GcReport report;
    std::error_code ignored;
    const auto remove = [&](const fs::path& path, std::string what) {
        report.removed.push_back({fs::relative(path, root, ignored).string(), bytes_freed(path), std::move(what)});
        if (!request.dry_run) remove_whole(path);
    };
    for (const auto& pipeline : request.forget) {
        std::vector<std::string> known;
        for (const auto& run : entries_of(root / "runs")) known.push_back(run.filename().string());
        if (std::find(known.begin(), known.end(), pipeline) == known.end())
            throw Error(Exit::usage, "Nothing of a pipeline '" + printable(pipeline) + "' is in " +
                                         printable(root.string()) + cli::unknown_name_ending(pipeline, known));
    }
    // What is reached is asked for as if the forgotten were gone already, so that a dry run says the same.
    const auto reached = reached_keys(root, request.forget);
    for (const auto& pipeline : request.forget)
        for (const char* const part : {"runs", "logs"})
            if (fs::exists(root / part / pipeline, ignored)) remove(root / part / pipeline, "pipeline " + pipeline);
    for (const auto& entry : entries_of(root / "store")) {
        const std::string name = entry.filename().string();
        const bool whole = name.size() == key_length && name[0] != '.';
        const std::string key = whole ? name : key_in(name);
        if (key.empty() || !fs::is_directory(entry, ignored)) continue;
        if (reached.contains(key) && !is_waste(name)) {
            if (whole) ++report.kept;
            continue;
        }
        if (!whole && is_held(entry)) continue;
        if (age_s(entry, clock) < request.older_than_s) {
            ++report.young;
            continue;
        }
        remove(entry, whole ? described(entry) : "unfinished");
    }
    if (!request.dry_run) {
        for (const auto& entry : entries_of(root / "jobs")) fs::remove(entry, ignored);
        if (fs::exists(root / "results.log", ignored))
            ResultLog(root / "results.log", ResultLog::Access::append).compact([&](std::string_view key) {
                return fs::exists(root / "store" / std::string(key), ignored);
            });
    }
    return report;
}

}  // namespace cohort::driver
