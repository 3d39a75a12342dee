#include "driver/work_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "core/digest.h"
#include "core/error.h"
#include "core/parallel.h"
#include "driver/expect.h"
#include "store/manifest.h"
#include "store/raw_tree.h"

namespace cohort::driver {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t key_length = 64;

bool stands(const fs::path& path) {
    std::error_code ignored;
    return fs::symlink_status(path, ignored).type() != fs::file_type::not_found;
}

void make_folders(const fs::path& folder) {
    std::error_code fault;
    fs::create_directories(folder, fault);
    if (fault)
        throw Error(exit_for_write(fault.value()),
                    printable(folder.string()) + " cannot be made: " + fault.message() + "; give another --work.");
}

/// Nobody holds the flock of an open file (asked by a shared lock, which is given back at once).
bool is_lock_free(const FileHandle& handle) {
    if (::flock(handle.get(), LOCK_SH | LOCK_NB) != 0) return false;
    ::flock(handle.get(), LOCK_UN);
    return true;
}

/// Removes a folder that holds nothing but links (what an output of many results was).
void remove_links(const fs::path& folder) {
    std::error_code ignored;
    if (!fs::is_directory(folder, ignored)) return;
    for (const auto& entry : fs::directory_iterator(folder, ignored))
        if (entry.is_symlink()) fs::remove(entry.path(), ignored);
    fs::remove(folder, ignored);
}

bool same(const TreeEntry& a, const TreeEntry& b) {
    return a.path == b.path && a.bytes == b.bytes && a.mtime_ns == b.mtime_ns && a.inode == b.inode;
}

}  // namespace

fs::path work_folder_path(const std::string& given) {
    const char* const environment = std::getenv("COHORT_WORK");
    const fs::path path = !given.empty()                                   ? fs::path(given)
                          : environment != nullptr && *environment != '\0' ? fs::path(environment)
                                                                           : fs::path(".cohort");
    std::string text = fs::absolute(path).lexically_normal().string();
    while (text.size() > 1 && text.ends_with('/')) text.pop_back();
    return text;
}

FileLock lock_work_folder(const fs::path& root) {
    make_folders(root);
    // A driver that was just killed may leave a child between its fork and its exec that still holds the lock.
    for (int attempt = 0; attempt < 20; ++attempt) {
        if (auto lock = FileLock::try_lock(root / "lock")) return std::move(*lock);
        ::usleep(10'000);
    }
    throw Error(Exit::output, "Another cohort (" + FileLock::note_of(root / "lock") + ") is at work in " +
                                  printable(root.string()) + "; wait for it, or give another --work.");
}

std::optional<std::string> live_driver(const fs::path& root) {
    // Opened for reading and locked shared: looking must neither make the file nor change the holder's note.
    const FileHandle handle(::open((root / "lock").c_str(), O_RDONLY | O_CLOEXEC));
    if (!handle || is_lock_free(handle)) return std::nullopt;
    return FileLock::note_of(root / "lock");
}

std::optional<Made> made_at(const fs::path& place) {
    if (!store::find_own_folder(place)) return std::nullopt;
    const store::Manifest manifest = store::read_manifest(place);
    Made made;
    made.digest = manifest.digest.text();
    made.kind = manifest.kind;
    made.sources = manifest.counts.sources;
    made.quarantined = manifest.counts.quarantined;
    made.skipped = manifest.counts.skipped;
    made.numbers = expectable_numbers(
        manifest.content, {{"sources", made.sources}, {"quarantined", made.quarantined}, {"skipped", made.skipped}});
    for (const auto& input : manifest.made_by.inputs)
        if (input.kind == "raw") made.raw[input.name] = input.digest;
    return made;
}

void remove_whole(const fs::path& folder) {
    const fs::path aside = folder.parent_path() / ("." + folder.filename().string() + ".gone");
    std::error_code fault;
    fs::remove_all(aside, fault);
    fs::rename(folder, aside, fault);
    if (!fault) fs::remove_all(aside, fault);
    if (fault && fault != std::errc::no_such_file_or_directory)
        throw Error(Exit::output, printable(folder.string()) + " cannot be removed: " + fault.message() + ".");
}

void exchange_whole(const fs::path& fresh, const fs::path& place) {
    if (::renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, place.c_str(), RENAME_EXCHANGE) == 0) return remove_whole(fresh);
    if (stands(place)) remove_whole(place);
    std::error_code fault;
    fs::rename(fresh, place, fault);
    if (fault) throw Error(Exit::output, printable(place.string()) + " cannot be replaced: " + fault.message() + ".");
}

WorkFolder::WorkFolder(fs::path root, std::string pipeline, Access access, const Clock& clock, unsigned threads,
                       StopAsked stop)
    : root_(std::move(root)),
      pipeline_(std::move(pipeline)),
      writable_(access == Access::write),
      clock_(clock),
      threads_(threads),
      stop_(std::move(stop)),
      log_(((writable_ ? make_folders(root_) : void()), root_ / "results.log"),
           writable_ ? ResultLog::Access::append : ResultLog::Access::read),
      memo_(root_ / "hashes.log", writable_),
      run_prefix_((root_ / "runs" / pipeline_).string() + "/") {
    if (!writable_) return;
    for (const auto& folder : {store(), run_folder(), log_folder(), job_folder()}) make_folders(folder);
    // Of a driver that was killed: its children have read what is here, and nobody reads their records any more.
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(job_folder(), ignored)) fs::remove(entry.path(), ignored);
}

void WorkFolder::list_store() {
    // One listing in place of a stat per job.
    store_listed_ = true;
    std::vector<std::string> waste;  // removals and exchanges that a kill cut short
    if (DIR* const folder = ::opendir(store().c_str())) {
        while (const dirent* const entry = ::readdir(folder)) {
            const std::string_view name(entry->d_name);
            if (name.size() == key_length && name[0] != '.')
                in_store_.emplace(name);
            else if (name.ends_with(".gone") || (name.ends_with(".again") && name[0] != '.'))
                waste.emplace_back(name);
        }
        ::closedir(folder);
    }
    std::error_code ignored;
    for (const auto& name : waste)
        if (writable_) fs::remove_all(store() / name, ignored);
}

bool WorkFolder::is_in_store(const std::string& key) {
    if (!store_listed_) list_store();
    if (in_store_.contains(key)) return true;
    if (::access(place_of(key).c_str(), F_OK) != 0) return false;
    in_store_.insert(key);
    return true;
}

std::optional<Stored> WorkFolder::stored(const std::string& key) {
    if (!is_in_store(key)) return std::nullopt;
    Stored stored;
    stored.key = key;
    if (const auto result = log_.find(key)) {
        stored.digest = result->digest;
        stored.kind = result->kind;
        stored.sources = result->sources;
        stored.quarantined = result->quarantined;
        stored.skipped = result->skipped;
        stored.wall_s = result->wall_s;
        stored.cpu_s = result->cpu_s;
        stored.peak_rss = result->peak_rss;
        stored.numbers = result->numbers;
        stored.logged = true;
        return stored;
    }
    try {
        auto made = made_at(place_of(key));
        if (!made) return std::nullopt;
        stored.digest = made->digest;
        stored.kind = made->kind;
        stored.sources = made->sources;
        stored.quarantined = made->quarantined;
        stored.skipped = made->skipped;
        stored.numbers = canonical_json(made->numbers);
        stored.raw = std::move(made->raw);
        return stored;
    } catch (const Error&) {
        return std::nullopt;  // damaged: it is made again
    }
}

std::optional<std::string> WorkFolder::key_text(const std::string& key) {
    const auto result = log_.find(key);
    return result ? std::optional(std::string(result->key_text)) : std::nullopt;
}

void WorkFolder::keep(const Result& result) {
    if (!writable_) return;
    log_.add(result);
    in_store_.emplace(result.key);
}

void WorkFolder::rename(const std::string& from, const std::string& to) {
    if (!writable_ || from == to) return;
    if (stands(place_of(to))) {
        remove_whole(place_of(from));
    } else {
        std::error_code fault;
        fs::rename(place_of(from), place_of(to), fault);
        if (fault)
            throw Error(Exit::output,
                        printable(place_of(from).string()) + " cannot be renamed: " + fault.message() + ".");
    }
    in_store_.erase(from);
    in_store_.insert(to);
}

bool WorkFolder::in_use(const std::string& key) {
    for (const char* const scratch : {".partial", ".again.partial"}) {
        const fs::path lock = store() / ("." + key + scratch) / "lock";
        const FileHandle handle(::open(lock.c_str(), O_RDONLY | O_CLOEXEC));
        if (handle && !is_lock_free(handle)) return true;
    }
    return false;
}

std::pair<std::string, std::string> WorkFolder::outside_artefact(const std::string& path) {
    const store::Manifest manifest = store::read_manifest(path);
    return {manifest.digest.text(), manifest.kind};
}

WorkFolder::Listing& WorkFolder::listing(const std::string& path) {
    const auto found = listings_.find(path);
    if (found != listings_.end()) return found->second;
    Listing listing;
    listing.listed_ns = clock_.nanoseconds_since_1970();
    listing.entries = store::list_raw(path, stop_);
    return listings_.emplace(path, std::move(listing)).first->second;
}

RawState WorkFolder::raw(const std::string& path) {
    RawState state;
    std::error_code ignored;
    if (!fs::exists(path, ignored)) return state;
    state.present = true;
    const Listing& listed = listing(path);
    std::vector<store::SourceFile> files;
    for (const auto& entry : listed.entries) {
        const auto digest = memo_.find(store::file_of(path, entry).string(), entry);
        if (!digest) break;
        files.push_back({store::json_name(entry.path), entry.bytes, *digest});
    }
    if (files.size() == listed.entries.size()) {
        state.digest = store::raw_digest(std::move(files)).text();
        return state;
    }
    // The inode counts, too: a file put in the place of another with its time kept is another file.
    Sha256 sum;
    for (const auto& entry : listed.entries)
        sum.update(entry.path + '\0' + std::to_string(entry.bytes) + '\0' + std::to_string(entry.mtime_ns) + '\0' +
                   std::to_string(entry.inode) + '\0');
    state.listing = sum.finish().hex();
    return state;
}

std::string WorkFolder::hash_raw(const std::string& path) {
    const Listing& listed = listing(path);
    const std::int64_t begun_ns = clock_.nanoseconds_since_1970();
    std::vector<store::SourceFile> files(listed.entries.size());
    std::vector<char> known(listed.entries.size());
    for (std::size_t i = 0; i < files.size(); ++i) {
        const auto& entry = listed.entries[i];
        files[i] = {store::json_name(entry.path), entry.bytes, {}};
        if (const auto digest = memo_.find(store::file_of(path, entry).string(), entry)) {
            files[i].digest = *digest;
            known[i] = 1;
        }
    }
    std::vector<char> read(files.size());
    parallel_for(files.size(), threads_, [&](std::size_t i) {
        if (known[i] || stop_()) return;
        read[i] = 1;
        const FileDigest digest = sha256_file(store::file_of(path, listed.entries[i]));
        files[i].bytes = digest.bytes;
        files[i].digest = digest.digest;
    });
    for (std::size_t i = 0; i < files.size(); ++i)
        if (read[i] && files[i].bytes == listed.entries[i].bytes)
            memo_.add(store::file_of(path, listed.entries[i]).string(), listed.entries[i], files[i].digest, begun_ns);
    for (std::size_t i = 0; i < files.size(); ++i)
        if (!known[i] && !read[i]) {
            memo_.save();
            throw Error(Exit::stopped, "Stopped while reading " + printable(path) + "; the same command goes on.");
        }
    return store::raw_digest(std::move(files)).text();
}

void WorkFolder::learn_raw(const std::string& key, const std::map<std::string, std::string>& paths) {
    const auto own = store::find_own_folder(place_of(key));
    if (!own || !stands(*own / "sources.jsonl")) return;
    std::map<std::pair<std::string, std::string>, const store::SourceFile*> by_name;
    const auto sources = store::read_sources(*own / "sources.jsonl");
    for (const auto& source : sources) by_name[{source.input, source.path}] = &source;
    for (const auto& [name, path] : paths) {
        const auto found = listings_.find(path);
        if (found == listings_.end()) continue;
        // Only what looks the same before the job and after it was the same while the job read it.
        std::error_code ignored;
        if (!fs::exists(path, ignored)) continue;
        std::vector<TreeEntry> after;
        try {
            after = store::list_raw(path, stop_);
        } catch (const Error& error) {
            if (error.code() != Exit::stopped) throw;
            return;  // the result stands; the next run reads the tree itself
        }
        const auto& before = found->second.entries;
        for (std::size_t b = 0, a = 0; b < before.size() && a < after.size();) {
            if (before[b].path != after[a].path) {
                if (before[b].path < after[a].path)
                    ++b;
                else
                    ++a;
                continue;
            }
            const std::string file = store::json_name(after[a].path);
            auto source = by_name.find({name, file});
            if (source == by_name.end() && paths.size() == 1) source = by_name.find({"", file});
            if (same(before[b], after[a]) && source != by_name.end() && source->second->bytes == after[a].bytes)
                memo_.add(store::file_of(path, after[a]).string(), after[a], source->second->digest,
                          found->second.listed_ns);
            ++a;
            ++b;
        }
    }
}

std::string WorkFolder::linked(const std::string& job) {
    std::array<char, 4096> target{};
    const auto length = ::readlink((run_prefix_ + job).c_str(), target.data(), target.size());
    if (length <= 0) return "";
    const std::string_view text(target.data(), static_cast<std::size_t>(length));
    return std::string(text.substr(text.rfind('/') + 1));
}

void WorkFolder::link(const std::string& job, const std::string& key) {
    if (!writable_ || linked(job) == key) return;
    set_link(run_prefix_ + job, "../../store/" + key);
}

void WorkFolder::set_link(const fs::path& link, const std::string& target) {
    const fs::path beside = link.parent_path() / (".link." + std::to_string(::getpid()));
    ::unlink(beside.c_str());
    const bool made = ::symlink(target.c_str(), beside.c_str()) == 0 && ::rename(beside.c_str(), link.c_str()) == 0;
    if (made) return;
    const int why = errno;
    ::unlink(beside.c_str());
    throw Error(exit_for_write(why), printable(link.string()) + " cannot be linked: " + errno_text(why) + ".");
}

void WorkFolder::link_output(const std::string& name,
                             const std::vector<std::pair<std::string, std::string>>& keys_by_job, bool many) {
    const fs::path place = run_folder() / "outputs" / name;
    make_folders(place.parent_path());
    std::error_code ignored;
    const bool is_link = fs::is_symlink(place, ignored);
    if (!many) {
        if (!is_link) remove_links(place);
        for (const auto& [job, key] : keys_by_job) set_link(place, "../../../store/" + key);
        return;
    }
    if (is_link) fs::remove(place, ignored);
    make_folders(place);
    std::unordered_set<std::string> wanted;
    for (const auto& [job, key] : keys_by_job) wanted.insert(job);
    for (const auto& entry : fs::directory_iterator(place, ignored))
        if (entry.is_symlink() && !wanted.contains(entry.path().filename().string())) fs::remove(entry.path(), ignored);
    for (const auto& [job, key] : keys_by_job) set_link(place / job, "../../../../store/" + key);
}

void WorkFolder::unlink_output(const std::string& name) {
    const fs::path place = run_folder() / "outputs" / name;
    std::error_code ignored;
    if (fs::is_symlink(place, ignored))
        fs::remove(place, ignored);
    else
        remove_links(place);
}

void WorkFolder::unlink_all_but(const std::unordered_set<std::string>& jobs,
                                const std::unordered_set<std::string>& outputs) {
    std::vector<fs::path> links;  // listed before any goes: a folder is not to change under its listing
    std::vector<std::string> names;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(run_folder(), ignored))
        if (entry.is_symlink(ignored) && !jobs.contains(entry.path().filename().string()))
            links.push_back(entry.path());
    for (const auto& entry : fs::directory_iterator(run_folder() / "outputs", ignored))
        if (!outputs.contains(entry.path().filename().string())) names.push_back(entry.path().filename().string());
    for (const auto& link : links) fs::remove(link, ignored);
    for (const auto& name : names) unlink_output(name);
}

void WorkFolder::close() {
    memo_.save();
    if (writable_ && log_.wants_compaction())
        log_.compact([&](std::string_view key) { return is_in_store(std::string(key)); });
}

}  // namespace cohort::driver
