#include "store/output_folder.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "core/error.h"

namespace cohort::store {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail_write(const fs::path& what, const std::string& doing, int number) {
    throw Error(exit_for_write(number), printable(what.string()) + " cannot be " + doing + ": " + errno_text(number) +
                                            "; choose another --out or make room there.");
}

fs::path without_trailing_slash(const fs::path& place) {
    fs::path plain = place.lexically_normal();
    if (!plain.has_filename()) plain = plain.parent_path();
    return plain;
}

fs::path beside(const fs::path& place, const char* ending) {
    return place.parent_path() / ("." + place.filename().string() + ending);
}

void check_place(const fs::path& place) {
    const std::string name = place.filename().string();
    if (name.empty() || name == "." || name == ".." || name == "/")
        throw Error(Exit::output,
                    "--out " + printable(place.string()) + " is no folder of its own; give a name below it.");
}

bool is_empty_folder(const fs::path& place) {
    std::error_code error;
    return fs::is_directory(fs::symlink_status(place, error)) && fs::is_empty(place, error) && !error;
}

/// Anything there, dangling links included.
bool stands(const fs::path& place) {
    std::error_code error;
    return fs::exists(fs::symlink_status(place, error));
}

/// Removes as much as can be; what another process removes meanwhile is no failure.
void remove_quietly(const fs::path& path) {
    std::error_code ignored;
    fs::remove_all(path, ignored);
}

void rename_or_fail(const fs::path& from, const fs::path& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) fail_write(to, "put in place", errno);
}

/// False where the kernel or the file system cannot exchange two names.
bool exchange(const fs::path& a, const fs::path& b) {
    if (::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) == 0) return true;
    if (errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP) return false;
    fail_write(b, "replaced", errno);
}

/// The path still names the file that is locked, not one created after the former was removed.
bool still_names(const fs::path& file, const FileLock& lock) {
    struct stat by_name {
    }, by_descriptor{};
    return ::stat(file.c_str(), &by_name) == 0 && ::fstat(lock.get(), &by_descriptor) == 0 &&
           by_name.st_dev == by_descriptor.st_dev && by_name.st_ino == by_descriptor.st_ino;
}

/// Everything but the lock, then the lock, then the folder: nobody can take a lock here that we do not notice.
void remove_locked_folder(const fs::path& folder) {
    std::error_code ignored;
    std::vector<fs::path> entries;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) entries.push_back(entry.path());
    for (const auto& entry : entries)
        if (entry.filename() != "lock") remove_quietly(entry);
    fs::remove(folder / "lock", ignored);
    fs::remove(folder, ignored);
}

/// What a kill within write_file_atomically left: it would become a member.
void remove_half_written(const fs::path& folder) {
    std::vector<fs::path> left;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with('.') && name.ends_with(".new") && entry.is_regular_file()) left.push_back(entry.path());
    }
    for (const auto& file : left) remove_quietly(file);
}

/// Synced with the rest of the folder, so that it need not be by itself.
void write_text(const fs::path& file, const std::string& text) {
    FileWriter writer(file);
    writer.write(text);
    writer.close();
}

/// Puts the old artefact back where a replacing was cut in two, and removes what a cut publishing left.
void tidy_old(const fs::path& place) {
    const fs::path old = beside(place, ".old");
    if (stands(old)) {
        if (stands(place))
            remove_quietly(old);
        else
            rename_or_fail(old, place);
    }
    // A kill between renaming and removing these two leaves them, or one of them, in the published folder; a run that
    // is about to replace it holds the lock.
    std::error_code ignored;
    if (!find_own_folder(place)) return;
    std::optional<FileLock> lock;
    if (fs::exists(place / "lock", ignored) && !(lock = FileLock::try_lock(place / "lock"))) return;
    fs::remove(place / "key", ignored);
    fs::remove(place / "lock", ignored);
}

std::vector<std::string> keys_in(const fs::path& run_json) {
    std::vector<std::string> keys;
    try {
        const Json run = read_json(run_json);
        for (const char* name : {"key", "listing_key"})
            if (run.is_object() && run.contains(name) && run[name].is_string())
                keys.push_back(run[name].get<std::string>());
    } catch (const Error&) {
        // A damaged run.json only means that the artefact is not known to be the same.
    }
    return keys;
}

}  // namespace

OutputFolder::Standing OutputFolder::standing(const fs::path& place, const std::vector<std::string>& keys) {
    Standing standing;
    const fs::path folder = without_trailing_slash(place);
    standing.present = stands(folder) && !is_empty_folder(folder);
    const auto own = find_own_folder(folder);
    if (!own) return standing;
    try {
        standing.manifest = read_manifest(folder);
    } catch (const Error&) {
        return standing;
    }
    const auto known = keys_in(*own / "run.json");
    standing.same_key = std::any_of(keys.begin(), keys.end(), [&](const std::string& key) {
        return !key.empty() && std::find(known.begin(), known.end(), key) != known.end();
    });
    return standing;
}

void OutputFolder::tidy(const fs::path& place) {
    try {
        const fs::path folder = without_trailing_slash(place);
        tidy_old(folder);
        const fs::path partial = beside(folder, ".partial");
        if (!fs::is_directory(partial) || fs::exists(partial / "key")) return;
        // Without a key it is a replaced artefact whose removal was cut short, unless a run is just beginning.
        const auto lock = FileLock::try_lock(partial / "lock");
        if (lock && still_names(partial / "lock", *lock) && !fs::exists(partial / "key")) remove_locked_folder(partial);
    } catch (const std::exception&) {
        // It has just gone, or cannot be written: then it is not ours to tidy.
    }
}

OutputFolder::OutputFolder(fs::path place, std::string key)
    : place_(without_trailing_slash(place)), key_(std::move(key)) {
    check_place(place_);
    partial_ = beside(place_, ".partial");
    if (place_.has_parent_path()) {
        std::error_code error;
        fs::create_directories(place_.parent_path(), error);
        if (error) fail_write(place_.parent_path(), "made", error.value());
    }
    take_lock();
    tidy_old(place_);
    std::string found;
    if (fs::exists(partial_ / "key")) found = read_text(partial_ / "key", 4096);
    if (found == key_) {
        remove_half_written(partial_);
        continues_ = holds_state();
    } else {
        empty();
    }
}

OutputFolder::~OutputFolder() = default;
OutputFolder::OutputFolder(OutputFolder&&) noexcept = default;

void OutputFolder::take_lock() {
    for (;;) {
        if (::mkdir(partial_.c_str(), 0777) != 0 && errno != EEXIST) fail_write(place_, "written", errno);
        const fs::path file = partial_ / "lock";
        std::optional<FileLock> lock;
        try {
            lock = FileLock::try_lock(file);
        } catch (const Error&) {
            if (!stands(partial_)) continue;  // its holder has just published or discarded it
            throw;
        }
        if (!lock)
            throw Error(Exit::output, printable(place_.string()) + " is being written by another run (" +
                                          FileLock::note_of(file) + "); wait for it or choose another --out.");
        if (!still_names(file, *lock)) continue;
        lock_ = std::move(lock);
        return;
    }
}

void OutputFolder::empty() {
    std::error_code error;
    // The key goes first: a kill in here must not leave half of another run's state under a key.
    fs::remove(partial_ / "key", error);
    std::vector<fs::path> entries;
    for (const auto& entry : fs::directory_iterator(partial_)) entries.push_back(entry.path());
    for (const auto& entry : entries) {
        if (entry.filename() == "lock") continue;
        fs::remove_all(entry, error);
        if (error) fail_write(entry, "removed", error.value());
    }
    write_text(partial_ / "key", key_);
    continues_ = false;
}

void OutputFolder::start_afresh() { empty(); }

bool OutputFolder::holds_state() const {
    for (const auto& entry : fs::directory_iterator(partial_)) {
        const auto name = entry.path().filename();
        if (name != "key" && name != "lock" && name != "quarantine.jsonl") return true;
    }
    return false;
}

Manifest OutputFolder::publish(Manifest manifest, const Json& run, Overwrite overwrite, unsigned threads) {
    const fs::path own = own_folder(partial_, manifest.kind);
    std::error_code error;
    fs::create_directories(own, error);
    if (error) fail_write(own, "made", error.value());
    manifest.members = hashed_members(partial_, threads);
    manifest.digest = content_digest(manifest, manifest.members);
    write_text(own / "manifest.json", canonical_json(to_json(manifest)));
    write_text(own / "run.json", pretty_json(run));
    sync_tree(partial_);
    put_in_place(overwrite);
    sync_folder(place_.has_parent_path() ? place_.parent_path() : fs::path("."));
    lock_.reset();
    return manifest;
}

void OutputFolder::put_in_place(Overwrite overwrite) {
    const auto remove_marks = [&] {
        std::error_code ignored;
        fs::remove(place_ / "key", ignored);
        fs::remove(place_ / "lock", ignored);
    };
    if (!stands(place_) || is_empty_folder(place_)) {
        rename_or_fail(partial_, place_);  // replaces an empty folder, and nothing else
        return remove_marks();
    }
    const std::string name = printable(place_.string());
    if (overwrite == Overwrite::refuse)
        throw Error(Exit::output, name + " exists; choose another --out, or give --force to replace it.");
    if (!find_own_folder(place_))
        throw Error(Exit::output, name +
                                      " is no artefact of cohort, so --force does not replace it; remove it by hand or "
                                      "choose another --out.");
    // With a lock of ours in the old folder too, no other run takes it for an abandoned one while it is being removed.
    const auto lock_in_old = FileLock::try_lock(place_ / "lock");
    if (!lock_in_old)
        throw Error(Exit::output, name + " is locked by " + FileLock::note_of(place_ / "lock") + "; wait for it.");
    if (exchange(partial_, place_)) {
        remove_marks();
        return remove_locked_folder(partial_);
    }
    const fs::path old = beside(place_, ".old");
    remove_quietly(old);
    rename_or_fail(place_, old);
    rename_or_fail(partial_, place_);
    remove_marks();
    remove_quietly(old);
}

void OutputFolder::discard() {
    if (!lock_) return;
    std::error_code ignored;
    fs::remove(partial_ / "key", ignored);
    remove_locked_folder(partial_);
    lock_.reset();
}

}  // namespace cohort::store
