// SHA-256 of raw files, remembered by path, size, mtime and inode, so that trees are read once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/digest.h"
#include "core/files.h"
#include "store/sample.h"

namespace cohort::driver {

/// An entry counts only if the file's mtime is at least this much older than its hashing began: a file that is written
/// twice within the clock's grain looks the same from outside.
inline constexpr std::int64_t settled_after_ns = 2'000'000'000;

/// One thread at a time. The file has checked lines as result_log.h describes: path (percent-encoded), bytes, mtime in
/// ns, inode, SHA-256, with tabs between; the later of two lines about one path counts.
class RawMemo {
public:
    /// Nothing is read before the first question. With `writable`, new entries are appended.
    RawMemo(std::filesystem::path file, bool writable) : file_(std::move(file)), writable_(writable) {}

    std::optional<Digest> find(const std::string& path, const TreeEntry& entry);

    /// Remembers what was read from `hashed_ns` (since 1970) on, if it had been at rest by then.
    void add(const std::string& path, const TreeEntry& entry, const Digest& digest, std::int64_t hashed_ns);

    /// Appends what is new; rewrites the file when most of its lines no longer count.
    void save();

private:
    struct Entry {
        std::uint64_t bytes = 0;
        std::int64_t mtime_ns = 0;
        std::uint64_t inode = 0;
        Digest digest;
    };
    void load();
    static std::string line_of(const std::string& path, const Entry& entry);

    std::filesystem::path file_;
    bool writable_;
    bool loaded_ = false;
    std::size_t lines_ = 0;
    std::unordered_map<std::string, Entry> entries_;
    std::string unsaved_;
};

}  // namespace cohort::driver
