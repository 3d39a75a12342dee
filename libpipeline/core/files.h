// Files and folders that are whole or absent.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/deflate.h"

namespace cohort {

/// A file descriptor that closes itself.
class FileHandle {
public:
    FileHandle() = default;
    explicit FileHandle(int fd) : fd_(fd) {}
    ~FileHandle();
    FileHandle(FileHandle&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    FileHandle& operator=(FileHandle&& other) noexcept;
    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }

private:
    int fd_ = -1;
};

/// Opens for reading, or throws Error(bad_input) with the reason.
FileHandle open_for_reading(const std::filesystem::path& file);

/// Whole file; Error(bad_input) when unreadable, not regular or larger than `most_bytes`.
Bytes read_file(const std::filesystem::path& file, std::uint64_t most_bytes = std::uint64_t{1} << 40);
std::string read_text(const std::filesystem::path& file, std::uint64_t most_bytes = std::uint64_t{1} << 32);

/// Reads exactly `into.size()` bytes at `offset`; false when the file ends before. EINTR and short reads are handled.
[[nodiscard]] bool read_at(int fd, std::uint64_t offset, std::span<std::byte> into);

/// Reads up to `into.size()` bytes at the descriptor's position; 0 at the end. Error(bad_input) naming `name`.
std::size_t read_some(int fd, std::span<std::byte> into, const std::filesystem::path& name);

/// Writes all bytes to an open descriptor, or throws Error (resources when the disk is full, else output).
void write_all(int fd, std::span<const std::byte> bytes, const std::filesystem::path& name);

/// Writes to standard output at once. A reader who has gone (a broken pipe) is no failure; a full disk is, as write_all.
void print_out(std::string_view text);

/// Writes beside, syncs, renames: readers see the old file or the new one, whole. Errors as write_all.
void write_file_atomically(const std::filesystem::path& file, std::span<const std::byte> bytes);
void write_file_atomically(const std::filesystem::path& file, std::string_view text);

/// Appends to a growing file through a buffer; close() flushes (and reports a full disk), the destructor only closes.
class FileWriter {
public:
    explicit FileWriter(std::filesystem::path file);  ///< creates or truncates
    ~FileWriter();
    FileWriter(FileWriter&&) noexcept;
    FileWriter& operator=(FileWriter&&) noexcept;
    void write(std::string_view text);
    void write(std::span<const std::byte> bytes) { write(text_of(bytes)); }
    std::uint64_t bytes_written() const;
    void close();

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// fsync of every file below `folder` and of the folders themselves.
void sync_tree(const std::filesystem::path& folder);
void sync_folder(const std::filesystem::path& folder);

/// Exclusive advisory lock (flock) on a file that is created if absent; held until destroyed, or the process dies.
/// try_lock gives nothing when another process holds it; its owner's note (pid, host) is in the file for messages.
class FileLock {
public:
    static std::optional<FileLock> try_lock(const std::filesystem::path& file);
    /// Waits until it is free; calls `waiting(note)` once if it has to.
    static FileLock wait_for(const std::filesystem::path& file, const std::function<void(const std::string&)>& waiting);
    static std::string note_of(const std::filesystem::path& file);
    int get() const { return handle_.get(); }  ///< the locked descriptor: tells whether the path still names this file

private:
    explicit FileLock(FileHandle handle) : handle_(std::move(handle)) {}
    FileHandle handle_;
};

/// Asked now and then by work that may take long: true, and it ends.
using StopAsked = std::function<bool()>;

/// Regular files under `root` with their relative paths in byte order, `/`-separated; links to files are followed,
/// folders reached twice (cycles) are not. Names starting with a dot are listed too. Error(bad_input) if unreadable;
/// Error(stopped) soon after `stop` says so, however large the tree.
struct TreeEntry {
    std::string path;  ///< relative
    std::uint64_t bytes = 0;
    std::int64_t mtime_ns = 0;
    std::uint64_t inode = 0;
};
std::vector<TreeEntry> list_tree(const std::filesystem::path& root, const StopAsked& stop = {});

/// True if `relative` stays below its root: not absolute, no "..", no NUL.
bool is_inside(std::string_view relative);

/// Bytes beyond [A-Za-z0-9._-] as %XX (upper-case hex).
std::string percent_encode(std::string_view text);

/// Length of the UTF-8 sequence at the beginning of `text` (not empty); 0 if there is none (overlong forms and
/// surrogates are none, RFC 3629).
std::size_t utf8_length(std::string_view text);

/// A name that reads well in a sentence: control characters and invalid UTF-8 shown as \xNN, at most 200 bytes.
std::string printable(std::string_view name);
/// A whole message: the same, uncut, and its own tabs and line ends stay. Error and Log see to it that every message of
/// a run is so, whatever names stand in it: no text from a file may move a terminal's cursor or break a log.
std::string printable_text(std::string_view text);

}  // namespace cohort
